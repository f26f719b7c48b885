"""chat.*: posting, changing, deleting and streaming messages."""

from __future__ import annotations

import copy
import json
import math
from typing import Any

from playground.actions import messages
from playground.block_kit.checks import check_message_blocks
from playground.block_kit.interactive import fill_ids
from playground.block_kit.surfaces import MAX_MARKDOWN
from playground.errors import RateLimited, SlackError
from playground.hub import Hub
from playground.web_api.arguments import Arguments
from playground.web_api.methods.registry import granted, joined_channel, method, visible_channel
from playground.workspace.models import BOT_USER_ID, TEAM_DOMAIN, Channel, Message
from playground.workspace.shapes import message_json

Json = dict[str, Any]

# Longer texts are cut when they are posted, but refused by chat.update.
MAX_TEXT = 40_000
MAX_UPDATE_TEXT = 4_000
MAX_METADATA = 16_384
MAX_ATTACHMENTS = 100


def read_blocks(hub: Hub, arguments: Arguments) -> list[Json] | None:
    """The checked blocks of a call, with ids filled in; None when it has none."""
    blocks = arguments.decoded("blocks", "invalid_blocks_format")
    if blocks is None:
        return None
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    check_message_blocks(blocks)
    return fill_ids(copy.deepcopy(blocks), lambda: hub.workspace.next_id("b"))


def read_metadata(arguments: Arguments) -> Json | None:
    """The checked message metadata of a call."""
    metadata = arguments.decoded("metadata", "invalid_metadata_format")
    if metadata is None:
        return None
    if not isinstance(metadata, dict):
        raise SlackError("invalid_metadata_format")
    event_type, payload = metadata.get("event_type"), metadata.get("event_payload")
    if "entities" not in metadata and (
        not isinstance(event_type, str) or not event_type or not isinstance(payload, dict)
    ):
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(metadata)) > MAX_METADATA:
        raise SlackError("metadata_too_large")
    return metadata


def read_content(hub: Hub, arguments: Arguments) -> Json:
    """The text, blocks and attachments of a message to be posted, as fields of a message."""
    text = arguments.text("text") or ""
    markdown = arguments.text("markdown_text")
    blocks = read_blocks(hub, arguments)
    attachments = arguments.decoded("attachments", "invalid_attachments") or []
    if not isinstance(attachments, list):
        raise SlackError("invalid_attachments")
    if len(attachments) > MAX_ATTACHMENTS:
        raise SlackError("too_many_attachments")
    if markdown:
        if text or blocks:
            raise SlackError("markdown_text_conflict")
        if len(markdown) > MAX_MARKDOWN:
            raise SlackError("msg_too_long")
        text = markdown
        blocks = fill_ids(
            [{"type": "markdown", "text": markdown}], lambda: hub.workspace.next_id("b")
        )
    if not text.strip() and not blocks and not attachments:
        raise SlackError("no_text")
    return {"text": text[:MAX_TEXT], "blocks": blocks or [], "attachments": attachments}


def _destination(hub: Hub, arguments: Arguments) -> Channel:
    name = arguments.text("channel")
    if not name:
        raise SlackError("channel_not_found")
    workspace = hub.workspace
    if name in workspace.users and not workspace.users[name].is_bot:
        # Posting to a person's id opens the direct message.
        return workspace.open_dm(name)[0]
    channel = workspace.find_channel(name)
    if channel is None or (channel.kind != "public" and BOT_USER_ID not in channel.members):
        raise SlackError("channel_not_found")
    if channel.archived:
        raise SlackError("is_archived")
    if BOT_USER_ID not in channel.members and "chat:write.public" not in granted(hub):
        raise SlackError("not_in_channel")
    return channel


def _thread(channel: Channel, arguments: Arguments) -> str | None:
    thread_ts = arguments.text("thread_ts")
    if not thread_ts:
        return None
    parent = channel.messages.get(thread_ts)
    if parent is None:
        raise SlackError("thread_not_found")
    if parent.is_reply:
        # Slack only warns against giving a reply's ts; a bot that does so has a fault.
        raise SlackError("cannot_reply_to_message")
    return thread_ts


