"""Clicks and choices in messages and views: ``block_actions`` and ``block_suggestion``."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from playground.actions.payloads import interaction, response_url, shown_channel
from playground.block_kit.forms import (
    VALUE_FIELDS,
    State,
    element_state,
    find_element,
    initial_state,
    options_of,
)
from playground.delivery.dispatcher import Delivery
from playground.errors import ControlError
from playground.hub import Hub
from playground.workspace.models import Channel, Message, User, View
from playground.workspace.shapes import message_json, view_json

Json = dict[str, Any]


@dataclass(frozen=True)
class Pick:
    """What is acted on: an element by its action id, and the value given to it."""

    action_id: str
    block_id: str | None = None
    value: Any = None


def _act(blocks: list[Json], state: State, pick: Pick, ts: str) -> Json:
    """Applies a pick to the state; the entry for the payload's ``actions``."""
    block, element = find_element(blocks, pick.action_id, pick.block_id)
    kind = element["type"]
    action: Json = {
        "type": kind,
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": ts,
    }
    if kind in VALUE_FIELDS:
        picked = element_state(element, pick.value)
        state.setdefault(block["block_id"], {})[element["action_id"]] = picked
        return action | picked | _placeholder(element)
    if kind == "overflow":
        options = {option["value"]: option for option in element["options"]}
        if pick.value not in options:
            raise ControlError(f"There is no option {pick.value!r}, only {list(options)}.")
        return action | {"selected_option": options[pick.value]}
    if kind == "feedback_buttons":
        return action | _feedback(element, pick.value)
    for name in ("text", "value", "style", "url"):
        if name in element:
            action[name] = element[name]
    return action


def _placeholder(element: Json) -> Json:
    return {"placeholder": element["placeholder"]} if "placeholder" in element else {}


def _feedback(element: Json, value: Any) -> Json:
    buttons = [element["positive_button"], element["negative_button"]]
    chosen = next((b for b in buttons if b["value"] == value), None)
    if chosen is None:
        known = [button["value"] for button in buttons]
        raise ControlError(f"There is no feedback {value!r}, only {known}.")
    return {"text": chosen["text"], "value": chosen["value"]}


def act_on_message(
    hub: Hub, user: User, channel: Channel, message: Message, pick: Pick
) -> Delivery:
    """A click or a choice in a message: ``block_actions``."""
    ephemeral = message.ephemeral_to is not None
    state = message.picks.setdefault(user.id, initial_state(message.blocks))
    action = _act(message.blocks, state, pick, hub.workspace.next_ts())
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": ephemeral,
    }
    if message.is_reply:
        container["thread_ts"] = message.thread_ts
    payload = interaction(hub, "block_actions", user) | {
        "container": container,
        "channel": shown_channel(channel),
        "state": {"values": copy.deepcopy(state)},
        "response_url": response_url(hub, channel, user, message),
        "actions": [action],
    }
    if not ephemeral:
        # Slack keeps no ephemeral messages, so it cannot send them along.
        payload["message"] = copy.deepcopy(message_json(hub.workspace, message))
    hub.changed()
    return hub.interact("interactive", f"block_actions {action['action_id']}", payload)


def act_on_view(hub: Hub, user: User, view: View, pick: Pick) -> Delivery:
    """A click or a choice in a modal or home tab: ``block_actions``."""
    action = _act(view.payload["blocks"], view.state, pick, hub.workspace.next_ts())
    payload = interaction(hub, "block_actions", user, view.id) | {
        "container": {"type": "view", "view_id": view.id},
        "view": copy.deepcopy(view_json(view)),
        "actions": [action],
    }
    hub.changed()
    return hub.interact("interactive", f"block_actions {action['action_id']}", payload)


async def suggest(
    hub: Hub,
    user: User,
    action_id: str,
    typed: str,
    *,
    view: View | None = None,
    place: tuple[Channel, Message] | None = None,
) -> tuple[Delivery, list[Json]]:
    """Types into an external_select: ``block_suggestion``, and the options the app offers."""
    payload = interaction(hub, "block_suggestion", user)
    payload.pop("trigger_id")
    if view is not None:
        blocks = view.payload["blocks"]
        payload |= {
            "container": {"type": "view", "view_id": view.id},
            "view": copy.deepcopy(view_json(view)),
        }
    elif place is not None:
        channel, message = place
        blocks = message.blocks
        payload |= {
            "container": {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": channel.id,
                "is_ephemeral": message.ephemeral_to is not None,
            },
            "channel": shown_channel(channel),
            "message": copy.deepcopy(message_json(hub.workspace, message)),
        }
    else:
        raise ControlError("Name a view or a message.")
    block, element = find_element(blocks, action_id, None)
    payload |= {
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "value": typed,
    }
    delivery = hub.interact("interactive", f"block_suggestion {action_id}", payload)
    await delivery.done.wait()
    return delivery, options_of(delivery.response or {})
