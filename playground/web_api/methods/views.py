"""views.*: modals and home tabs."""

from __future__ import annotations

from typing import Any

from playground.actions.views import new_view, read_view, replace_view, show_modal
from playground.errors import SlackError
from playground.hub import Hub
from playground.web_api.arguments import Arguments
from playground.web_api.methods.registry import method
from playground.workspace.shapes import view_json

Json = dict[str, Any]


@method("views.open")
def open_view(hub: Hub, arguments: Arguments) -> Json:
    """Opens a modal in answer to an interaction."""
    trigger_id = arguments.required("trigger_id")
    payload = read_view(hub, arguments.decoded("view", "invalid_arguments"))
    trigger = hub.workspace.use_trigger(trigger_id)
    return {"view": view_json(show_modal(hub, trigger.user, payload, push=False))}


@method("views.push")
def push_view(hub: Hub, arguments: Arguments) -> Json:
    """Puts a modal on top of the one that was acted on."""
    trigger_id = arguments.required("trigger_id")
    payload = read_view(hub, arguments.decoded("view", "invalid_arguments"))
    trigger = hub.workspace.use_trigger(trigger_id)
    if trigger.view_id not in hub.workspace.views:
        raise SlackError("invalid_trigger_id")
    return {"view": view_json(show_modal(hub, trigger.user, payload, push=True))}


@method("views.update")
def update_view(hub: Hub, arguments: Arguments) -> Json:
    """Changes a view."""
    payload = read_view(hub, arguments.decoded("view", "invalid_arguments"))
    view_id, external_id = arguments.text("view_id"), arguments.text("external_id")
    view = hub.workspace.views.get(view_id or "")
    if view is None and external_id:
        view = next(
            (
                v
                for v in hub.workspace.views.values()
                if v.payload.get("external_id") == external_id
            ),
            None,
        )
    if view is None:
        raise SlackError("not_found")
    expected = arguments.text("hash")
    if expected and expected != view.hash:
        raise SlackError("hash_conflict")
    replace_view(hub, view, payload)
    return {"view": view_json(view)}


@method("views.publish")
def publish_view(hub: Hub, arguments: Arguments) -> Json:
    """Shows a home tab to a person."""
    user = arguments.required("user_id")
    if user not in hub.workspace.users:
        raise SlackError("user_not_found")
    payload = read_view(hub, arguments.decoded("view", "invalid_arguments"))
    if payload["type"] != "home":
        raise SlackError("invalid_arguments")
    workspace = hub.workspace
    old = workspace.views.get(workspace.homes.get(user, ""))
    if old is None:
        old = new_view(hub, user, payload, None)
        workspace.homes[user] = old.id
        hub.changed()
    else:
        expected = arguments.text("hash")
        if expected and expected != old.hash:
            raise SlackError("hash_conflict")
        replace_view(hub, old, payload)
    return {"view": view_json(old)}
