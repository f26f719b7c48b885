"""`faqbot worker`: jobs and the schedule, apart from the bot."""

import typer

from bot.cli.console import Context


def register(app: typer.Typer) -> None:
    """Add to the command line what this module has."""
    app.command(epilog="Example: faqbot worker")(worker)


def worker(context: typer.Context) -> None:
    """Run jobs and keep the schedule, apart from `faqbot serve --no-worker`, until stopped."""
    from bot import logs, runner

    settings: Context = context.obj
    logs.configure(settings.bot)
    runner.work(settings.index, settings.bot, settings.config)
