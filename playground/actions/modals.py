"""Submitting and closing a modal: ``view_submission`` and ``view_closed``."""

from __future__ import annotations

import copy
from typing import Any

from playground.actions.payloads import interaction
from playground.actions.views import close_modals, close_top, read_view, replace_view, show_modal
from playground.block_kit.forms import (
    element_state,
    find_element,
    missing_inputs,
)
from playground.delivery.dispatcher import Delivery
from playground.errors import ControlError, SlackError
from playground.hub import Hub
from playground.workspace.models import User, View
from playground.workspace.shapes import view_json

Json = dict[str, Any]


def fill_view(view: View, values: Json) -> None:
    """Puts values into a view's inputs: by action id, or by block id and action id."""
    for name, value in values.items():
        inner = value if isinstance(value, dict) and name in view.state else {name: value}
        block_id = name if inner is value else None
        for action_id, entry in inner.items():
            block, element = find_element(view.payload["blocks"], action_id, block_id)
            view.state.setdefault(block["block_id"], {})[action_id] = element_state(element, entry)


async def submit_view(hub: Hub, user: User, view: View, values: Json) -> Delivery:
    """Submits a modal, and does what the app answers."""
    fill_view(view, values)
    missing = missing_inputs(view.payload["blocks"], view.state)
    if missing:
        raise ControlError(f"Required inputs are empty: {missing}.")
    view.errors = {}
    payload = interaction(hub, "view_submission", user, view.id) | {
        "view": copy.deepcopy(view_json(view)),
        "response_urls": [],
    }
    label = f"view_submission {view.payload.get('callback_id', '')}"
    delivery = hub.interact("interactive", label, payload)
    await delivery.done.wait()
    if delivery.state == "acked":
        _answer_submission(hub, user, view, delivery.response)
    else:
        view.errors = {"": "We had some trouble connecting. Try again?"}
    hub.changed()
    return delivery


def _answer_submission(hub: Hub, user: User, view: View, answer: Json | None) -> None:
    answer = answer or {}
    action = answer.get("response_action")
    try:
        if action == "errors":
            view.errors = dict(answer.get("errors") or {})
        elif action == "update":
            replace_view(hub, view, read_view(hub, answer.get("view")))
        elif action == "push":
            show_modal(hub, user.id, read_view(hub, answer.get("view")), push=True)
        elif action == "clear":
            close_modals(hub, user.id)
        else:
            close_top(hub, user.id)
    except SlackError as error:
        faults = error.extra.get("errors") or [error.code]
        view.errors = {"": f"The app answered with a view that Slack refuses: {faults[0]}"}


def close_view(hub: Hub, user: User, view: View, *, clear: bool = False) -> Delivery | None:
    """Closes a modal; the app hears of it if it asked to."""
    shown = view_json(view)
    if clear or view.payload.get("clear_on_close"):
        close_modals(hub, user.id)
    else:
        close_top(hub, user.id)
    if not view.payload.get("notify_on_close"):
        return None
    payload = interaction(hub, "view_closed", user) | {"view": shown, "is_cleared": clear}
    payload.pop("trigger_id")
    return hub.interact("interactive", f"view_closed {shown['callback_id']}", payload)
