"""`faqbot demo` and `faqbot chat`: trying the bot without Slack."""

import sys
import threading
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.console import Context, bring_up_to_date, opened_store, progress_bar, say
from index.text import counted

if TYPE_CHECKING:
    from bot.settings import BotSettings
    from index.settings import IndexSettings


def register(app: typer.Typer) -> None:
    """Add to the command line what this module has."""
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


def run(
    index: "IndexSettings",
    bot: "BotSettings",
    config: Path | None,
    *,
    port: int,
    faq: Path | None,
    data_dir: Path,
) -> None:
    """Start everything, and serve until Ctrl-C.

    Args:
        config: The configuration file, for jobs; None: the usual one.
        port: Port of the page; 0 takes a free one.
        faq: FAQ file to load; None takes the helpdesk example.
        data_dir: The demo's own store, model and index; a second start finds them ready.

    Raises:
        FaqbotError: It cannot start; the message says what to do.
    """
    from bot.demo import connection, examples, playground

    index = index.model_copy(update={"data_dir": data_dir, "database_url": None, "engine": "edge"})
    is_prepared = (data_dir / "faqbot.db").exists()
    # Most of the wait is this import; the playground starts on another core meanwhile.
    threading.Thread(target=import_module, args=("index.model.encoder",), daemon=True).start()
    with playground(port) as url:
        from bot import logs
        from bot.service import serve
        from index.importing.importer import ImportOptions, import_files

        say(
            "Starting ..."
            if is_prepared
            else "Preparing the answers; this first time it takes up to a minute ..."
        )
        with opened_store(index) as store:
            with TemporaryDirectory() as folder, progress_bar("Reading") as report:
                result = import_files(
                    store,
                    [faq or examples()],
                    ImportOptions(sync=True, rejects=Path(folder) / "r", progress=report),
                )
            bring_up_to_date(index, store)
        say(f"  {counted(result.read, 'pair')} read, {result.rejected} rejected")
        for rejection in result.rejections:
            say(f"  {rejection}")
        settings = bot.model_copy(update=connection(url))
        logs.configure(settings)
        welcome = _welcome(url, is_example=faq is None)
        serve(index, settings, config=config, ready=lambda: say(welcome))
        say("Stopped.")


def _welcome(url: str, *, is_example: bool) -> str:
    from bot.demo import CHANNEL

    examples = """, for example:
  - how do i reset my password
  - vpn keeps disconnecting
  - lost my badge, what now?"""
    return f"""
The bot is up. Open {url} and ask in #{CHANNEL}{examples if is_example else "."}
It answers in the thread, and stays silent when it is not sure; mention it to ask it directly.
Or talk to it in another terminal: {sys.argv[0]} chat --url {url}
Ctrl-C stops it.
"""
