"""apps.connections.open and files.*."""

from __future__ import annotations

import secrets
from typing import Any

from playground.actions import messages
from playground.errors import SlackError
from playground.hub import Hub
from playground.web_api.arguments import Arguments
from playground.web_api.methods.registry import method
from playground.workspace.models import BOT_USER_ID, File
from playground.workspace.shapes import file_json

Json = dict[str, Any]


@method("apps.connections.open", token="app")
def connections_open(hub: Hub, arguments: Arguments) -> Json:
    """The address of a websocket, good for one connection."""
    if not hub.sockets.link_enabled:
        raise SlackError("socket_mode_not_enabled")
    address = hub.app_url.replace("http://", "ws://", 1)
    return {"url": f"{address}/socket-mode/?ticket={hub.sockets.new_ticket()}&app_id=playground"}


@method("files.getUploadURLExternal", scopes=("files:write",))
def upload_url(hub: Hub, arguments: Arguments) -> Json:
    """Where to send a file's bytes."""
    name = arguments.required("filename")
    length = arguments.integer("length", 0)
    if length <= 0:
        raise SlackError("invalid_arguments")
    file = File(hub.workspace.next_id("F"), name, length, BOT_USER_ID)
    hub.workspace.files[file.id] = file
    secret = secrets.token_hex(8)
    return {"upload_url": f"{hub.app_url}/upload/v1/{file.id}/{secret}", "file_id": file.id}


@method("files.completeUploadExternal", scopes=("files:write",))
def complete_upload(hub: Hub, arguments: Arguments) -> Json:
    """Shares uploaded files, with a message in a channel if one is named."""
    wanted = arguments.decoded("files", "invalid_arguments")
    if not isinstance(wanted, list) or not wanted:
        raise SlackError("invalid_arguments")
    files: list[File] = []
    for entry in wanted:
        file = hub.workspace.files.get(entry.get("id", "") if isinstance(entry, dict) else "")
        if file is None or file.content is None:
            raise SlackError("file_not_found")
        file.title = str(entry.get("title") or file.name)
        files.append(file)
    names = arguments.names("channels") or arguments.names("channel_id")
    channels = []
    for name in names:
        channel = hub.workspace.channels.get(name)
        if channel is None:
            raise SlackError("channel_not_found")
        if BOT_USER_ID not in channel.members:
            raise SlackError("not_in_channel")
        channels.append(channel)
    for channel in channels:
        message = messages.bot_message(
            hub,
            channel,
            arguments.text("initial_comment") or "",
            thread_ts=arguments.text("thread_ts"),
            files=[file_json(file) for file in files],
            subtype="file_share",
        )
        messages.post(hub, message)
    return {"files": [file_json(file) | {"channels": names} for file in files]}
