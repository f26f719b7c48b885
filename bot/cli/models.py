"""`faqbot models`: what vouches for the model versions."""

from typing import Annotated

import typer

from bot.cli.console import Context, say
from index.errors import FaqbotError

models = typer.Typer(
    name="models",
    help="Model versions: sign those that were made before model_key was set.",
    epilog="Example: faqbot models sign base",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    """Add to the command line what this module has."""
    models.command("sign", epilog="Example: faqbot models sign base")(models_sign)
    app.add_typer(models)


def models_sign(
    context: typer.Context,
    versions: Annotated[list[str], typer.Argument(help="Names of model versions.")],
) -> None:
    """Sign model versions with [index] model_key, after checking their files.

    Do it only where you know where the files come from: a bot loads whatever is signed.
    """
    from index.model.versions import read_manifest, sign_version

    settings: Context = context.obj
    index = settings.index
    if index.model_key is None:
        variable = index.variable("model_key")
        raise FaqbotError(f"there is no key to sign with: set [index] model_key ({variable})")
    for version in versions:
        read_manifest(index.models_dir, version)  # all names are right, or nothing is done
    for version in versions:
        signed = sign_version(index.models_dir, version, index.model_key)
        say(f"Model version {version} {'is signed' if signed else 'was signed before'}.")
