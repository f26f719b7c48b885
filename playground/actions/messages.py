"""Changes to the workspace together with the events Slack sends about them."""

from __future__ import annotations

import copy
from typing import Any

from playground.hub import Hub
from playground.workspace.models import BOT_ID, BOT_USER_ID, TEAM_ID, Channel, Message
from playground.workspace.shapes import channel_type, message_json

Json = dict[str, Any]

MESSAGE_SUBSCRIPTIONS = {
    "public": "message.channels",
    "private": "message.groups",
    "im": "message.im",
}


def bot_hears(channel: Channel) -> bool:
    """Whether the app receives message events of this channel."""
    return BOT_USER_ID in channel.members


def post(hub: Hub, message: Message) -> Message:
    """Adds a message and sends the ``message`` and ``app_mention`` events about it."""
    workspace = hub.workspace
    channel = workspace.channels[message.channel]
    parent = channel.messages.get(message.thread_ts or "")
    if parent is not None:
        # A message becomes a thread with its first reply.
        parent.thread_ts = parent.ts
    workspace.add_message(message)
    if message.bot_id and message.thread_ts:
        assistant = workspace.assistant_threads.get((channel.id, message.thread_ts))
        if assistant is not None:
            # Slack clears the status as soon as the app replies.
            assistant.status = ""
    hub.changed()
    if message.ephemeral_to:
        return message
    _emit_message(hub, channel, message_event(hub, channel, message))
    if (
        message.user != BOT_USER_ID
        and not message.bot_id
        and message.subtype
        in (
            None,
            "file_share",
            "thread_broadcast",
        )
    ):
        _emit_mention(hub, channel, message)
    return message


def message_event(hub: Hub, channel: Channel, message: Message) -> Json:
    """The ``message`` event about a new message."""
    event = message_json(hub.workspace, message)
    for key in ("reply_count", "reply_users_count", "reply_users", "latest_reply"):
        event.pop(key, None)
    return event | {
        "channel": channel.id,
        "channel_type": channel_type(channel),
        "event_ts": message.ts,
    }


def _emit_message(hub: Hub, channel: Channel, event: Json) -> None:
    if bot_hears(channel):
        # A copy: what was sent must not change when the message is edited later.
        hub.emit(MESSAGE_SUBSCRIPTIONS[channel.kind], copy.deepcopy(event))


def _emit_mention(hub: Hub, channel: Channel, message: Message) -> None:
    # Slack sends no app_mention from direct messages, and none from private channels
    # that the app cannot see.
    if f"<@{BOT_USER_ID}" not in message.text or channel.kind == "im":
        return
    if channel.kind == "private" and not bot_hears(channel):
        return
    event = message_event(hub, channel, message)
    event["type"] = "app_mention"
    for key in ("channel_type", "subtype"):
        event.pop(key, None)
    hub.emit("app_mention", copy.deepcopy(event))


def edit(hub: Hub, channel: Channel, message: Message, editor: str, changes: Json) -> None:
    """Changes fields of a message and sends ``message_changed``."""
    before = copy.deepcopy(message_json(hub.workspace, message))
    for name, value in changes.items():
        setattr(message, name, value)
    ts = hub.workspace.next_ts()
    message.edited = {"user": editor, "ts": ts}
    send_changed(hub, channel, message, before, ts)
    if message.user != BOT_USER_ID and f"<@{BOT_USER_ID}" not in before["text"]:
        # A mention that was not there before: the event's `edited` tells it from a new message.
        _emit_mention(hub, channel, message)


def send_changed(hub: Hub, channel: Channel, message: Message, before: Json, ts: str) -> None:
    """Sends ``message_changed`` about a message that was `before`."""
    hub.changed()
    after = message_json(hub.workspace, message)
    if message.ephemeral_to:
        return
    _emit_message(
        hub,
        channel,
        {
            "type": "message",
            "subtype": "message_changed",
            "message": {"source_team": TEAM_ID, "user_team": TEAM_ID} | after,
            "previous_message": before,
            "channel": channel.id,
            "hidden": True,
            "ts": ts,
            "event_ts": ts,
            "channel_type": channel_type(channel),
        },
    )


def delete(hub: Hub, channel: Channel, message: Message) -> None:
    """Deletes a message; Slack says ``message_changed`` when it leaves a tombstone."""
    workspace = hub.workspace
    before = copy.deepcopy(message_json(workspace, message))
    tombstone = workspace.remove_message(channel, message.ts)
    ts = workspace.next_ts()
    if tombstone:
        send_changed(hub, channel, channel.messages[message.ts], before, ts)
        return
    hub.changed()
    _emit_message(
        hub,
        channel,
        {
            "type": "message",
            "subtype": "message_deleted",
            "previous_message": before,
            "channel": channel.id,
            "hidden": True,
            "deleted_ts": message.ts,
            "ts": ts,
            "event_ts": ts,
            "channel_type": channel_type(channel),
        },
    )


def bot_message(hub: Hub, channel: Channel, text: str, **fields: Any) -> Message:
    """A message of the bot, not yet posted."""
    return Message(
        channel=channel.id,
        ts=hub.workspace.next_ts(),
        text=text,
        user=BOT_USER_ID,
        bot_id=BOT_ID,
        **fields,
    )
