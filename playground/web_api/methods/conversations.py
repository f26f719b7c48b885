"""conversations.*: channels, their history and their members."""

from __future__ import annotations

import re
from typing import Any

from playground.actions import members
from playground.errors import SlackError
from playground.hub import Hub
from playground.web_api.arguments import Arguments
from playground.web_api.methods.registry import joined_channel, method, need_scope, visible_channel
from playground.web_api.paging import page
from playground.workspace.models import BOT_USER_ID, Channel, Message
from playground.workspace.shapes import channel_json, message_json

Json = dict[str, Any]

READ = ("channels:read", "groups:read", "im:read", "mpim:read")
HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
_PREFIX = {"public": "channels", "private": "groups", "im": "im"}
_TS = re.compile(r"\d+(\.\d+)?")


def _limit(arguments: Arguments, default: int, maximum: int) -> int:
    limit = arguments.integer("limit", default, "invalid_limit")
    if limit < 0:
        raise SlackError("invalid_limit")
    return min(limit or default, maximum)


@method("conversations.info", scopes=READ)
def info(hub: Hub, arguments: Arguments) -> Json:
    """What a channel is."""
    channel = visible_channel(hub, arguments)
    need_scope(hub, (f"{_PREFIX[channel.kind]}:read",))
    shown = channel_json(channel)
    if not arguments.flag("include_num_members"):
        shown.pop("num_members", None)
    return {"channel": shown}


@method("conversations.list", scopes=READ)
def list_channels(hub: Hub, arguments: Arguments) -> Json:
    """The channels the bot may know of."""
    kinds = {"public_channel": "public", "private_channel": "private", "im": "im", "mpim": "mpim"}
    types = arguments.names("types") or ["public_channel"]
    if any(name not in kinds for name in types):
        raise SlackError("invalid_types")
    wanted = {kinds[name] for name in types}
    channels = [
        channel
        for channel in hub.workspace.channels.values()
        if channel.kind in wanted
        and (channel.kind == "public" or BOT_USER_ID in channel.members)
        and not (arguments.flag("exclude_archived") and channel.archived)
    ]
    shown, cursor = page(
        channels, [c.id for c in channels], arguments.text("cursor"), _limit(arguments, 100, 1000)
    )
    return {
        "channels": [channel_json(channel) for channel in shown],
        "response_metadata": {"next_cursor": cursor},
    }


@method("conversations.members", scopes=READ)
def list_members(hub: Hub, arguments: Arguments) -> Json:
    """Who is in a channel."""
    channel = visible_channel(hub, arguments)
    shown, cursor = page(
        channel.members, channel.members, arguments.text("cursor"), _limit(arguments, 100, 1000)
    )
    return {"members": shown, "response_metadata": {"next_cursor": cursor}}


def _within(hub: Hub, messages: list[Message], arguments: Arguments) -> list[Message]:
    oldest, latest = arguments.text("oldest") or "0", arguments.text("latest")
    for name, value in (("oldest", oldest), ("latest", latest)):
        if value is not None and not _TS.fullmatch(value):
            raise SlackError(f"invalid_ts_{name}")
    low, high = _ts_key(oldest), _ts_key(latest) if latest else None
    if arguments.flag("inclusive"):
        return [
            m for m in messages if _ts_key(m.ts) >= low and (high is None or _ts_key(m.ts) <= high)
        ]
    return [m for m in messages if _ts_key(m.ts) > low and (high is None or _ts_key(m.ts) < high)]


def _ts_key(ts: str) -> tuple[int, int]:
    seconds, _, fraction = ts.partition(".")
    return int(seconds), int(fraction.ljust(6, "0")[:6] or 0)


def _messages_answer(hub: Hub, messages: list[Message], arguments: Arguments, limit: int) -> Json:
    shown, cursor = page(messages, [m.ts for m in messages], arguments.text("cursor"), limit)
    metadata = arguments.flag("include_all_metadata")
    answer: Json = {
        "messages": [
            message_json(hub.workspace, message, include_metadata=metadata) for message in shown
        ],
        "has_more": bool(cursor),
    }
    if cursor:
        answer["response_metadata"] = {"next_cursor": cursor}
    return answer


def _history_channel(hub: Hub, arguments: Arguments) -> Channel:
    channel = joined_channel(hub, arguments)
    need_scope(hub, (f"{_PREFIX[channel.kind]}:history",))
    return channel


@method("conversations.history", scopes=HISTORY)
def history(hub: Hub, arguments: Arguments) -> Json:
    """A channel's messages, newest first."""
    channel = _history_channel(hub, arguments)
    messages = _within(hub, list(reversed(channel.timeline())), arguments)
    answer = _messages_answer(hub, messages, arguments, _limit(arguments, 100, 999))
    return answer | {"pin_count": 0}


@method("conversations.replies", scopes=HISTORY)
def replies(hub: Hub, arguments: Arguments) -> Json:
    """A thread, the message it hangs on first."""
    channel = _history_channel(hub, arguments)
    root = hub.workspace.message(channel, arguments.text("ts") or "", "thread_not_found")
    below = _within(hub, channel.replies(root.ts), arguments)
    return _messages_answer(hub, [root, *below], arguments, _limit(arguments, 1000, 1000))


@method("conversations.open", scopes=("im:write", "mpim:write"))
def open_dm(hub: Hub, arguments: Arguments) -> Json:
    """Opens the direct message with a person."""
    if arguments.text("channel"):
        channel = visible_channel(hub, arguments)
        return {"channel": {"id": channel.id}, "no_op": True, "already_open": True}
    users = arguments.names("users")
    if not users:
        raise SlackError("users_list_not_supplied")
    if len(users) > 1:
        # The playground has no direct messages between several people.
        raise SlackError("not_enough_users")
    user = hub.workspace.user(users[0])
    if user.is_bot:
        raise SlackError("cannot_dm_bot")
    channel, already_open = hub.workspace.open_dm(user.id)
    hub.changed()
    shown = channel_json(channel) if arguments.flag("return_im") else {"id": channel.id}
    if already_open:
        return {"channel": shown, "no_op": True, "already_open": True}
    return {"channel": shown}


@method("conversations.join", scopes=("channels:join",))
def join(hub: Hub, arguments: Arguments) -> Json:
    """Makes the bot a member of a public channel."""
    channel = visible_channel(hub, arguments)
    if channel.kind != "public":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.archived:
        raise SlackError("is_archived")
    if BOT_USER_ID in channel.members:
        return {
            "channel": channel_json(channel),
            "warning": "already_in_channel",
            "response_metadata": {"warnings": ["already_in_channel"]},
        }
    members.join(hub, channel, BOT_USER_ID)
    return {"channel": channel_json(channel)}
