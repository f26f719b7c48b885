"""The demo: a local Slack workspace as a child process, and the real bot beside it."""

import importlib.util
import subprocess
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import httpx
from pydantic import SecretStr

from bot import logs
from bot.cli.console import bring_up_to_date, opened_store, progress_bar, say
from bot.service import serve
from bot.settings import WORKSPACE_ADMINS, BotSettings
from index.errors import FaqbotError
from index.importing import import_files
from index.settings import IndexSettings

READY = "playground listening on "
CHANNEL = "helpdesk"
# Where the package puts examples/helpdesk.jsonl.
EXAMPLES = Path(sysconfig.get_path("data")) / "share" / "faqbot" / "helpdesk.jsonl"
CHECKOUT_EXAMPLES = Path(__file__).parent.parent / "examples" / "helpdesk.jsonl"


def run(
    index: IndexSettings,
    bot: BotSettings,
    config: Path | None = None,
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
    index = index.model_copy(update={"data_dir": data_dir, "database_url": None, "engine": "edge"})
    # Most of the wait is this import; the playground starts on another core meanwhile.
    threading.Thread(target=import_module, args=("index.model.encoder",), daemon=True).start()
    with playground(port) as url:
        say("Preparing the answers; the first time this takes up to a minute ...")
        with opened_store(index) as store:
            with tempfile.TemporaryDirectory() as folder, progress_bar("Reading") as report:
                result = import_files(
                    store,
                    [faq or _examples()],
                    sync=True,
                    rejects=Path(folder) / "r",
                    progress=report,
                )
            bring_up_to_date(index, store)
        say(f"  {result.read} pairs read, {result.rejected} rejected")
        for rejection in result.rejections:
            say(f"  {rejection}")
        settings = bot.model_copy(update=_connection(url))
        logs.configure(settings)
        welcome = _welcome(url, is_example=faq is None)
        serve(index, settings, config=config, ready=lambda: say(welcome))
        say("Stopped.")


def _examples() -> Path:
    return CHECKOUT_EXAMPLES if CHECKOUT_EXAMPLES.is_file() else EXAMPLES


def _connection(url: str) -> dict[str, object]:
    """The bot's settings for a playground."""
    with httpx.Client(base_url=f"{url}/control/", trust_env=False) as control:
        workspace = control.get("workspace").json()
    return {
        "slack_api_url": f"{url}/api/",
        "slack_bot_token": SecretStr(workspace["bot_token"]),
        "slack_app_token": SecretStr(workspace["app_token"]),
        "mode": "socket",
        "admins": (WORKSPACE_ADMINS,),
        "watched_channels": tuple(c["id"] for c in workspace["channels"] if c["name"] == CHANNEL),
        "log_level": "warning",
    }


def run_chat(url: str, person: str) -> int:
    """Run the terminal client against a running demo; returns its exit status.

    Args:
        person: Name of whoever talks to the bot.
    """
    _require_playground()
    command = [sys.executable, "-m", "playground.chat", "--url", url, f"--as={person}"]
    return subprocess.call(command)


@contextmanager
def playground(port: int) -> Iterator[str]:
    """A playground as a child process; yields its address.

    Raises:
        FaqbotError: It cannot start, such as when the port is taken.
    """
    _require_playground()
    command = [sys.executable, "-m", "playground", "--port", str(port), "--exit-with-parent"]
    # A session of its own: Ctrl-C reaches the bot alone, which stops first.
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert child.stdout
    assert child.stderr
    try:
        for line in child.stdout:
            if line.startswith(READY):
                yield line.removeprefix(READY).strip()
                break
        else:
            reason = child.stderr.read().strip().splitlines()
            raise FaqbotError(reason[-1] if reason else "the playground did not start")
    finally:
        child.terminate()
        try:
            child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _require_playground() -> None:
    if importlib.util.find_spec("aiohttp") is None:
        raise FaqbotError("the demo needs aiohttp, the extra `playground`: `make demo` installs it")


def _welcome(url: str, *, is_example: bool) -> str:
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
