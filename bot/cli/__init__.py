"""The `faqbot` command."""

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import ask as asking
from bot.cli import demo as trying
from bot.cli import evaluate as measuring
from bot.cli import importing as knowledge
from bot.cli import retrain as learning
from bot.cli import serve as operating
from bot.cli import suggestions
from bot.cli.console import Context, say
from index.errors import FaqbotError

app = typer.Typer(
    name="faqbot",
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
) -> None:
    context.obj = Context(config)


for module in (knowledge, asking, measuring, learning, suggestions, operating, trying):
    module.register(app)


def main() -> None:
    """Run the command line; an expected failure is one line on standard error and status 1."""
    # Every process here sets its own thread counts; the tokenizers' pool would come on top.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal that cannot show a character is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except FaqbotError as error:
        say(f"faqbot: {error}")
        sys.exit(1)
    except OSError as error:
        if error.filename is None:
            raise
        say(f"faqbot: {error.filename}: {error.strerror}")
        sys.exit(1)
