"""Answering a command or a click to whoever made it, and to nobody else."""

import structlog
from slack_bolt import Respond

from bot.slack.client import explain
from bot.slack.message import Message

# What a response_url answers where the blocks are at fault; other refusals are 403 and 404.
CARD_REFUSED = 400

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
        status = _respond(respond, message, replaces)
        if status == CARD_REFUSED:
            status = _respond(respond, message.in_plain_text, replaces)
        if status != 200:
            log.warning(failed, reason=f"HTTP status {status}")
    except Exception as error:
        log.warning(failed, reason=str(explain(error)))


def tell_clicker(respond: Respond, text: str) -> None:
    """Say something to whoever clicked, and leave the message as it is.

    Args:
        text: Mrkdwn that fits one section.
    """
    respond_privately(respond, Message(text, []), failed="click_not_answered", replaces=False)


def _respond(respond: Respond, message: Message, replaces: bool | None) -> int:
    response = respond(
        text=message.text,
        blocks=message.blocks,
        response_type="ephemeral",
        replace_original=replaces,
    )
    return int(response.status_code)
