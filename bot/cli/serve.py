"""`faqbot serve`, `status` and `doctor`: running the bot."""

from typing import Annotated

import typer

from bot.cli.console import Context, opened_for_reading, print_json, show


def register(app: typer.Typer) -> None:
    app.command(epilog="Example: SLACK_BOT_TOKEN=xoxb-... SLACK_APP_TOKEN=xapp-... faqbot serve")(
        serve
    )
    app.command(epilog="Example: faqbot status --json")(status)
    app.command(epilog="Example: faqbot doctor")(doctor)


def serve(
    context: typer.Context,
    no_worker: Annotated[
        bool,
        typer.Option("--no-worker", help="Leave the jobs and the schedule to `faqbot worker`."),
    ] = False,
) -> None:
    """Run the bot until it is stopped (Ctrl-C or SIGTERM)."""
    from bot import logs, service

    settings: Context = context.obj
    logs.configure(settings.bot)
    service.serve(settings.index, settings.bot, config=settings.config, works=not no_worker)


def status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the store, the index, what became of the questions, and the jobs."""
    from rich.markup import escape
    from rich.table import Table

    from bot import status as state

    settings: Context = context.obj
    with opened_for_reading(settings.index) as store:
        report = state.collect(store, settings.bot, settings.index.models_dir)
    if as_json:
        print_json(report)
        return
    table = Table("", "", show_header=False)
    for name, value in state.lines(report):
        table.add_row(name, escape(value))
    show(table)


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
