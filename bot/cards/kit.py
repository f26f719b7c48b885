"""The parts that cards are made of: blocks of Block Kit, and the size of each."""

from collections.abc import Sequence

from bot.cards.wording import Label
from bot.slack import chunks
from bot.slack.message import Block, Message

# Slack refuses a message whose blocks hold too much text (`msg_blocks_too_long`) at a size that it
# does not document. People measured about 13,200 characters, of which every block takes some;
# Slack's staff speak of 12,000 of text (github.com/slackapi/bolt-js, issues 2509 and 2867).
MESSAGE_ROOM = 12_000
"""The size of a card's blocks: characters of all strings, plus `BLOCK_SIZE` for each block."""
BLOCK_SIZE = 130

VALUE_LIMIT = 2000
"""Characters that a button's value holds."""
QUESTION_LIMIT = 300
"""Of a question on one line."""


def notice(text: str) -> Message:
    """A few lines of mrkdwn, such as what a command answers; user text in it is escaped."""
    return Message(text, [section(chunk) for chunk in chunks.split(text)])


def section(text: str) -> Block:
    """A paragraph of mrkdwn, of at most `mrkdwn.SECTION_LIMIT` characters."""
    return {"type": "section", "text": text_object(text)}


def context(*lines: str) -> list[Block]:
    """A context block of the lines that say something, or none."""
    elements = [text_object(line) for line in lines if line]
    return [{"type": "context", "elements": elements}] if elements else []


def actions(*buttons: Block) -> Block:
    """A row of buttons."""
    return {"type": "actions", "elements": list(buttons)}


def button(value: str, label: Label, action: str, style: str = "") -> Block:
    """A button that carries a value to the listener of an action."""
    block: Block = {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": label.text},
        "value": value,
        "accessibility_label": label.spoken,
    }
    return {**block, "style": style} if style else block


def button_value(question_id: str, pair_id: str = "") -> str:
    """What a button on a card carries: the question, and the pair that a click is about.

    Raises:
        ValueError: No button can carry them.
    """
    value = f"{question_id} {pair_id}".rstrip()
    if not question_id or len(value) > VALUE_LIMIT:
        raise ValueError(
            f"question_id must have 1 to {VALUE_LIMIT} characters to fit a button's value, with "
            f"the pair's id, not {len(value)}"
        )
    return value


def text_object(text: str) -> Block:
    """Mrkdwn that Slack does not search for addresses, channels and names itself."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def size(blocks: Sequence[Block]) -> int:
    """The size of blocks, in the units of `MESSAGE_ROOM`."""
    return sum(BLOCK_SIZE + _characters(block) for block in blocks)


def _characters(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(map(_characters, value.values()))
    return sum(map(_characters, value)) if isinstance(value, list) else 0
