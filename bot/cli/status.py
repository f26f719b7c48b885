"""`faqbot status`: the store, the index and the jobs in numbers."""

from typing import Annotated

import typer

from bot.cli.console import Context, opened_for_reading, print_json, show


def register(app: typer.Typer) -> None:
    """Add to the command line what this module has."""
    app.command(epilog="Example: faqbot status --json")(status)


def status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the store, the index, what became of the questions, and the jobs."""
    from rich.markup import escape
    from rich.table import Table

    from bot.status import collect

    settings: Context = context.obj
    with opened_for_reading(settings.index) as store:
        report = collect(store, settings.bot, settings.index.models_dir)
    if as_json:
        print_json(report.as_dict())
        return
    table = Table("", "", show_header=False)
    for name, value in report.lines():
        table.add_row(name, escape(value))
    show(table)
