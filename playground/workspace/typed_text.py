"""What a person typed, as Slack stores it."""

from __future__ import annotations

import re
from typing import Any

from playground.workspace.state import Workspace

Json = dict[str, Any]
_TOKEN = re.compile(r"<([@#!][^<>]*|(?:https?|mailto):[^<>]+)>")
_EMOJI = re.compile(r":([a-z0-9_+'-]+):")


def typed_text(workspace: Workspace, text: str) -> str:
    """What a person typed, as Slack stores it.

    ``&``, ``<`` and ``>`` are escaped, links are wrapped and ``@name`` and ``#channel``
    become mentions. Text that already is one of Slack's control sequences stays.
    """
    parts: list[str] = []
    position = 0
    for match in _TOKEN.finditer(text):
        parts.append(_typed_plain(workspace, text[position : match.start()]))
        parts.append(match.group(0))
        position = match.end()
    parts.append(_typed_plain(workspace, text[position:]))
    return "".join(parts)


def _typed_plain(workspace: Workspace, text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    def mention(match: re.Match[str]) -> str:
        sign, name = match.group(1), match.group(2)
        if sign == "@":
            if name in ("here", "channel", "everyone"):
                return f"<!{name}>"
            user = workspace.find_user(name)
            return f"<@{user.id}>" if user else match.group(0)
        channel = workspace.find_channel(name)
        return f"<#{channel.id}|{channel.name}>" if channel else match.group(0)

    escaped = re.sub(r"(?<!\S)([@#])([a-z0-9][a-z0-9._-]*[a-z0-9]|[a-z0-9])", mention, escaped)
    return re.sub(r"(?<![<\w])https?://[^\s<>|]*[^\s<>|.,;:!?)'\"]", r"<\g<0>>", escaped)


def rich_text(text: str) -> list[Json]:
    """The ``rich_text`` block that Slack makes from what a person typed."""
    elements: list[Json] = []

    def plain(piece: str) -> None:
        piece = _unescaped(piece)
        position = 0
        for match in _EMOJI.finditer(piece):
            if match.start() > position:
                elements.append({"type": "text", "text": piece[position : match.start()]})
            elements.append({"type": "emoji", "name": match.group(1)})
            position = match.end()
        if position < len(piece):
            elements.append({"type": "text", "text": piece[position:]})

    position = 0
    for match in _TOKEN.finditer(text):
        plain(text[position : match.start()])
        elements.append(_token_element(match.group(1)))
        position = match.end()
    plain(text[position:])
    section = {"type": "rich_text_section", "elements": elements}
    return [{"type": "rich_text", "block_id": "typed", "elements": [section]}]


def _token_element(token: str) -> Json:
    body, _, label = token.partition("|")
    if body.startswith("@"):
        return {"type": "user", "user_id": body[1:]}
    if body.startswith("#"):
        return {"type": "channel", "channel_id": body[1:]}
    if body.startswith("!subteam^"):
        return {"type": "usergroup", "usergroup_id": body.removeprefix("!subteam^")}
    if body.startswith("!"):
        return {"type": "broadcast", "range": body[1:]}
    link: Json = {"type": "link", "url": _unescaped(body)}
    if label:
        link["text"] = _unescaped(label)
    return link


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
