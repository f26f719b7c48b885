"""The views a person has open: modals in a stack, and a home tab."""

from __future__ import annotations

import copy
import secrets
from typing import Any

from playground.block_kit.checks import check_view
from playground.block_kit.forms import initial_state
from playground.block_kit.interactive import fill_ids
from playground.errors import SlackError
from playground.hub import Hub
from playground.workspace.models import View

Json = dict[str, Any]
MAX_STACK = 3


def read_view(hub: Hub, value: Any) -> Json:
    """A checked view payload with ids filled in."""
    check_view(value)
    payload: Json = copy.deepcopy(value)
    fill_ids(payload["blocks"], lambda: hub.workspace.next_id("b"))
    return payload


def new_view(hub: Hub, user: str, payload: Json, below: View | None) -> View:
    """Stores a view on top of another one, or as the first."""
    workspace = hub.workspace
    external_id = payload.get("external_id")
    if external_id and any(
        view.payload.get("external_id") == external_id for view in workspace.views.values()
    ):
        raise SlackError("duplicate_external_id")
    view_id = workspace.next_id("V")
    view = View(
        id=view_id,
        user=user,
        payload=payload,
        root_view_id=below.root_view_id if below else view_id,
        hash=_hash(hub),
        previous_view_id=below.id if below else None,
        state=initial_state(payload["blocks"]),
    )
    workspace.views[view_id] = view
    return view


def replace_view(hub: Hub, view: View, payload: Json) -> None:
    """Gives a view another content; what was typed into blocks that stay is kept."""
    kept = view.state
    view.payload = payload
    view.state = initial_state(payload["blocks"])
    for block_id, values in view.state.items():
        for action_id in values:
            old = kept.get(block_id, {}).get(action_id)
            if old is not None and old.get("type") == values[action_id].get("type"):
                values[action_id] = old
    view.errors = {}
    view.hash = _hash(hub)
    hub.changed()


def show_modal(hub: Hub, user: str, payload: Json, *, push: bool) -> View:
    """Opens a modal, on top of those that are open or instead of them."""
    if payload["type"] != "modal":
        raise SlackError("invalid_arguments")
    workspace = hub.workspace
    stack = workspace.open_modals(user)
    if push and len(stack) >= MAX_STACK:
        raise SlackError("push_limit_reached")
    if not push:
        close_modals(hub, user)
        stack = []
    view = new_view(hub, user, payload, stack[-1] if stack else None)
    workspace.modals.setdefault(user, []).append(view.id)
    hub.changed()
    return view


def close_modals(hub: Hub, user: str) -> None:
    """Closes all modals of a person."""
    for view_id in hub.workspace.modals.pop(user, []):
        hub.workspace.views.pop(view_id, None)
    hub.changed()


def close_top(hub: Hub, user: str) -> None:
    """Closes the modal on top."""
    stack = hub.workspace.modals.get(user, [])
    if stack:
        hub.workspace.views.pop(stack.pop(), None)
    hub.changed()


def _hash(hub: Hub) -> str:
    return f"{int(hub.clock())}.{secrets.token_hex(4)}"
