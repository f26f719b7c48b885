"""Looking at the workspace, and waiting for it to change."""

from __future__ import annotations

from typing import Any

from playground.control.answers import (
    call_answer,
    channel_answer,
    delivery_answer,
    message_answer,
    view_answer,
)
from playground.control.body import Body
from playground.control.lookup import find_channel, find_user
from playground.control.registry import Query, on_get, on_post
from playground.errors import ControlError
from playground.hub import Hub
from playground.workspace.models import APP_ID, APP_TOKEN, BOT_ID, BOT_TOKEN, BOT_USER_ID, TEAM_ID
from playground.workspace.shapes import user_json

Json = dict[str, Any]

MAX_WAIT_SECONDS = 60.0


@on_get("workspace")
def workspace(hub: Hub, query: Query) -> Json:
    """Everything but messages: tokens, people, channels, connections."""
    return {
        "url": hub.base_url,
        "team_id": TEAM_ID,
        "app_id": APP_ID,
        "bot_id": BOT_ID,
        "bot_user_id": BOT_USER_ID,
        "bot_token": BOT_TOKEN,
        "app_token": APP_TOKEN,
        "signing_secret": hub.http.signing_secret,
        "users": [user_json(user) for user in hub.workspace.users.values()],
        "channels": [channel_answer(c) for c in hub.workspace.channels.values()],
        "usergroups": [
            {"id": g.id, "handle": g.handle, "users": g.users}
            for g in hub.workspace.usergroups.values()
        ],
        "connections": len(hub.sockets.connections),
        "delivery": "http" if hub.dispatcher.transport is hub.http else "socket",
        "pending_deliveries": hub.dispatcher.pending,
        "revision": hub.revision,
    }


@on_get("messages")
def messages(hub: Hub, query: Query) -> Json:
    """What a channel or a thread shows, oldest first; ephemeral ones of `user`, or of all."""
    channel = find_channel(hub, query.get("channel", ""))
    thread_ts, user = query.get("thread_ts"), query.get("user")
    viewer = find_user(hub, user).id if user else None
    if thread_ts:
        shown = [m for m in channel.messages.values() if thread_ts in (m.ts, m.thread_ts)]
    elif query.get("all"):
        shown = list(channel.messages.values())
    else:
        shown = channel.timeline()
    ephemerals = [
        m
        for m in channel.ephemerals.values()
        if viewer in (None, m.ephemeral_to) and (query.get("all") or m.thread_ts == thread_ts)
    ]
    ordered = sorted([*shown, *ephemerals], key=lambda message: message.ts)
    assistant = hub.workspace.assistant_threads.get((channel.id, thread_ts or ""))
    return {
        "messages": [message_answer(hub, message, viewer) for message in ordered],
        "assistant": {
            "status": assistant.status,
            "title": assistant.title,
            "prompts": assistant.prompts,
        }
        if assistant
        else None,
        "revision": hub.revision,
    }


@on_get("views")
def views(hub: Hub, query: Query) -> Json:
    """The modals a person has open, the top one last, and the home tab."""
    user = find_user(hub, query.get("user", ""))
    workspace = hub.workspace
    home = workspace.views.get(workspace.homes.get(user.id, ""))
    return {
        "modals": [view_answer(view) for view in workspace.open_modals(user.id)],
        "home": view_answer(home) if home else None,
        "revision": hub.revision,
    }


@on_get("calls")
def calls(hub: Hub, query: Query) -> Json:
    """The Web API calls received, oldest first."""
    method = query.get("method")
    calls = [c for c in hub.calls if method in (None, c.method)]
    return {"calls": [call_answer(call) for call in calls], "revision": hub.revision}


@on_get("deliveries")
def deliveries(hub: Hub, query: Query) -> Json:
    """The deliveries made, oldest first."""
    records = hub.dispatcher.records
    return {
        "deliveries": [delivery_answer(delivery) for delivery in records],
        "revision": hub.revision,
    }


@on_get("changes")
async def changes(hub: Hub, query: Query) -> Json:
    """Waits until the revision is above `after`, or for `timeout` seconds."""
    try:
        after = int(query.get("after", "0"))
        timeout = min(float(query.get("timeout", "10")), MAX_WAIT_SECONDS)
    except ValueError:
        raise ControlError("'after' and 'timeout' have to be numbers.") from None
    return {"revision": await hub.wait_for_change(after, timeout)}


@on_post("idle")
async def idle(hub: Hub, body: Body) -> Json:
    """Waits until nothing is on its way to the app, and `quiet` seconds passed since."""
    quiet = body.number("quiet", 0)
    deadline = hub.clock() + min(body.number("timeout", 10), MAX_WAIT_SECONDS)
    while True:
        revision, remaining = hub.revision, deadline - hub.clock()
        if not hub.dispatcher.pending:
            settled = quiet == 0
            if not settled and remaining > 0:
                pause = min(quiet, remaining)
                after = await hub.wait_for_change(revision, pause)
                settled = after == revision and pause == quiet
            if settled:
                return {"idle": True, "pending": []}
        elif remaining > 0:
            await hub.wait_for_change(revision, remaining)
        if hub.clock() >= deadline:
            pending = [d for d in hub.dispatcher.records if d.state == "pending"]
            return {"idle": False, "pending": [delivery_answer(d) for d in pending]}
