"""Making things go wrong, and well again."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, cast, get_args

from playground.control.body import Body
from playground.control.registry import on_post
from playground.delivery.socket_mode import DisconnectReason
from playground.errors import ControlError
from playground.faults import CallFault
from playground.hub import Hub
from playground.web_api.methods.registry import METHODS

Json = dict[str, Any]


@on_post("faults")
def add_fault(hub: Hub, body: Body) -> Json:
    """Makes calls of a method go wrong."""
    names = {field.name for field in fields(CallFault)} - {"id"}
    unknown = set(body.values) - names
    if unknown:
        raise ControlError(f"Unknown fault settings: {sorted(unknown)}.")
    method = body.text("method")
    if method not in (*METHODS, "response_url") and not any(sign in method for sign in "*?["):
        raise ControlError(f"There is no method {method!r}.")
    status = body.values.get("status")
    if status is not None and (not isinstance(status, int) or not 400 <= status <= 599):
        raise ControlError("'status' has to be an HTTP error status.")
    fault = CallFault(
        id=0,
        method=method,
        times=int(body.number("times", 1)),
        status=status,
        retry_after=int(body.number("retry_after", 1)),
        error=body.maybe("error"),
        delay=body.number("delay", 0),
        drop=body.flag("drop"),
        after=body.flag("after"),
    )
    return {"id": hub.faults.add(fault).id}


@on_post("faults/clear")
def clear_faults(hub: Hub, body: Body) -> None:
    """Makes everything work again."""
    hub.faults.clear()
    hub.sockets.play_dead(False)
    hub.sockets.link_enabled = True
    hub.changed()


@on_post("sockets")
async def sockets(hub: Hub, body: Body) -> Json:
    """Does something to the open websockets: disconnect, drop, die or revive."""
    sockets, action = hub.sockets, body.text("action")
    if action == "disconnect":
        reason = body.maybe("reason") or "refresh_requested"
        if reason not in get_args(DisconnectReason):
            raise ControlError(f"'reason' is one of {get_args(DisconnectReason)}.")
        count = await sockets.disconnect(
            cast(DisconnectReason, reason), body.number("close_after", 10)
        )
    elif action == "drop":
        count = sockets.drop()
    elif action in ("die", "revive"):
        count = sockets.play_dead(action == "die")
    else:
        raise ControlError("'action' is 'disconnect', 'drop', 'die' or 'revive'.")
    return {"connections": count}
