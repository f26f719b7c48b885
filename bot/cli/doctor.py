"""`faqbot doctor`: what is wrong, and what mends it."""

from typing import Annotated

import typer

from bot.cli.console import Context, print_json, show


def register(app: typer.Typer) -> None:
    """Add to the command line what this module has."""
    app.command(epilog="Example: faqbot doctor")(doctor)


def doctor(
    context: typer.Context,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the checks as a JSON list.")
    ] = False,
) -> None:
    """Check settings, store, model, index and Slack tokens, and say what to fix."""
    from rich.markup import escape
    from rich.table import Table

    from bot.doctor import Level, examine

    settings: Context = context.obj
    checks = examine(settings.config)
    if as_json:
        print_json([{"check": c.name, "level": c.level, "finding": c.finding} for c in checks])
    else:
        marks = {
            Level.OK: "[green]ok[/]",
            Level.WARN: "[yellow]warn[/]",
            Level.FAIL: "[red]FAIL[/]",
        }
        table = Table("check", "", "finding")
        for check in checks:
            table.add_row(check.name, marks[check.level], escape(check.finding))
        show(table)
    if any(check.level is Level.FAIL for check in checks):
        raise typer.Exit(1)
