"""Joining and leaving channels."""

from __future__ import annotations

from typing import Any

from playground.actions.messages import bot_hears, post
from playground.hub import Hub
from playground.workspace.models import TEAM_ID, Channel, Message

Json = dict[str, Any]


def join(hub: Hub, channel: Channel, user_id: str, inviter: str | None = None) -> None:
    """Makes somebody a member, with the message and the event about it."""
    if user_id in channel.members:
        return
    channel.members.append(user_id)
    message = Message(
        channel=channel.id,
        ts=hub.workspace.next_ts(),
        text=f"<@{user_id}> has joined the channel",
        user=user_id,
        subtype="channel_join" if channel.kind == "public" else "group_join",
    )
    post(hub, message)
    if bot_hears(channel):
        _emit_membership(hub, channel, user_id, "member_joined_channel", inviter)


def leave(hub: Hub, channel: Channel, user_id: str) -> None:
    """Ends a membership."""
    if user_id not in channel.members:
        return
    heard = bot_hears(channel)
    channel.members.remove(user_id)
    hub.changed()
    if heard:
        _emit_membership(hub, channel, user_id, "member_left_channel", None)


def _emit_membership(
    hub: Hub, channel: Channel, user_id: str, event_type: str, inviter: str | None
) -> None:
    event: Json = {
        "type": event_type,
        "user": user_id,
        "channel": channel.id,
        "channel_type": "C" if channel.kind == "public" else "G",
        "team": TEAM_ID,
        "event_ts": hub.workspace.next_ts(),
    }
    if inviter:
        event["inviter"] = inviter
    hub.emit(event_type, event)
