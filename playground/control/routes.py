"""The routes of the control API."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from playground.control import faults, interactions, messages, people, settings, watching
from playground.control.body import Body
from playground.control.registry import GETS, POSTS, Answer, GetHandler, PostHandler
from playground.errors import ControlError, SlackError
from playground.hub import Hub

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

STREAM_KEEPALIVE_SECONDS = 15.0

# Importing these modules fills the tables of calls.
FAMILIES = (faults, interactions, messages, people, settings, watching)


def routes(hub: Hub) -> list[web.RouteDef]:
    """All routes of the control API."""

    async def stream(request: web.Request) -> web.StreamResponse:
        return await _stream(hub, request)

    return [
        *(web.post(f"/control/{path}", _post(hub, answer)) for path, answer in POSTS.items()),
        *(web.get(f"/control/{path}", _get(hub, answer)) for path, answer in GETS.items()),
        web.get("/control/stream", stream),
    ]


def _post(hub: Hub, answer: PostHandler) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        # Asking for this type keeps forms of other sites out: they cannot send it.
        if request.content_type != "application/json":
            raise ControlError("Send JSON, with the content type application/json.", 415)
        try:
            values = json.loads(await request.read() or b"{}")
        except ValueError:
            raise ControlError("The body is not JSON.") from None
        if not isinstance(values, dict):
            raise ControlError("The body has to be a JSON object.")
        return await _respond(answer(hub, Body(values)))

    return handler


def _get(hub: Hub, answer: GetHandler) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        return await _respond(answer(hub, request.query))

    return handler


async def _respond(answer: Answer | Awaitable[Answer]) -> web.Response:
    body = await answer if inspect.isawaitable(answer) else answer
    return web.json_response({} if body is None else body)


async def _stream(hub: Hub, request: web.Request) -> web.StreamResponse:
    """Server-sent events: the revision, each time something changes."""
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    await response.prepare(request)
    seen = -1
    while not hub.closing.is_set():
        revision = await hub.wait_for_change(seen, STREAM_KEEPALIVE_SECONDS)
        try:
            if revision == seen:
                await response.write(b": still here\n\n")
            else:
                await response.write(b"data: %d\n\n" % revision)
        except ConnectionError:
            break
        seen = revision
    return response


def refusal(error: Exception) -> web.Response:
    """A control error as an answer."""
    if isinstance(error, ControlError):
        return web.json_response({"error": str(error)}, status=error.status)
    if isinstance(error, SlackError):
        return web.json_response({"error": f"Slack refuses this: {error.code}."}, status=400)
    raise error
