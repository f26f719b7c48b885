"""Messages and reactions of people."""

from __future__ import annotations

import uuid
from typing import Any

from playground.actions import messages, reactions
from playground.control.answers import message_answer
from playground.control.body import Body
from playground.control.lookup import find_channel, find_message, find_user
from playground.control.registry import on_post
from playground.errors import ControlError
from playground.hub import Hub
from playground.workspace.models import TEAM_ID, Channel, Message, User
from playground.workspace.typed_text import rich_text, typed_text

Json = dict[str, Any]


@on_post("post")
def post(hub: Hub, body: Body) -> Json:
    """Posts a message as somebody would type it."""
    user, channel = find_user(hub, body.text("user")), find_channel(hub, body.text("channel"))
    if channel.archived:
        raise ControlError(f"#{channel.name} is archived.")
    if channel.kind != "public" and user.id not in channel.members:
        raise ControlError(f"{user.name} is not in {channel.name}.")
    if user.id not in channel.members:
        # Slack lets people post only in channels they have joined; here they just do.
        channel.members.append(user.id)
    thread_ts = body.maybe("thread_ts")
    if thread_ts is not None:
        thread_ts = _root_ts(channel, thread_ts)
    text = body.values.get("text", "")
    if not isinstance(text, str):
        raise ControlError("'text' has to be a string.")
    if not body.flag("raw"):
        text = typed_text(hub.workspace, text)
    names = body.values.get("files") or []
    forwarded = body.maybe("forward")
    attachments = [_forwarded(hub, body, forwarded)] if forwarded else []
    if not text and not names and not attachments:
        raise ControlError("Give 'text' as a string.")
    message = Message(
        channel=channel.id,
        ts=hub.workspace.next_ts(),
        text=text,
        user=user.id,
        blocks=rich_text(text) if text else [],
        attachments=attachments,
        files=[_file(hub, user, str(name)) for name in names],
        thread_ts=thread_ts,
        subtype=_subtype(body),
        client_msg_id=str(uuid.uuid4()),
    )
    messages.post(hub, message)
    return message_answer(hub, message)


def _file(hub: Hub, user: User, name: str) -> Json:
    return {
        "id": hub.workspace.next_id("F"),
        "name": name,
        "title": name,
        "mode": "hosted",
        "user": user.id,
    }


def _forwarded(hub: Hub, body: Body, ts: str) -> Json:
    """A message that is forwarded, as it stands in the `attachments` of the one that does it."""
    channel = find_channel(hub, body.text("forward_from"))
    message = channel.messages.get(ts)
    if message is None:
        raise ControlError(f"There is no message {ts} in {channel.name}.", 404)
    author = hub.workspace.users.get(message.user or "")
    name = author.name if author else ""
    return {
        "id": 1,
        "ts": message.ts,
        "channel_id": channel.id,
        "channel_team": TEAM_ID,
        "is_msg_unfurl": True,
        "is_share": True,
        "author_id": message.user,
        "author_name": name,
        "text": message.text,
        "fallback": f"{name}: {message.text}",
        "message_blocks": [
            {
                "team": TEAM_ID,
                "channel": channel.id,
                "ts": message.ts,
                "message": {"blocks": message.blocks},
            }
        ],
        "mrkdwn_in": ["text"],
        "footer": f"Posted in #{channel.name}",
    }


def _subtype(body: Body) -> str | None:
    if body.flag("me"):
        return "me_message"
    if body.values.get("files"):
        return "file_share"
    return "thread_broadcast" if body.flag("broadcast") else None


def _root_ts(channel: Channel, ts: str) -> str:
    message = channel.messages.get(ts)
    if message is None:
        raise ControlError(f"There is no message {ts} in {channel.name}.", 404)
    # Replying to a reply goes to its thread, as in Slack's own client.
    return message.thread_ts or ts


@on_post("edit")
def edit(hub: Hub, body: Body) -> Json:
    """Edits one's own message."""
    user, channel, message = find_message(hub, body)
    if message.user != user.id:
        raise ControlError(f"{user.name} did not write this message.")
    text = body.text("text")
    if not body.flag("raw"):
        text = typed_text(hub.workspace, text)
    changes = {"text": text, "blocks": rich_text(text)}
    messages.edit(hub, channel, message, user.id, changes)
    return message_answer(hub, message)


@on_post("delete")
def delete(hub: Hub, body: Body) -> None:
    """Deletes a message: one's own, or any as an admin; or hides an ephemeral one."""
    user, channel, message = find_message(hub, body)
    if message.ephemeral_to:
        del channel.ephemerals[message.ts]
        hub.changed()
        return
    if message.user != user.id and not user.is_admin:
        raise ControlError(f"{user.name} did not write this message and is no admin.")
    messages.delete(hub, channel, message)


@on_post("react")
def react(hub: Hub, body: Body) -> None:
    """Adds a reaction."""
    user, channel, message = find_message(hub, body)
    reactions.add(hub, channel, message, user.id, body.text("name").strip(":"))


@on_post("unreact")
def unreact(hub: Hub, body: Body) -> None:
    """Removes a reaction."""
    user, channel, message = find_message(hub, body)
    reactions.remove(hub, channel, message, user.id, body.text("name").strip(":"))
