"""The JSON shapes in which Slack shows users, channels, messages and views."""

from __future__ import annotations

from typing import Any

from playground.workspace.models import (
    APP_ID,
    BOT_ID,
    BOT_USER_ID,
    TEAM_ID,
    Channel,
    File,
    Message,
    User,
    View,
)
from playground.workspace.state import Workspace

Json = dict[str, Any]


def user_json(user: User) -> Json:
    """A user object as users.info returns it."""
    return {
        "id": user.id,
        "team_id": user.team,
        "name": user.name,
        "deleted": False,
        "real_name": user.real_name,
        "tz": "Europe/London",
        "tz_label": "Greenwich Mean Time",
        "tz_offset": 0,
        "profile": {
            "real_name": user.real_name,
            "real_name_normalized": user.real_name,
            "display_name": user.name,
            "display_name_normalized": user.name,
            "email": f"{user.name}@playground.example",
            "team": user.team,
            **({"bot_id": BOT_ID, "api_app_id": APP_ID} if user.is_bot else {}),
        },
        "is_admin": user.is_admin,
        "is_owner": user.is_owner,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": 0,
    }


def channel_json(channel: Channel) -> Json:
    """A conversation object as conversations.info returns it to the bot."""
    base: Json = {
        "id": channel.id,
        "created": channel.created,
        "is_archived": channel.archived,
        "is_im": channel.kind == "im",
        "is_org_shared": False,
        "context_team_id": TEAM_ID,
        "updated": channel.created * 1000,
    }
    if channel.kind == "im":
        return base | {
            "user": channel.im_user,
            "is_user_deleted": False,
            "is_open": True,
            "priority": 0,
        }
    return base | {
        "name": channel.name,
        "name_normalized": channel.name,
        # Slack calls new private channels channels too, and marks them private.
        "is_channel": True,
        "is_group": False,
        "is_mpim": False,
        "is_private": channel.kind == "private",
        "is_general": False,
        "is_shared": bool(channel.shared_with),
        "is_ext_shared": bool(channel.shared_with),
        "is_pending_ext_shared": False,
        "is_member": BOT_USER_ID in channel.members,
        "creator": channel.creator,
        "unlinked": 0,
        "pending_shared": [],
        "previous_names": [],
        "shared_team_ids": [TEAM_ID, *channel.shared_with],
        **({"connected_team_ids": list(channel.shared_with)} if channel.shared_with else {}),
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "num_members": len(channel.members),
    }


def channel_type(channel: Channel) -> str:
    """The ``channel_type`` of message events."""
    return {"public": "channel", "private": "group", "im": "im"}[channel.kind]


def bot_profile(workspace: Workspace) -> Json:
    """The ``bot_profile`` that goes with the bot's messages."""
    return {
        "id": BOT_ID,
        "app_id": APP_ID,
        "user_id": BOT_USER_ID,
        "name": workspace.bot.name,
        "icons": {"image_36": "", "image_48": "", "image_72": ""},
        "deleted": False,
        "updated": 0,
        "team_id": TEAM_ID,
    }


def message_json(workspace: Workspace, message: Message, *, include_metadata: bool = False) -> Json:
    """A message as conversations.history shows it."""
    out: Json = {"type": "message"}
    if message.subtype:
        out["subtype"] = message.subtype
    if message.user is not None:
        out["user"] = message.user
    out["text"] = message.text
    out["ts"] = message.ts
    if message.client_msg_id:
        out["client_msg_id"] = message.client_msg_id
    if message.bot_id:
        out |= {"bot_id": message.bot_id, "app_id": APP_ID}
        if message.username:
            out["username"] = message.username
            if message.icons:
                out["icons"] = message.icons
        else:
            out["bot_profile"] = bot_profile(workspace)
    out["team"] = team = team_of(workspace, message.user)
    if team != TEAM_ID or workspace.channels[message.channel].shared_with:
        # Only where people of several workspaces meet.
        out |= {"user_team": team, "source_team": team}
    if message.blocks:
        out["blocks"] = message.blocks
    if message.attachments:
        out["attachments"] = message.attachments
    if message.files:
        out["files"] = message.files
        out["upload"] = False
    if message.edited:
        out["edited"] = message.edited
    if message.metadata is not None and include_metadata:
        out["metadata"] = message.metadata
    if message.streaming:
        out["streaming_state"] = "in_progress"
    if message.reactions:
        out["reactions"] = [
            {"name": name, "users": list(users), "count": len(users)}
            for name, users in message.reactions.items()
        ]
    out |= _thread_fields(workspace, message)
    return out


def team_of(workspace: Workspace, user_id: str | None) -> str:
    """The workspace that somebody belongs to."""
    user = workspace.users.get(user_id or "")
    return user.team if user else TEAM_ID


def _thread_fields(workspace: Workspace, message: Message) -> Json:
    if message.thread_ts is None:
        return {}
    channel = workspace.channels[message.channel]
    if message.is_reply:
        parent = channel.messages.get(message.thread_ts)
        fields: Json = {"thread_ts": message.thread_ts}
        if parent is not None and parent.user:
            fields["parent_user_id"] = parent.user
        return fields
    replies = channel.replies(message.ts)
    users = list(dict.fromkeys(r.user for r in replies if r.user))
    fields = {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "reply_users": users[:5],
        "is_locked": False,
        "subscribed": False,
    }
    if replies:
        fields["latest_reply"] = replies[-1].ts
    return fields


def view_json(view: View) -> Json:
    """A view object as views.open returns it and interactions carry it."""
    payload = view.payload
    return {
        "id": view.id,
        "team_id": TEAM_ID,
        "type": payload["type"],
        "title": payload.get("title"),
        "submit": payload.get("submit"),
        "close": payload.get("close"),
        "blocks": payload.get("blocks", []),
        "private_metadata": payload.get("private_metadata", ""),
        "callback_id": payload.get("callback_id", ""),
        "external_id": payload.get("external_id", ""),
        "state": {"values": view.state},
        "hash": view.hash,
        "clear_on_close": bool(payload.get("clear_on_close", False)),
        "notify_on_close": bool(payload.get("notify_on_close", False)),
        "root_view_id": view.root_view_id,
        "previous_view_id": view.previous_view_id,
        "app_id": APP_ID,
        "app_installed_team_id": TEAM_ID,
        "bot_id": BOT_ID,
        "external_url": "",
    }


def file_json(file: File) -> Json:
    """A file object, the parts a bot uses."""
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title or file.name,
        "size": file.length,
        "user": file.user,
        "mode": "hosted",
        "filetype": file.name.rpartition(".")[2] if "." in file.name else "text",
        "created": 0,
        "is_external": False,
    }
