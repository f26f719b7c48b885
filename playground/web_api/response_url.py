"""The response_url that goes with commands and interactions."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

from playground.actions import messages
from playground.errors import SlackError
from playground.faults import CallFault
from playground.hub import Hub
from playground.web_api.arguments import Arguments
from playground.web_api.methods.chat import read_content, read_metadata
from playground.workspace.models import BOT_USER_ID, Message, ResponseUrl
from playground.workspace.state import RESPONSE_URL_USES

Json = dict[str, Any]


async def handle(hub: Hub, request: web.Request) -> web.Response:
    """Answers an interaction: a new message, a changed one, or one taken away."""
    fault = hub.faults.take("response_url")
    if fault is not None and not fault.after:
        faulty = await _faulty(request, fault)
        if faulty is not None:
            return faulty
    response = await _respond(hub, request)
    if fault is not None and fault.after:
        return await _faulty(request, fault) or response
    return response


async def _faulty(request: web.Request, fault: CallFault) -> web.Response | None:
    if fault.delay:
        await asyncio.sleep(fault.delay)
    if fault.drop and request.transport is not None:
        request.transport.abort()
    if fault.status == 429:
        headers = {"Retry-After": str(fault.retry_after or 1)}
        return web.Response(status=429, text="ratelimited", headers=headers)
    if fault.status is not None or fault.error is not None or fault.drop:
        return web.Response(status=fault.status or 400, text=fault.error or "error (on request)")
    return None


async def _respond(hub: Hub, request: web.Request) -> web.Response:
    url = hub.workspace.response_urls.get(request.match_info["ticket"])
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError:
        return web.Response(status=400, text="invalid_payload")
    if not isinstance(body, dict):
        return web.Response(status=400, text="invalid_payload")
    call = hub.log_call("response_url", body)
    error, status = None, 200
    try:
        if url is None or hub.clock() > url.expires:
            error, status = "expired_url", 404
        elif url.uses >= RESPONSE_URL_USES:
            error, status = "used_url", 404
        else:
            url.uses += 1
            _apply(hub, url, Arguments(body))
    except SlackError as refused:
        error, status = refused.code, 500 if refused.code == "no_text" else 400
    call.ok, call.error, call.status = error is None, error, status
    call.seconds = hub.clock() - call.received_at
    hub.changed()
    if error:
        return web.json_response({"ok": False, "error": error}, status=status)
    return web.Response(text="ok")


def _apply(hub: Hub, url: ResponseUrl, arguments: Arguments) -> None:
    channel = hub.workspace.channels[url.channel]
    source = None
    if url.message_ts is not None:
        source = channel.ephemerals.get(url.message_ts) or channel.messages.get(url.message_ts)
    if arguments.flag("delete_original"):
        if source is None:
            raise SlackError("message_not_found")
        if source.ephemeral_to:
            del channel.ephemerals[source.ts]
            hub.changed()
        else:
            messages.delete(hub, channel, source)
        return
    if arguments.flag("replace_original") and source is not None:
        _replace(hub, source, arguments)
        return
    content = read_content(hub, arguments)
    message = messages.bot_message(
        hub,
        channel,
        **content,
        thread_ts=arguments.text("thread_ts"),
        metadata=read_metadata(arguments),
    )
    if arguments.text("response_type") != "in_channel":
        message.ephemeral_to = url.user
    messages.post(hub, message)


def _replace(hub: Hub, source: Message, arguments: Arguments) -> None:
    content = read_content(hub, arguments)
    channel = hub.workspace.channels[source.channel]
    messages.edit(hub, channel, source, BOT_USER_ID, content | {"picks": {}})
