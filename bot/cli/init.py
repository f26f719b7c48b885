"""`faqbot init`: a store, a model and an index to begin with."""

import typer

from bot.cli.console import Context, bring_up_to_date, opened_store, say


def register(app: typer.Typer) -> None:
    """Add to the command line what this module has."""
    app.command(epilog="Example: faqbot init")(init)


def init(context: typer.Context) -> None:
    """Create or upgrade the store, the base model and the search index; safe to repeat."""
    chosen: Context = context.obj
    settings = chosen.index
    with opened_store(settings) as store:
        bring_up_to_date(settings, store)
        generation = store.generations.live()
        assert generation is not None, "bring_up_to_date makes it"
        say(f"store     {store.database.where}")
        say(f"model     {generation.model_version} in {settings.models_dir}")
        say(f"index     generation {generation.id}, engine {settings.engine}")
        say("Next: faqbot import FILE...")
