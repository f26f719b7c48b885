"""The table of Web API methods: how each is called and which scope it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from playground.errors import SlackError
from playground.hub import Hub
from playground.web_api.arguments import Arguments
from playground.workspace.models import BOT_USER_ID, Channel

Json = dict[str, Any]
Handler = Callable[[Hub, Arguments], Json]
TokenKind = Literal["bot", "app"]


@dataclass(frozen=True)
class Method:
    """One Web API method."""

    name: str
    handler: Handler
    token: TokenKind = "bot"
    # Any one of these will do.
    scopes: tuple[str, ...] = ()


METHODS: dict[str, Method] = {}

# The scopes of an app that was not restricted. chat:write.public is left out on purpose:
# most bots have to be members of the channels they post in.
DEFAULT_SCOPES = frozenset(
    {
        "app_mentions:read",
        "assistant:write",
        "channels:history",
        "channels:join",
        "channels:read",
        "chat:write",
        "chat:write.customize",
        "commands",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "metadata.message:read",
        "reactions:read",
        "reactions:write",
        "usergroups:read",
        "users:read",
        "users:read.email",
    }
)


def method(
    name: str, *, scopes: tuple[str, ...] = (), token: TokenKind = "bot"
) -> Callable[[Handler], Handler]:
    """Registers a function as a Web API method."""

    def register(handler: Handler) -> Handler:
        METHODS[name] = Method(name, handler, token, scopes)
        return handler

    return register


def granted(hub: Hub) -> frozenset[str]:
    """The scopes the app has."""
    return DEFAULT_SCOPES if hub.app.scopes is None else hub.app.scopes


def need_scope(hub: Hub, needed: tuple[str, ...]) -> None:
    """Raises ``missing_scope`` unless the app has one of these."""
    scopes = granted(hub)
    if needed and not scopes.intersection(needed):
        raise SlackError(
            "missing_scope", needed=",".join(needed), provided=",".join(sorted(scopes))
        )


def visible_channel(hub: Hub, arguments: Arguments, name: str = "channel") -> Channel:
    """The channel that a call names, if the bot may know of it."""
    value = arguments.text(name)
    channel = hub.workspace.channels.get(value) if value else None
    hidden = channel is not None and channel.kind != "public"
    if channel is None or (hidden and BOT_USER_ID not in channel.members):
        raise SlackError("channel_not_found")
    return channel


def joined_channel(hub: Hub, arguments: Arguments) -> Channel:
    """The channel that a call names, if the bot is a member."""
    channel = visible_channel(hub, arguments)
    if BOT_USER_ID not in channel.members:
        raise SlackError("not_in_channel")
    return channel
