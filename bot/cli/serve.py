"""`faqbot serve`: the bot."""

from typing import Annotated

import typer

from bot.cli.console import Context


def register(app: typer.Typer) -> None:
    """Add to the command line what this module has."""
    app.command(epilog="Example: SLACK_BOT_TOKEN=xoxb-... SLACK_APP_TOKEN=xapp-... faqbot serve")(
        serve
    )


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
