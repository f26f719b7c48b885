"""`faqbot demo` and `faqbot chat`: trying the bot without Slack."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.console import Context


def register(app: typer.Typer) -> None:
    app.command(epilog="Example: faqbot demo --port 8080")(demo)
    app.command(epilog="Example: faqbot chat --as bob")(chat)


def demo(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page.")] = 8080,
    faq: Annotated[
        Path | None, typer.Option(help="FAQ file to load instead of the helpdesk example.")
    ] = None,
    data_dir: Annotated[Path, typer.Option(help="Where the demo keeps its data.")] = Path(
        "faqbot-data/demo"
    ),
) -> None:
    """Run the bot against a local Slack workspace in the browser, with example answers."""
    from bot.demo import run

    settings: Context = context.obj
    run(
        settings.index,
        settings.bot,
        settings.config,
        port=port,
        faq=faq,
        data_dir=data_dir,
    )


def chat(
    url: Annotated[
        str, typer.Option(help="Address of the running demo.")
    ] = "http://127.0.0.1:8080",
    person: Annotated[
        str,
        typer.Option("--as", metavar="NAME", help="Who you are: ann (an admin), bob or cleo."),
    ] = "ann",
) -> None:
    """Talk to the bot of a running `faqbot demo` in the terminal."""
    from bot.demo import run_chat

    raise typer.Exit(run_chat(url, person))