def _check_rate(hub: Hub, channel: Channel) -> None:
    wait = hub.faults.post_wait(channel.id)
    if wait > 0:
        raise RateLimited(math.ceil(wait))


@method("chat.postMessage", scopes=("chat:write",))
def post_message(hub: Hub, arguments: Arguments) -> Json:
    """Posts a message."""
    channel = _destination(hub, arguments)
    content = read_content(hub, arguments)
    metadata = read_metadata(arguments)
    thread_ts = _thread(channel, arguments)
    _check_rate(hub, channel)
    message = messages.bot_message(hub, channel, **content, metadata=metadata, thread_ts=thread_ts)
    if thread_ts and arguments.flag("reply_broadcast"):
        message.subtype = "thread_broadcast"
    _customise(hub, arguments, message)
    messages.post(hub, message)
    return {
        "channel": channel.id,
        "ts": message.ts,
        "message": message_json(hub.workspace, message, include_metadata=True),
    }


def _customise(hub: Hub, arguments: Arguments, message: Message) -> None:
    username = arguments.text("username")
    emoji, url = arguments.text("icon_emoji"), arguments.text("icon_url")
    if not (username or emoji or url) or "chat:write.customize" not in granted(hub):
        return
    message.username = username or hub.workspace.bot.name
    if emoji or url:
        message.icons = {"emoji": emoji} if emoji else {"image_48": url}
    message.subtype = message.subtype or "bot_message"


@method("chat.postEphemeral", scopes=("chat:write",))
def post_ephemeral(hub: Hub, arguments: Arguments) -> Json:
    """Shows a message to one person only."""
    channel = _destination(hub, arguments)
    user = arguments.text("user")
    if not user or user not in channel.members:
        raise SlackError("user_not_in_channel")
    content = read_content(hub, arguments)
    thread_ts = _thread(channel, arguments)
    message = messages.bot_message(hub, channel, **content, thread_ts=thread_ts, ephemeral_to=user)
    _customise(hub, arguments, message)
    messages.post(hub, message)
    return {"message_ts": message.ts}


def _own_message(hub: Hub, arguments: Arguments, error: str) -> tuple[Channel, Message]:
    channel = visible_channel(hub, arguments)
    message = hub.workspace.message(channel, arguments.text("ts") or "")
    if message.bot_id is None:
        raise SlackError(error)
    if channel.archived:
        raise SlackError("is_archived")
    return channel, message


@method("chat.update", scopes=("chat:write",))
def update(hub: Hub, arguments: Arguments) -> Json:
    """Changes a message of the bot. Blocks that are not given stay, as documented."""
    channel, message = _own_message(hub, arguments, "cant_update_message")
    if message.streaming:
        raise SlackError("streaming_state_conflict")
    text = arguments.text("text")
    markdown = arguments.text("markdown_text")
    blocks = read_blocks(hub, arguments)
    attachments = arguments.decoded("attachments", "invalid_attachments")
    if markdown:
        if text or blocks:
            raise SlackError("markdown_text_conflict")
        if len(markdown) > MAX_MARKDOWN:
            raise SlackError("msg_too_long")
        text = markdown[:MAX_UPDATE_TEXT]
        blocks = fill_ids(
            [{"type": "markdown", "text": markdown}], lambda: hub.workspace.next_id("b")
        )
    if text is None and blocks is None and attachments is None:
        raise SlackError("no_text")
    if text is not None and len(text) > MAX_UPDATE_TEXT:
        raise SlackError("msg_too_long")
    changes: Json = {"picks": {}}
    if text is not None:
        changes["text"] = text
    if blocks is not None:
        changes["blocks"] = blocks
    if attachments is not None:
        changes["attachments"] = attachments
    shown = [changes.get(name, getattr(message, name)) for name in ("text", "blocks")]
    if not any(shown) and not changes.get("attachments", message.attachments):
        raise SlackError("no_text")
    metadata = read_metadata(arguments)
    if metadata is not None:
        changes["metadata"] = metadata or None
    messages.edit(hub, channel, message, BOT_USER_ID, changes)
    return {
        "channel": channel.id,
        "ts": message.ts,
        "text": message.text,
        "message": message_json(hub.workspace, message, include_metadata=True),
    }


