"""The table of control calls: which function answers which path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from playground.control.body import Body
from playground.hub import Hub

Json = dict[str, Any]
Query = Mapping[str, str]
# None is answered as an empty object.
Answer = Json | None
PostHandler = Callable[[Hub, Body], Answer | Awaitable[Answer]]
GetHandler = Callable[[Hub, Query], Answer | Awaitable[Answer]]

POSTS: dict[str, PostHandler] = {}
GETS: dict[str, GetHandler] = {}


def on_post(path: str) -> Callable[[PostHandler], PostHandler]:
    """Registers a function that answers ``POST /control/<path>``."""

    def register(handler: PostHandler) -> PostHandler:
        POSTS[path] = handler
        return handler

    return register


def on_get(path: str) -> Callable[[GetHandler], GetHandler]:
    """Registers a function that answers ``GET /control/<path>``."""

    def register(handler: GetHandler) -> GetHandler:
        GETS[path] = handler
        return handler

    return register
