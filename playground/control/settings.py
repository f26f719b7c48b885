"""The workspace's settings: how it delivers, what the app may do, what goes wrong all the time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast, get_args

from playground.control.body import Body
from playground.control.registry import on_post
from playground.errors import ControlError
from playground.faults import TokenRefusal
from playground.hub import Hub

Json = dict[str, Any]
Setter = Callable[[Hub, Body], None]

# Applied in this order, whatever the order in the request.
SETTERS: dict[str, Setter] = {}
# The way to the app is changed last: its handshake takes a moment, and may fail.
DELIVERY = ("delivery", "url", "verify")


def setting(name: str) -> Callable[[Setter], Setter]:
    """Registers a function that applies a setting."""

    def register(setter: Setter) -> Setter:
        SETTERS[name] = setter
        return setter

    return register


@on_post("settings")
async def settings(hub: Hub, body: Body) -> Json:
    """Changes settings; those that are not named stay."""
    unknown = set(body.values) - SETTERS.keys() - set(DELIVERY)
    if unknown:
        raise ControlError(f"Unknown settings: {sorted(unknown)}.")
    for name, setter in SETTERS.items():
        if name in body.values:
            setter(hub, body)
    if "delivery" in body.values:
        await _deliver_by(hub, body)
    hub.changed()
    return {}


@setting("ack_timeout")
def _ack_timeout(hub: Hub, body: Body) -> None:
    hub.delivery_settings.ack_timeout = body.number("ack_timeout", 3)


@setting("retry_delays")
def _retry_delays(hub: Hub, body: Body) -> None:
    delays = body.values["retry_delays"]
    if not isinstance(delays, list) or not all(isinstance(v, int | float) for v in delays):
        raise ControlError("'retry_delays' has to be a list of seconds.")
    hub.delivery_settings.retry_delays = tuple(float(delay) for delay in delays)


@setting("trigger_seconds")
def _trigger_seconds(hub: Hub, body: Body) -> None:
    hub.workspace.trigger_seconds = body.number("trigger_seconds", 3)


@setting("subscriptions")
def _subscriptions(hub: Hub, body: Body) -> None:
    hub.app.subscriptions = frozenset(body.strings("subscriptions"))


@setting("scopes")
def _scopes(hub: Hub, body: Body) -> None:
    given = body.values["scopes"]
    hub.app.scopes = None if given is None else frozenset(body.strings("scopes"))


@setting("refuse_tokens")
def _refuse_tokens(hub: Hub, body: Body) -> None:
    refusal = body.maybe("refuse_tokens")
    if refusal is not None and refusal not in get_args(TokenRefusal):
        raise ControlError(f"'refuse_tokens' is one of {get_args(TokenRefusal)}.")
    hub.faults.refuse_tokens = cast(TokenRefusal | None, refusal)


@setting("delivery_delay")
def _delivery_delay(hub: Hub, body: Body) -> None:
    hub.faults.delivery_delay = body.number("delivery_delay", 0)


@setting("duplicate_deliveries")
def _duplicate_deliveries(hub: Hub, body: Body) -> None:
    hub.faults.duplicate_deliveries = body.flag("duplicate_deliveries")


@setting("posts_per_second")
def _posts_per_second(hub: Hub, body: Body) -> None:
    given = body.values["posts_per_second"]
    # 0 is no limit either.
    rate = None if given is None else body.number("posts_per_second", 1)
    hub.faults.posts_per_second = rate or None


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
