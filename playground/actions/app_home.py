"""The app's home and the assistant container."""

from __future__ import annotations

import copy
from typing import Any

from playground.actions import messages
from playground.delivery.dispatcher import Delivery
from playground.hub import Hub
from playground.workspace.models import TEAM_ID, AssistantThread, Message, User
from playground.workspace.shapes import view_json

Json = dict[str, Any]


def open_home(hub: Hub, user: User, tab: str) -> Delivery | None:
    """Opens the app's home or messages tab."""
    channel, _ = hub.workspace.open_dm(user.id)
    event: Json = {
        "type": "app_home_opened",
        "user": user.id,
        "channel": channel.id,
        "tab": tab,
        "event_ts": hub.workspace.next_ts(),
    }
    home = hub.workspace.views.get(hub.workspace.homes.get(user.id, ""))
    if tab == "home" and home is not None:
        event["view"] = copy.deepcopy(view_json(home))
    hub.changed()
    return hub.emit("app_home_opened", event)


def start_assistant_thread(hub: Hub, user: User, context_channel: str | None) -> Message:
    """Opens the assistant container: a fresh thread in the direct message."""
    channel, _ = hub.workspace.open_dm(user.id)
    root = messages.bot_message(
        hub, channel, "New Assistant Thread", subtype="assistant_app_thread"
    )
    messages.post(hub, root)
    hub.workspace.assistant_threads[(channel.id, root.ts)] = AssistantThread()
    context: Json = {"team_id": TEAM_ID, "enterprise_id": None}
    if context_channel:
        context["channel_id"] = context_channel
    hub.emit(
        "assistant_thread_started",
        {
            "type": "assistant_thread_started",
            "assistant_thread": {
                "user_id": user.id,
                "context": context,
                "channel_id": channel.id,
                "thread_ts": root.ts,
            },
            "event_ts": hub.workspace.next_ts(),
        },
    )
    return root
