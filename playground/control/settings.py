"""The workspace's settings: how it delivers, what the app may do, what goes wrong all the time."""

from __future__ import annotations

from typing import Any, cast, get_args

from playground.control.body import Body
from playground.control.registry import on_post
from playground.errors import ControlError
from playground.faults import TokenRefusal
from playground.hub import Hub

Json = dict[str, Any]


@on_post("settings")
async def settings(hub: Hub, body: Body) -> Json:
    """Changes settings; those that are not named stay."""
    values = body.values
    known = {
        "ack_timeout",
        "retry_delays",
        "trigger_seconds",
        "subscriptions",
        "scopes",
        "delivery",
        "url",
        "verify",
        "refuse_tokens",
        "delivery_delay",
        "duplicate_deliveries",
        "posts_per_second",
    }
    if set(values) - known:
        raise ControlError(f"Unknown settings: {sorted(set(values) - known)}.")
    if "ack_timeout" in values:
        hub.delivery_settings.ack_timeout = body.number("ack_timeout", 3)
    if "retry_delays" in values:
        hub.delivery_settings.retry_delays = _seconds(values["retry_delays"])
    if "trigger_seconds" in values:
        hub.workspace.trigger_seconds = body.number("trigger_seconds", 3)
    if "subscriptions" in values:
        hub.app.subscriptions = frozenset(body.strings("subscriptions"))
    if "scopes" in values:
        scopes = None if values["scopes"] is None else frozenset(body.strings("scopes"))
        hub.app.scopes = scopes
    if "refuse_tokens" in values:
        refusal = body.maybe("refuse_tokens")
        if refusal is not None and refusal not in get_args(TokenRefusal):
            raise ControlError(f"'refuse_tokens' is one of {get_args(TokenRefusal)}.")
        hub.faults.refuse_tokens = cast(TokenRefusal | None, refusal)
    if "delivery_delay" in values:
        hub.faults.delivery_delay = body.number("delivery_delay", 0)
    if "duplicate_deliveries" in values:
        hub.faults.duplicate_deliveries = body.flag("duplicate_deliveries")
    if "posts_per_second" in values:
        rate = None if values["posts_per_second"] is None else body.number("posts_per_second", 1)
        hub.faults.posts_per_second = rate or None
    if "delivery" in values:
        await _deliver_by(hub, body)
    hub.changed()
    return {}


async def _deliver_by(hub: Hub, body: Body) -> None:
    mode = body.text("delivery")
    if mode == "socket":
        hub.dispatcher.transport = hub.sockets
    elif mode == "http":
        hub.http.url = body.text("url")
        if body.flag("verify", True):
            complaint = await hub.http.verify(hub.delivery_settings.ack_timeout)
            if complaint:
                raise ControlError(f"Delivery stays as it was: {complaint}.")
        hub.dispatcher.transport = hub.http
    else:
        raise ControlError("'delivery' is 'socket' or 'http'.")


def _seconds(value: Any) -> tuple[float, ...]:
    if not isinstance(value, list) or not all(isinstance(v, int | float) for v in value):
        raise ControlError("'retry_delays' has to be a list of seconds.")
    return tuple(float(entry) for entry in value)
