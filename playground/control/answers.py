"""The JSON in which the control API shows things."""

from __future__ import annotations

import copy
from typing import Any

from playground.delivery.dispatcher import Delivery
from playground.hub import Call, Hub
from playground.workspace.models import Channel, Message, View
from playground.workspace.shapes import message_json, view_json

Json = dict[str, Any]


def channel_answer(channel: Channel) -> Json:
    """A channel or a direct message."""
    return {
        "id": channel.id,
        "name": channel.name,
        "kind": channel.kind,
        "members": list(channel.members),
        "user": channel.im_user,
        "is_archived": channel.archived,
    }


def message_answer(hub: Hub, message: Message, viewer: str | None = None) -> Json:
    """A message, with what `viewer` has picked in it."""
    shown = message_json(hub.workspace, message, include_metadata=True)
    shown["channel"] = message.channel
    if message.ephemeral_to:
        shown["ephemeral_to"] = message.ephemeral_to
    if viewer and message.picks.get(viewer):
        shown["picks"] = message.picks[viewer]
    return shown


def view_answer(view: View) -> Json:
    """A view, with the complaints of the app."""
    return view_json(view) | {"errors": view.errors, "user": view.user}


def call_answer(call: Call) -> Json:
    """A logged call."""
    return {
        "number": call.number,
        "method": call.method,
        "arguments": call.arguments,
        "received_at": call.received_at,
        "ok": call.ok,
        "error": call.error,
        "status": call.status,
        "seconds": call.seconds,
        "response": call.response,
    }


def delivery_answer(delivery: Delivery) -> Json:
    """A recorded delivery; the app's tokens are not part of it."""
    payload = copy.copy(delivery.payload)
    payload.pop("token", None)
    return {
        "id": delivery.id,
        "kind": delivery.kind,
        "label": delivery.label,
        "payload": payload,
        "state": delivery.state,
        "response": delivery.response,
        "seconds": delivery.seconds,
        "created_at": delivery.created_at,
        "attempts": [
            {
                "number": attempt.number,
                "reason": attempt.reason,
                "started_at": attempt.started_at,
                "acked_at": attempt.acked_at,
                "error": attempt.error,
                "connection": attempt.connection,
            }
            for attempt in delivery.attempts
        ],
    }
