"""Checks of messages and views against Slack's documented limits, telling where each fault is."""

from __future__ import annotations

from typing import Any

from playground.block_kit.interactive import interactive_elements
from playground.block_kit.rules import Faults, fault
from playground.block_kit.surfaces import MAX_MARKDOWN, MESSAGE_RULE, VIEW_RULE
from playground.errors import SlackError

Json = dict[str, Any]

# Undocumented: Slack answers msg_blocks_too_long to about 13,200 characters of text in
# all, less for every block. These numbers reproduce what people have measured.
MAX_MESSAGE_TEXT = 13_422
TEXT_PER_BLOCK = 125


def _duplicates(blocks: Any, pointer: str, faults: Faults) -> None:
    if not isinstance(blocks, list):
        return
    seen: set[str] = set()
    for index, entry in enumerate(blocks):
        block_id = entry.get("block_id") if isinstance(entry, dict) else None
        if isinstance(block_id, str) and block_id in seen:
            message = f"`block_id` {block_id!r} already exists for another block"
            fault(faults, f"{pointer}/{index}/block_id", message)
        elif isinstance(block_id, str):
            seen.add(block_id)
    actions: set[tuple[int, str]] = set()
    for entry, inner, where in interactive_elements(blocks):
        action = (id(entry), str(inner.get("action_id")))
        if inner.get("action_id") is not None and action in actions:
            message = f"`action_id` {inner['action_id']!r} already exists for another element"
            fault(faults, f"{pointer}{where}/action_id", message)
        actions.add(action)


def _markdown(blocks: Any, pointer: str, faults: Faults) -> None:
    if not isinstance(blocks, list):
        return
    total = sum(
        len(str(entry.get("text", "")))
        for entry in blocks
        if isinstance(entry, dict) and entry.get("type") == "markdown"
    )
    if total > MAX_MARKDOWN:
        fault(faults, pointer, f"markdown blocks must be less than {MAX_MARKDOWN + 1} characters")


def message_block_faults(blocks: Any) -> list[str]:
    """What is wrong with a message's blocks, each with a JSON pointer; nothing if all is well."""
    faults: Faults = []
    MESSAGE_RULE(blocks, "/blocks", faults)
    _duplicates(blocks, "/blocks", faults)
    if not faults:
        _markdown(blocks, "/blocks", faults)
    return faults


def view_faults(view: Any) -> list[str]:
    """What is wrong with a view, each with a JSON pointer; nothing if all is well."""
    faults: Faults = []
    VIEW_RULE(view, "/view", faults)
    if isinstance(view, dict):
        blocks = view.get("blocks")
        _duplicates(blocks, "/view/blocks", faults)
        has_input = isinstance(blocks, list) and any(
            isinstance(entry, dict) and entry.get("type") == "input" for entry in blocks
        )
        if view.get("type") == "modal" and has_input and not view.get("submit"):
            fault(faults, "/view", "missing required field: submit")
    return faults


def refuse(code: str, faults: list[str]) -> None:
    """Raises Slack's error if there are faults."""
    if faults:
        raise SlackError(
            code,
            errors=faults,
            response_metadata={"messages": [f"[ERROR] {message}" for message in faults]},
        )


def _text_length(value: Any) -> int:
    if isinstance(value, list):
        return sum(_text_length(entry) for entry in value)
    if isinstance(value, dict):
        return sum(
            len(entry) if name == "text" and isinstance(entry, str) else _text_length(entry)
            for name, entry in value.items()
        )
    return 0


def check_message_blocks(blocks: list[Json]) -> None:
    """Raises ``invalid_blocks`` or ``msg_blocks_too_long``."""
    refuse("invalid_blocks", message_block_faults(blocks))
    if _text_length(blocks) + TEXT_PER_BLOCK * len(blocks) > MAX_MESSAGE_TEXT:
        raise SlackError("msg_blocks_too_long")


def check_view(view: Any) -> None:
    """Raises ``invalid_arguments`` about a view."""
    refuse("invalid_arguments", view_faults(view))