@method("chat.delete", scopes=("chat:write",))
def delete(hub: Hub, arguments: Arguments) -> Json:
    """Deletes a message of the bot."""
    channel, message = _own_message(hub, arguments, "cant_delete_message")
    messages.delete(hub, channel, message)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.getPermalink")
def get_permalink(hub: Hub, arguments: Arguments) -> Json:
    """The address of a message."""
    channel = visible_channel(hub, arguments)
    message = hub.workspace.message(channel, arguments.text("message_ts") or "")
    link = f"https://{TEAM_DOMAIN}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


# -- streaming -------------------------------------------------------------------------


def _streamed(arguments: Arguments) -> str:
    markdown = arguments.text("markdown_text") or ""
    chunks = arguments.decoded("chunks", "invalid_arguments") or []
    for chunk in chunks if isinstance(chunks, list) else []:
        if isinstance(chunk, dict) and chunk.get("type") == "markdown_text":
            markdown += str(chunk.get("text", ""))
    if len(markdown) > MAX_MARKDOWN:
        raise SlackError("msg_too_long")
    return markdown


@method("chat.startStream", scopes=("chat:write",))
def start_stream(hub: Hub, arguments: Arguments) -> Json:
    """Starts a message that grows in a thread."""
    channel = _destination(hub, arguments)
    arguments.required("thread_ts")
    thread_ts = _thread(channel, arguments)
    if channel.kind != "im":
        for name in ("recipient_team_id", "recipient_user_id"):
            arguments.required(name, f"missing_{name}")
    _check_rate(hub, channel)
    message = messages.bot_message(
        hub, channel, _streamed(arguments), thread_ts=thread_ts, streaming=True
    )
    _customise(hub, arguments, message)
    messages.post(hub, message)
    return {"channel": channel.id, "ts": message.ts}


def _streaming(hub: Hub, arguments: Arguments) -> tuple[Channel, Message]:
    channel = joined_channel(hub, arguments)
    message = hub.workspace.message(channel, arguments.text("ts") or "")
    if message.bot_id is None:
        raise SlackError("message_not_owned_by_app")
    if not message.streaming:
        raise SlackError("message_not_in_streaming_state")
    return channel, message


@method("chat.appendStream", scopes=("chat:write",))
def append_stream(hub: Hub, arguments: Arguments) -> Json:
    """Adds text to a growing message."""
    channel, message = _streaming(hub, arguments)
    text = _streamed(arguments)
    if not text and not arguments.decoded("chunks", "invalid_arguments"):
        raise SlackError("no_text")
    message.text += text
    hub.changed()
    return {"channel": channel.id, "ts": message.ts}


@method("chat.stopStream", scopes=("chat:write",))
def stop_stream(hub: Hub, arguments: Arguments) -> Json:
    """Ends a growing message, with blocks below it if wanted."""
    channel, message = _streaming(hub, arguments)
    blocks = read_blocks(hub, arguments)
    metadata = read_metadata(arguments)
    before = message_json(hub.workspace, message)
    message.text += _streamed(arguments)
    shown = [{"type": "markdown", "text": message.text}] if message.text else []
    message.blocks = fill_ids(shown + (blocks or []), lambda: hub.workspace.next_id("b"))
    if metadata is not None:
        message.metadata = metadata
    message.streaming = False
    messages.send_changed(hub, channel, message, before, hub.workspace.next_ts())
    return {
        "channel": channel.id,
        "ts": message.ts,
        "message": message_json(hub.workspace, message, include_metadata=True),
    }
