"""`faqbot reindex`: build the index anew."""

import typer

from bot.cli.console import AsJson
from bot.cli.foreground import run_in_foreground


def register(app: typer.Typer) -> None:
    """Add to the command line what this module has."""
    app.command(epilog="Example: faqbot reindex")(reindex)


def reindex(context: typer.Context, as_json: AsJson = False) -> None:
    """Build the index anew from the store, beside the live one, and switch to it."""
    from index.store.types import JobKind

    run_in_foreground(context.obj, JobKind.REINDEX, {}, as_json=as_json)
