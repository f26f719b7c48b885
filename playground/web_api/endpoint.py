"""The Web API endpoint: tokens, scopes, faults, and the answer as Slack words it."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

from aiohttp import web

from playground.errors import RateLimited, SlackError
from playground.faults import CallFault
from playground.hub import Call, Hub
from playground.web_api.arguments import Arguments, read_arguments
from playground.web_api.methods import apps, assistant, chat, conversations, people, views
from playground.web_api.methods.registry import METHODS, Method, granted, need_scope
from playground.workspace.models import APP_TOKEN, BOT_TOKEN

Json = dict[str, Any]

# Importing these modules fills the table of methods.
FAMILIES = (apps, assistant, chat, conversations, people, views)


class Dropped(Exception):
    """The connection is to be cut instead of answered."""


class WebApi:
    """Answers calls of ``/api/<method>``."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One call, from request to answer."""
        hub = self._hub
        name = request.match_info["method"]
        hub.app_host = request.host
        try:
            arguments, token = await read_arguments(request)
        except SlackError as error:
            call = hub.log_call(name, {})
            return self._answer(call, _refusal(error))
        call = hub.log_call(name, copy.deepcopy(arguments))
        hub.changed()
        fault = hub.faults.take(name)
        try:
            if fault is not None and not fault.after:
                response = await self._faulty(call, fault)
                if response is not None:
                    return response
            response = self._answer(call, self._run(name, Arguments(arguments), token))
            if fault is not None and fault.after:
                faulty = await self._faulty(call, fault)
                if faulty is not None:
                    return faulty
        except RateLimited as limited:
            return self._rate_limited(call, limited.retry_after)
        except Dropped:
            return self._drop(request, call)
        return response

    def _run(self, name: str, arguments: Arguments, token: str | None) -> Json:
        try:
            method = self._authorize(name, token)
            return {"ok": True} | method.handler(self._hub, arguments)
        except RateLimited:
            raise
        except SlackError as error:
            return _refusal(error)

    def _authorize(self, name: str, token: str | None) -> Method:
        method = METHODS.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        if token is None:
            raise SlackError("not_authed")
        if token not in (BOT_TOKEN, APP_TOKEN):
            raise SlackError("invalid_auth")
        if self._hub.faults.refuse_tokens is not None:
            raise SlackError(self._hub.faults.refuse_tokens)
        if token != (APP_TOKEN if method.token == "app" else BOT_TOKEN):
            raise SlackError("not_allowed_token_type")
        need_scope(self._hub, method.scopes)
        return method

    async def _faulty(self, call: Call, fault: CallFault) -> web.StreamResponse | None:
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.drop:
            raise Dropped
        if fault.status == 429:
            return self._rate_limited(call, fault.retry_after or 1)
        if fault.status is not None:
            call.ok, call.error, call.status = False, f"http_{fault.status}", fault.status
            self._finish(call)
            return web.Response(status=fault.status, text="upstream error (on request)")
        if fault.error:
            return self._answer(call, {"ok": False, "error": fault.error})
        return None

    def _rate_limited(self, call: Call, retry_after: int) -> web.Response:
        body = {"ok": False, "error": "ratelimited"}
        response = self._answer(call, body, status=429)
        response.headers["Retry-After"] = str(retry_after)
        return response

    def _answer(self, call: Call, body: Json, status: int = 200) -> web.Response:
        call.ok, call.error, call.status = body["ok"], body.get("error"), status
        call.response = body
        self._finish(call)
        response = web.json_response(body, status=status)
        response.headers["x-oauth-scopes"] = ",".join(sorted(granted(self._hub)))
        return response

    def _drop(self, request: web.Request, call: Call) -> web.Response:
        call.ok, call.error, call.status = False, "dropped", None
        self._finish(call)
        if request.transport is not None:
            request.transport.abort()
        # Never sent: the connection is gone.
        return web.Response(status=500)

    def _finish(self, call: Call) -> None:
        call.seconds = self._hub.clock() - call.received_at
        self._hub.changed()

    async def upload(self, request: web.Request) -> web.Response:
        """Takes the bytes of a file, raw or as the first part of a form."""
        file = self._hub.workspace.files.get(request.match_info["file"])
        if file is None:
            return web.Response(status=404, text="no such upload")
        if request.content_type == "multipart/form-data":
            form = await request.post()
            parts = [value for value in form.values() if isinstance(value, web.FileField)]
            content = parts[0].file.read() if parts else b""
        else:
            content = await request.read()
        file.content = content
        file.length = len(content)
        return web.Response(text=f"OK - {len(content)}")


def _refusal(error: SlackError) -> Json:
    return {"ok": False, "error": error.code} | error.extra
