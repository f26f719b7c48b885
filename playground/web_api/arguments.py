"""Reading a Web API request: JSON, form or empty body, and the arguments in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from playground.errors import SlackError

Json = dict[str, Any]


async def read_arguments(request: web.Request) -> tuple[Json, str | None]:
    """The arguments of a call and its token, which may stand in the header or among them."""
    arguments: Json = dict(request.query)
    body = await request.read()
    content_type = request.content_type
    if body.strip():
        if content_type == "application/json":
            try:
                value = json.loads(body)
            except ValueError:
                raise SlackError("invalid_json") from None
            if not isinstance(value, dict):
                raise SlackError("json_not_object")
            arguments |= value
        elif content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
            form = await request.post()
            arguments |= {name: value for name, value in form.items() if isinstance(value, str)}
        else:
            raise SlackError("invalid_post_type")
    token = arguments.pop("token", None)
    scheme, _, header_token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and header_token:
        token = header_token.strip()
    return arguments, token if isinstance(token, str) and token else None


class Arguments:
    """The arguments of one call, read as the types Slack takes them for."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    def text(self, name: str) -> str | None:
        """A string; numbers are taken as one."""
        value = self.values.get(name)
        if value is None or isinstance(value, bool | list | dict):
            return None
        return str(value)

    def required(self, name: str, error: str = "invalid_arguments") -> str:
        """A string that must be there."""
        value = self.text(name)
        if not value:
            if error == "invalid_arguments":
                message = f"[ERROR] missing required field: {name}"
                raise SlackError(error, response_metadata={"messages": [message]})
            raise SlackError(error)
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean, also as ``1``, ``true`` and so on."""
        value = self.values.get(name)
        if value is None:
            return default
        return value is True or str(value).lower() in ("1", "true")

    def integer(self, name: str, default: int, error: str = "invalid_arguments") -> int:
        """An integer."""
        value = self.values.get(name)
        if value is None or value == "":
            return default
        try:
            return int(value)
        except (TypeError, ValueError):
            raise SlackError(error) from None

    def decoded(self, name: str, error: str) -> Any:
        """A JSON value, given as itself or as a string holding it; None if absent."""
        value = self.values.get(name)
        if isinstance(value, str):
            if not value.strip():
                return None
            try:
                return json.loads(value)
            except ValueError:
                raise SlackError(error) from None
        return value

    def names(self, name: str) -> list[str]:
        """A list, given as one or separated by commas."""
        value = self.values.get(name)
        if isinstance(value, list):
            return [str(entry) for entry in value]
        return [part.strip() for part in str(value or "").split(",") if part.strip()]
