"""The `faqbot` command."""

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import (
    ask,
    demo,
    doctor,
    evaluate,
    explain,
    generations,
    golden,
    import_export,
    init,
    jobs,
    models,
    questions,
    reindex,
    report,
    retrain,
    rollback,
    serve,
    status,
    suggestions,
    worker,
)
from bot.cli.console import Context, say
from bot.cli.help import WholeLines, show_version
from index.errors import FaqbotError
from index.private import keep_files_private

app = typer.Typer(
    name="faqbot",
    cls=WholeLines,
    help="A Slack bot that answers questions with your team's own approved FAQ answers.",
    epilog="Example: faqbot import faq.jsonl && faqbot ask 'how do I reset my password?'",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(help="Configuration file; default: $FAQBOT_CONFIG, then ./faqbot.toml."),
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=show_version, is_eager=True, help="Say the version, and exit."
        ),
    ] = False,
) -> None:
    context.obj = Context(config)


# In the order in which `faqbot --help` lists them.
COMMANDS = (
    init,
    import_export,
    ask,
    explain,
    evaluate,
    retrain,
    reindex,
    generations,
    rollback,
    report,
    golden,
    models,
    jobs,
    worker,
    suggestions,
    questions,
    serve,
    status,
    doctor,
    demo,
)
for module in COMMANDS:
    module.register(app)


def main() -> None:
    """Run the command line; an expected failure is one line on standard error and status 1."""
    # Every process here sets its own thread counts; the tokenizers' pool would come on top.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    keep_files_private()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal that cannot show a character is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="faqbot")
    except FaqbotError as error:
        say(f"faqbot: {error}")
        sys.exit(1)
    except OSError as error:
        if error.filename is None:
            raise
        say(f"faqbot: {error.filename}: {error.strerror}")
        sys.exit(1)
