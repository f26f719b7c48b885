"""`faqbot rollback`: back to an earlier generation."""

from contextlib import closing
from typing import Annotated

import typer

from bot.cli.console import AsJson, Context, opened_for_reading
from bot.cli.foreground import run_in_foreground
from index.errors import FaqbotError


def register(app: typer.Typer) -> None:
    """Add to the command line what this module has."""
    app.command(epilog="Example: faqbot rollback 3")(rollback)


def rollback(
    context: typer.Context,
    generation: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="Generation to go back to; default: the one before."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Go back to an earlier generation: its model and its index."""
    from index.store.types import JobKind

    if generation is not None and not generation.isdecimal():
        raise FaqbotError(f"{generation!r} is no generation; {_kept(context.obj)}")
    arguments = {} if generation is None else {"generation": int(generation)}
    _require_target(context.obj, arguments.get("generation"))
    run_in_foreground(context.obj, JobKind.ROLLBACK, arguments, as_json=as_json)


def _require_target(settings: Context, generation: int | None) -> None:
    """Refuse at once what a job would refuse only after it has loaded.

    Raises:
        FaqbotError: There is no such generation to go back to, or none at all.
    """
    from index.generations.rollback import target_of
    from index.generations.setup import open_engine

    with (
        opened_for_reading(settings.index) as store,
        closing(open_engine(settings.index)) as engine,
    ):
        target_of(settings.index, store, engine, generation)


def _kept(settings: Context) -> str:
    """Which generations can be gone back to, as a clause."""
    from index.generations.rollback import available
    from index.generations.setup import open_engine

    with (
        opened_for_reading(settings.index) as store,
        closing(open_engine(settings.index)) as engine,
    ):
        ids = ", ".join(
            str(generation.id) for generation in available(settings.index, store, engine)
        )
    return f"to go back to there is {ids}" if ids else "there is none to go back to yet"
