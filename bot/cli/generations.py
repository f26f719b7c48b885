"""`faqbot generations`: what can answer, and what answers."""

from typing import Annotated

import typer

from bot.cli.console import AsJson, opened_for_reading, print_json, show, time_of


def register(app: typer.Typer) -> None:
    """Add to the command line what this module has."""
    app.command(epilog="Example: faqbot generations --json")(generations)


def generations(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many of the newest to show.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the generations: each a model with the index that was built with it."""
    from rich.table import Column, Table

    with opened_for_reading(context.obj.index) as store:
        live = store.generations.live()
        found = store.generations.all()[:limit]
    if as_json:
        print_json(
            [
                {
                    "id": generation.id,
                    "live": live is not None and generation.id == live.id,
                    "model": generation.model_version,
                    "collection": generation.collection,
                    "state": generation.state,
                    "indexed_revision": generation.indexed_revision,
                    "created_at": generation.created_at.isoformat(),
                    "live_at": generation.live_at and generation.live_at.isoformat(),
                    "job": generation.job_id,
                }
                for generation in found
            ]
        )
        return
    if not found:
        print("There are none yet; run `faqbot init`.")
        return
    table = Table("id", "state", Column("model", overflow="fold"), "created", "live since")
    for generation in found:
        is_live = live is not None and generation.id == live.id
        table.add_row(
            str(generation.id),
            "live" if is_live else generation.state,
            generation.model_version,
            time_of(generation.created_at),
            time_of(generation.live_at) if is_live else "",
        )
    show(table)
