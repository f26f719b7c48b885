"""Reactions to messages."""

from __future__ import annotations

from typing import Any

from playground.actions.messages import bot_hears
from playground.errors import SlackError
from playground.hub import Hub
from playground.workspace.models import Channel, Message

Json = dict[str, Any]


def add(hub: Hub, channel: Channel, message: Message, user_id: str, name: str) -> None:
    """Adds a reaction."""
    users = message.reactions.setdefault(name, [])
    if user_id in users:
        raise SlackError("already_reacted")
    users.append(user_id)
    _emit_reaction(hub, channel, message, user_id, name, "reaction_added")


def remove(hub: Hub, channel: Channel, message: Message, user_id: str, name: str) -> None:
    """Removes a reaction."""
    users = message.reactions.get(name, [])
    if user_id not in users:
        raise SlackError("no_reaction")
    users.remove(user_id)
    if not users:
        del message.reactions[name]
    _emit_reaction(hub, channel, message, user_id, name, "reaction_removed")


def _emit_reaction(
    hub: Hub, channel: Channel, message: Message, user_id: str, name: str, event_type: str
) -> None:
    hub.changed()
    if not bot_hears(channel):
        return
    event: Json = {
        "type": event_type,
        "user": user_id,
        "reaction": name,
        "item": {"type": "message", "channel": channel.id, "ts": message.ts},
        "event_ts": hub.workspace.next_ts(),
    }
    if message.user:
        event["item_user"] = message.user
    hub.emit(event_type, event)
