"""Telling HTML from text that merely mentions tags, and turning it into Markdown or plain text."""

import html
import re
from collections.abc import Callable
from typing import Any

from bs4 import BeautifulSoup, Tag
from markdownify import MarkdownConverter


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_INLINE = _names(
    "a abbr b big cite code del em font i ins kbd mark q s samp small span strike strong sub sup "
    "tt u var"
)
_BLOCK = _names(
    "address article aside blockquote body caption center dd details div dl dt figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 head header html li main nav ol p pre section summary table "
    "tbody td tfoot th thead tr ul"
)
_DROPPED = _names("head iframe noscript object script style svg template title")
_VOID = _names("br hr img wbr")
_KNOWN = _INLINE | _BLOCK | _DROPPED | _VOID

# `the <br> tag` is talk about HTML. Neither part of the pattern can cross another < or >, which
# keeps the search linear.
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)(\s[^<>]*|/)?>(?!\s+(?:tag|element)s?\b)")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_BACKTICKS = re.compile(r"`+")
_HIDDEN = re.compile("\ue000(\\d+)\ue001")
_SAFE_SCHEMES = ("http:", "https:", "mailto:", "tel:")


def looks_like_html(text: str) -> bool:
    """Whether a text is evidently HTML, or escaped like it.

    That is: outside backticks it holds a known tag with its closing tag, a known tag with a
    value (`<a href="...">`), a `<br>`, `<hr>` or `<img>`, starts with a block tag, or has a
    character entity (`&amp;`). `git clone <url>` and "use the <b> tag" are none of these.
    """
    if "<" not in text and "&" not in text:
        return False
    visible, _ = _hide_code(text)
    return _has_tags(visible) or _ENTITY.search(visible) is not None


def to_markdown(text: str) -> str:
    """HTML as Markdown; any other text as it is.

    Without block tags the line breaks of the text are its own and stay; with them they are
    HTML's and mean nothing. What stands in backticks is left alone. Scripts, styles and links
    to anything but web, mail and telephone addresses are dropped.

    Raises:
        ValueError: The tags are nested too deeply.
    """
    return _convert(text, _markdown)


def to_plain(text: str) -> str:
    """HTML as text without tags; any other text as it is.

    Raises:
        ValueError: The tags are nested too deeply.
    """
    return _convert(text, _plain)


def _convert(text: str, convert: Callable[[str], str]) -> str:
    if not looks_like_html(text):
        return text
    visible, hidden = _hide_code(text)
    if not _has_tags(visible):
        visible = html.unescape(visible) if _ENTITY.search(visible) else visible
    else:
        # A parser would take `<url>` and `<https://...>` for tags and lose them.
        visible = _escape_unknown_tags(visible)
        try:
            if any(tag[2].lower() in _BLOCK | _DROPPED for tag in _TAG.finditer(visible)):
                visible = convert(visible)
            else:
                # A tag may go over several lines.
                visible = _TAG.sub(lambda tag: tag[0].replace("\n", " "), visible)
                visible = "\n".join(_convert_line(line, convert) for line in visible.split("\n"))
        except RecursionError:
            raise ValueError("HTML tags are nested too deeply") from None
    return _HIDDEN.sub(lambda match: _revealed(match, hidden), visible)


def _convert_line(line: str, convert: Callable[[str], str]) -> str:
    if "<" not in line and "&" not in line:
        return line
    indent = line[: len(line) - len(line.lstrip())]
    return indent + convert(line.lstrip())


def _markdown(text: str) -> str:
    converter = MarkdownConverter(
        heading_style="ATX", bullets="-", escape_asterisks=False, escape_underscores=False
    )
    return str(converter.convert_soup(_parse(text)))


def _plain(text: str) -> str:
    soup = _parse(text)
    for tag in soup(lambda tag: tag.name in _BLOCK | _VOID):
        tag.insert_before(" ")
        tag.insert_after(" ")
    return soup.get_text()


def _parse(text: str) -> BeautifulSoup:
    soup = BeautifulSoup(text, "html.parser")
    for tag in soup(list(_DROPPED)):
        if not tag.decomposed:
            tag.decompose()
    for tag in soup(_is_hidden):
        if not tag.decomposed:
            tag.decompose()
    for link in soup("a"):
        if not _is_safe(link, "href"):
            link.unwrap()
    for image in soup("img"):
        if not _is_safe(image, "src"):
            image.decompose()
    return soup


def _is_hidden(tag: Tag) -> bool:
    style = "".join(str(tag.get("style") or "").lower().split())
    return (
        tag.has_attr("hidden")
        or "display:none" in style
        or "visibility:hidden" in style
        or str(tag.get("aria-hidden") or "").lower() == "true"
    )


def _is_safe(tag: Tag, attribute: str) -> bool:
    target: Any = tag.get(attribute) or ""
    # Browsers ignore blanks and controls inside a scheme.
    target = "".join(str(target).split()).lower()
    return ":" not in target.split("/")[0] or target.startswith(_SAFE_SCHEMES)


def _has_tags(text: str) -> bool:
    opened: set[str] = set()
    for match in _TAG.finditer(text):
        closing, name, rest = match[1], match[2].lower(), match[3] or ""
        if name not in _KNOWN:
            continue
        if closing:
            if name in opened:
                return True
        elif (
            name in ("br", "hr")
            or ('="' in rest or "='" in rest)
            or (name in _BLOCK and not text[: match.start()].strip())
        ):
            return True
        else:
            opened.add(name)
    return False


def _escape_unknown_tags(text: str) -> str:
    def escape(match: re.Match[str]) -> str:
        known = _TAG.match(text, match.start())
        if known is not None and known[2].lower() in _KNOWN:
            return "<"
        return "<" if text.startswith("<!--", match.start()) else "&lt;"

    return re.sub("<", escape, text)


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
