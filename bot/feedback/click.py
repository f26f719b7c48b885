"""A click on a card, as Slack tells of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.cards.answers import LESS


@dataclass(frozen=True)
class Click:
    """A button pressed on one of our cards.

    Attributes:
        pair_id: The pair that the button is about; None where it names none.
        user_team: The workspace that whoever clicked belongs to; empty where Slack does not say.
        is_ephemeral: Whether only whoever clicked sees the card.
    """

    action_id: str
    question_id: str
    pair_id: str | None
    user: str
    channel: str
    ts: str
    expanded: bool
    user_team: str = ""
    is_ephemeral: bool = False

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> "Click | None":
        """The click in a `block_actions` payload; None where it is not on a message of ours."""
        action = (body.get("actions") or [{}])[0]
        container = body.get("container") or {}
        channel = (body.get("channel") or {}).get("id") or container.get("channel_id")
        message = body.get("message") or {}
        ts = message.get("ts") or container.get("message_ts")
        question_id, _, pair_id = str(action.get("value") or "").partition(" ")
        if not (channel and ts and question_id):
            return None
        return cls(
            action_id=str(action["action_id"]),
            question_id=question_id,
            pair_id=pair_id or None,
            user=str((body.get("user") or {}).get("id") or ""),
            channel=str(channel),
            ts=str(ts),
            expanded=_is_expanded(message),
            user_team=str((body.get("user") or {}).get("team_id") or ""),
            is_ephemeral=bool(container.get("is_ephemeral")),
        )


def _is_expanded(message: Mapping[str, Any]) -> bool:
    return any(
        element.get("action_id") == LESS
        for block in message.get("blocks") or ()
        for element in block.get("elements") or ()
        if isinstance(element, Mapping)
    )
