"""Clicks, modals, commands, shortcuts and tabs."""

from __future__ import annotations

from typing import Any

from playground.actions import app_home, commands, elements, modals
from playground.actions.elements import Pick
from playground.control.answers import delivery_answer, message_answer
from playground.control.body import Body
from playground.control.lookup import find_channel, find_message, find_user, find_view
from playground.control.registry import on_post
from playground.delivery.dispatcher import Delivery
from playground.errors import ControlError
from playground.hub import Hub

Json = dict[str, Any]


@on_post("act")
async def act(hub: Hub, body: Body) -> Json:
    """Clicks or chooses in a message (`channel`, `ts`) or in a view (`view`)."""
    pick = Pick(body.text("action_id"), body.maybe("block_id"), body.values.get("value"))
    view_id = body.maybe("view")
    if view_id is not None:
        user, view = find_view(hub, view_id)
        delivery = elements.act_on_view(hub, user, view, pick)
    else:
        user, channel, message = find_message(hub, body)
        delivery = elements.act_on_message(hub, user, channel, message, pick)
    return await _settled(delivery, body)


async def _settled(delivery: Delivery, body: Body) -> Json:
    if body.flag("wait", True):
        await delivery.done.wait()
    return delivery_answer(delivery)


@on_post("suggest")
async def suggest(hub: Hub, body: Body) -> Json:
    """Types into an external_select of a view or a message; what the app offers."""
    action_id, typed = body.text("action_id"), body.maybe("value") or ""
    view_id = body.maybe("view")
    if view_id is not None:
        user, view = find_view(hub, view_id)
        _, options = await elements.suggest(hub, user, action_id, typed, view=view)
    else:
        user, channel, message = find_message(hub, body)
        _, options = await elements.suggest(hub, user, action_id, typed, place=(channel, message))
    return {"options": options}


@on_post("view/submit")
async def submit_view(hub: Hub, body: Body) -> Json:
    """Submits a modal and waits for the app's answer."""
    user, view = find_view(hub, body.text("view"))
    values = body.values.get("values", {})
    if not isinstance(values, dict):
        raise ControlError("'values' has to be an object.")
    delivery = await modals.submit_view(hub, user, view, values)
    return delivery_answer(delivery) | {"errors": view.errors}


@on_post("view/close")
def close_view(hub: Hub, body: Body) -> Json:
    """Closes a modal."""
    user, view = find_view(hub, body.text("view"))
    delivery = modals.close_view(hub, user, view, clear=body.flag("clear"))
    return delivery_answer(delivery) if delivery else {}


@on_post("command")
async def command(hub: Hub, body: Body) -> Json:
    """Types a slash command and waits for its acknowledgement."""
    user, channel = find_user(hub, body.text("user")), find_channel(hub, body.text("channel"))
    command = "/" + body.text("command").removeprefix("/")
    text = body.maybe("text") or ""
    delivery = await commands.run_command(hub, user, channel, command, text)
    return delivery_answer(delivery)


@on_post("shortcut")
async def shortcut(hub: Hub, body: Body) -> Json:
    """Runs a global shortcut, or one on a message (`channel`, `ts`)."""
    callback_id = body.text("callback_id")
    if body.maybe("ts"):
        user, channel, message = find_message(hub, body)
        delivery = commands.run_shortcut(hub, user, callback_id, channel, message)
    else:
        user = find_user(hub, body.text("user"))
        delivery = commands.run_shortcut(hub, user, callback_id)
    return await _settled(delivery, body)


@on_post("home")
def home(hub: Hub, body: Body) -> None:
    """Opens the app's home (or its messages tab)."""
    user = find_user(hub, body.text("user"))
    app_home.open_home(hub, user, body.maybe("tab") or "home")


@on_post("assistant")
def assistant(hub: Hub, body: Body) -> Json:
    """Starts a thread in the assistant container."""
    user = find_user(hub, body.text("user"))
    root = app_home.start_assistant_thread(hub, user, body.maybe("context_channel"))
    return message_answer(hub, root)
