"""The interactive elements of blocks, and their ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]


def interactive_elements(blocks: list[Json]) -> Iterator[tuple[Json, Json, str]]:
    """The elements of blocks that can be acted on: block, element, pointer within the list."""
    for index, entry in enumerate(blocks):
        if not isinstance(entry, dict):
            continue
        elements = entry.get("elements")
        if entry.get("type") in ("actions", "context_actions") and isinstance(elements, list):
            for number, inner in enumerate(elements):
                if isinstance(inner, dict):
                    yield entry, inner, f"/{index}/elements/{number}"
        for name in ("accessory", "element"):
            inner = entry.get(name)
            if isinstance(inner, dict) and inner.get("type") != "image":
                yield entry, inner, f"/{index}/{name}"


def fill_ids(blocks: list[Json], next_id: Callable[[], str]) -> list[Json]:
    """Gives each block and each interactive element the id that Slack would give it."""
    for entry in blocks:
        entry.setdefault("block_id", next_id())
    for _, inner, _ in interactive_elements(blocks):
        inner.setdefault("action_id", next_id())
    return blocks
