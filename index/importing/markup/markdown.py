"""Markdown by way of the HTML that it stands for, so that it is written as HTML is."""

import re
from collections.abc import Mapping
from typing import Any

from markdown_it import MarkdownIt

from index.importing.markup.document import parse_html, to_text, to_words
from index.importing.markup.tags import only_tags, tags_in

# A line break in a paragraph is one in Slack, where nothing else would show the author's lines.
_markdown = MarkdownIt("commonmark", {"html": True, "breaks": True})
_markdown.enable(["table", "strikethrough"])
_blocks = MarkdownIt("commonmark").disable(["inline", "text_join"])
_NOTE = re.compile(r"[ \t]*:{3,}[ \t]*(?:[\w-]+)?[ \t]*(.*)$")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")


def references_in(text: str) -> Mapping[str, Any]:
    """The link definitions of a text: what `[label][name]` in any part of it points at."""
    env: dict[str, Any] = {}
    _blocks.parse(text, env)
    found: Mapping[str, Any] = env.get("references", {})
    return found


def markdown_to_text(text: str, references: Mapping[str, Any], base: str = "") -> str:
    """Markdown as stored text.

    Raises:
        ValueError: Tags in it are nested too deeply, or a comment is not closed.
    """
    return to_text(parse_markdown(text, references), base=base)


def markdown_to_words(text: str) -> str:
    """The words of one line of Markdown."""
    return to_words(_parsed(_markdown.renderInline(text)))


def parse_markdown(text: str, references: Mapping[str, Any]) -> Any:
    """Markdown as the document that it stands for.

    Raises:
        ValueError: Tags in it are nested too deeply, or a comment is not closed.
    """
    return _parsed(_markdown.render(_without_notes(text), {"references": references}))


def _parsed(html: str) -> Any:
    return parse_html(only_tags(html, tags_in(html)))


def _without_notes(text: str) -> str:
    """A text whose `:::note Title` lines are their titles."""
    if ":::" not in text:
        return text
    out: list[str] = []
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        note = None if fence or line.startswith("    ") else _NOTE.match(line)
        title = note[1].strip("[] ") if note else ""
        out.append(line if note is None else f"\n**{title}**\n" if title else "")
    return "\n".join(out)
