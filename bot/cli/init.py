"""`faqbot init`: a store, a model and an index to begin with."""

from typing import Annotated

import typer

from bot.cli.console import Context, bring_up_to_date, opened_store, say


def register(app: typer.Typer) -> None:
    """Add to the command line what this module has."""
    app.command(epilog="Example: faqbot init")(init)


def init(
    context: typer.Context,
    adopt: Annotated[
        bool,
        typer.Option("--adopt", help="Take the embedded index over from a data folder now gone."),
    ] = False,
) -> None:
    """Create or upgrade the store, the base model and the search index; safe to repeat."""
    from contextlib import closing

    from index.generations.folder import adopt_folder, require_own_folder
    from index.generations.setup import open_engine

    chosen: Context = context.obj
    settings = chosen.index
    with opened_store(settings) as store:
        if adopt:
            with closing(open_engine(settings)) as engine:
                adopt_folder(settings, store, engine)
        require_own_folder(settings, store)
        bring_up_to_date(settings, store)
        generation = store.generations.live()
        assert generation is not None, "bring_up_to_date makes it"
        say(f"store     {store.database.where}")
        say(f"model     {generation.model_version} in {settings.models_dir}")
        say(f"index     generation {generation.id}, engine {settings.engine}")
        say("Next: faqbot import FILE...")
