"""Answering a command or a click to whoever made it, and to nobody else."""

import structlog
from slack_bolt import Respond

from bot.slack.client import explain
from bot.slack.message import Message

log = structlog.get_logger(__name__)


def respond_privately(
    respond: Respond, message: Message, *, failed: str, replaces: bool | None = None
) -> None:
    """Show a message to one person; where that fails, it is logged.

    Args:
        failed: The log event where it cannot be shown.
        replaces: Whether it takes the place of the message that was clicked.
    """
    try:
        response = respond(
            text=message.text,
            blocks=message.blocks,
            response_type="ephemeral",
            replace_original=replaces,
        )
        if response.status_code != 200:
            log.warning(failed, reason=f"HTTP status {response.status_code}")
    except Exception as error:
        log.warning(failed, reason=str(explain(error)))
