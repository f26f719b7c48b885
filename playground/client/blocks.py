"""Reading blocks as a person does: what can be clicked in them, and which texts they show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]


def elements_in(blocks: Sequence[Json]) -> list[Json]:
    """The buttons, selects and inputs of blocks, in order."""
    found: list[Json] = []
    for block in blocks:
        if block.get("type") in ("actions", "context_actions"):
            found += block.get("elements", [])
        found += [block[name] for name in ("accessory", "element") if name in block]
    return found


def action_ids_in(blocks: Sequence[Json]) -> tuple[str, ...]:
    """The action ids of what can be clicked, chosen or filled in, in order."""
    return tuple(element["action_id"] for element in elements_in(blocks) if "action_id" in element)


def texts_in(value: Any) -> list[str]:
    """Every text that blocks show, in order."""
    if isinstance(value, list):
        return [text for entry in value for text in texts_in(entry)]
    if not isinstance(value, dict):
        return []
    found: list[str] = []
    if value.get("type") == "rich_text_section":
        return ["".join(_rich_text(element) for element in value.get("elements", []))]
    for name, entry in value.items():
        if name == "text" and isinstance(entry, str):
            found.append(entry)
        elif name in ("text", "fields", "elements", "accessory", "element", "label", "hint"):
            found += texts_in(entry)
    return found


def _rich_text(element: Json) -> str:
    kind = element.get("type")
    if kind == "user":
        return f"<@{element['user_id']}>"
    if kind == "emoji":
        return f":{element['name']}:"
    if kind == "channel":
        return f"<#{element['channel_id']}>"
    return str(element.get("text") or element.get("url") or "")
