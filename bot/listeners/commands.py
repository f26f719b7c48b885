"""The slash command `/faq`: acknowledged at once, then checked and carried out."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import structlog
from slack_bolt import Ack, App, Respond

from bot.cards.kit import notice
from bot.commands import COMMAND, Commands, Typed
from bot.settings import BotSettings
from bot.slack.admins import FAILED, Admins
from bot.slack.client import explain
from index.store import Store
from index.store.types import Generation

log = structlog.get_logger(__name__)


def register(
    app: App,
    store: Store,
    *,
    admins: Admins,
    background: Executor,
    jobs_changed: Callable[[], None],
    settings: BotSettings,
    models_dir: Path,
    kept: Callable[[], Sequence[Generation]],
) -> None:
    """Take `/faq`.

    Args:
        background: Carries commands out: Bolt's few threads are needed to acknowledge.
        jobs_changed: Called after a job was asked for or cancelled; must not block.
        models_dir: Where the model versions are.
        kept: Gives the generations that can be gone back to.
    """
    commands = Commands(store, admins, jobs_changed, settings, models_dir, kept)

    @app.command(COMMAND)
    def take(ack: Ack, command: dict[str, Any], respond: Respond) -> None:
        ack()
        background.submit(_carry_out, commands, Typed.parse(command), respond)


def _carry_out(commands: "Commands", typed: Typed, respond: Respond) -> None:
    """Do what a command says and answer to whoever typed it, whatever happens."""
    try:
        answer = commands.answer(typed)
    except Exception as error:
        log.error("command_failed", command=typed.name, error=type(error).__name__)
        answer = FAILED
    message = notice(answer) if isinstance(answer, str) else answer
    try:
        response = respond(text=message.text, blocks=message.blocks, response_type="ephemeral")
        if response.status_code != 200:
            log.warning("command_not_answered", reason=f"HTTP status {response.status_code}")
    except Exception as error:
        log.warning("command_not_answered", reason=str(explain(error)))
