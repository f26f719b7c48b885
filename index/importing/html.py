"""Telling HTML from text that merely mentions tags, and turning it into Markdown or plain text."""

import html
import re
from collections.abc import Callable
from typing import Any

from index.importing.markup.document import parse_html, to_text, to_words
from index.importing.markup.tags import BLOCK, DROPPED, ENTITY, is_evident, only_tags, tags_in

_BACKTICKS = re.compile(r"`+")
_HIDDEN = re.compile("\ue000(\\d+)\ue001")


def looks_like_html(text: str) -> bool:
    """Whether a text is evidently HTML, or escaped like it.

    That is: outside backticks it holds a known tag with its closing tag, a known tag with a
    value (`<a href="...">`), a `<br>`, `<hr>` or `<img>`, a comment, starts with a block tag, or
    has a character entity (`&amp;`). `git clone <url>` and "use the <b> tag" are none of these.
    """
    if "<" not in text and "&" not in text:
        return False
    visible, _ = _hide_code(text)
    return _is_tagged(visible) or ENTITY.search(visible) is not None


def to_markdown(text: str, base: str = "") -> str:
    """HTML as Markdown; any other text as it is.

    Without block tags the line breaks of the text are its own and stay; with them they are
    HTML's and mean nothing. What stands in backticks is left alone. What is hidden, scripts,
    styles and links that would run something are dropped.

    Args:
        text: What a row holds.
        base: The address that relative links begin with, where one is known.

    Raises:
        ValueError: The tags are nested too deeply, or a comment is not closed.
    """
    return _convert(text, lambda root, keeps: to_text(root, keeps_lines=keeps, base=base))


def to_plain(text: str) -> str:
    """HTML as text without tags; any other text as it is.

    Raises:
        ValueError: The tags are nested too deeply, or a comment is not closed.
    """
    return _convert(text, lambda root, _: to_words(root))


def _convert(text: str, write: Callable[[Any, bool], str]) -> str:
    if not looks_like_html(text):
        return text
    visible, hidden = _hide_code(text)
    if not _is_tagged(visible):
        # Nothing but entities. What they spell may be HTML, escaped once more than it should be.
        visible = html.unescape(visible)
        if ENTITY.search(visible) and not _is_tagged(visible):
            visible = html.unescape(visible)
    if _is_tagged(visible):
        visible = _written(visible, write)
    return _HIDDEN.sub(lambda match: _revealed(match, hidden), visible)


def _written(text: str, write: Callable[[Any, bool], str]) -> str:
    tokens = tags_in(text)
    has_blocks = any(token.name in BLOCK | DROPPED for token in tokens)
    return write(parse_html(only_tags(text, tokens)), not has_blocks)


def _is_tagged(text: str) -> bool:
    if "<" not in text:
        return False
    try:
        return is_evident(text, tags_in(text))
    except ValueError:
        return True


def _hide_code(text: str) -> tuple[str, list[str]]:
    """Put a numbered mark in place of each code span or fence."""
    runs = list(_BACKTICKS.finditer(text))
    if not runs:
        return text, []
    # For each run of backticks the next one of the same length, which closes it.
    following: dict[int, int] = {}
    closing: list[int | None] = [None] * len(runs)
    for index in range(len(runs) - 1, -1, -1):
        length = len(runs[index][0])
        closing[index] = following.get(length)
        following[length] = index
    hidden: list[str] = []
    parts: list[str] = []
    position = index = 0
    while index < len(runs):
        close = closing[index]
        if close is None:
            index += 1
            continue
        parts.append(text[position : runs[index].start()])
        parts.append(f"\ue000{len(hidden)}\ue001")
        hidden.append(text[runs[index].start() : runs[close].end()])
        position = runs[close].end()
        index = close + 1
    return "".join(parts) + text[position:], hidden


def _revealed(match: re.Match[str], hidden: list[str]) -> str:
    number = int(match[1])
    return hidden[number] if number < len(hidden) else match[0]
