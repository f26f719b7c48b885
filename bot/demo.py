"""What the demo is made of: a local Slack workspace as a child process, settings for it, an FAQ."""

import importlib.util
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from pydantic import SecretStr

from bot.settings import WORKSPACE_ADMINS
from index.errors import FaqbotError

READY = "playground listening on "
CHANNEL = "helpdesk"
# Where the package puts examples/helpdesk.jsonl.
EXAMPLES = Path(sysconfig.get_path("data")) / "share" / "faqbot" / "helpdesk.jsonl"
CHECKOUT_EXAMPLES = Path(__file__).parent.parent / "examples" / "helpdesk.jsonl"


def examples() -> Path:
    """The helpdesk FAQ: of the checkout, else as it was installed."""
    return CHECKOUT_EXAMPLES if CHECKOUT_EXAMPLES.is_file() else EXAMPLES


def connection(url: str) -> dict[str, object]:
    """The bot's settings for the playground at an address."""
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
    """Run the terminal client against a running demo.

    Args:
        person: Name of whoever talks to the bot.

    Returns:
        Its exit status.
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
            raise FaqbotError(_why(reason[-1], port) if reason else "the playground did not start")
    finally:
        child.terminate()
        try:
            child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _why(reason: str, port: int) -> str:
    """The playground's last words, with what helps whoever started it: make has no --port."""
    if f"port {port} is in use" in reason and "MAKELEVEL" in os.environ:
        return f"port {port} is in use; choose another: make demo PORT={port + 10}"
    return reason


def _require_playground() -> None:
    if importlib.util.find_spec("aiohttp") is None:
        raise FaqbotError("the demo needs aiohttp, the extra `playground`: `make demo` installs it")
