"""Cursor pagination as Slack does it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from playground.errors import SlackError

T = TypeVar("T")


def page(
    items: Sequence[T], keys: Sequence[str], cursor: str | None, limit: int
) -> tuple[list[T], str]:
    """One page of `items`, and the cursor of the next ("" at the end).

    `keys` name the items. A cursor holds the key of the page's first item rather than a
    number, so that items added meanwhile shift nothing.
    """
    start = 0
    if cursor:
        key = _decode(cursor)
        try:
            start = list(keys).index(key)
        except ValueError:
            raise SlackError("invalid_cursor") from None
    end = start + limit if limit > 0 else len(items)
    following = _encode(keys[end]) if end < len(items) else ""
    return list(items[start:end]), following


def _encode(key: str) -> str:
    return base64.b64encode(f"next:{key}".encode()).decode()


def _decode(cursor: str) -> str:
    try:
        text = base64.b64decode(cursor, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise SlackError("invalid_cursor") from None
    prefix, _, key = text.partition(":")
    if prefix != "next" or not key:
        raise SlackError("invalid_cursor")
    return key
