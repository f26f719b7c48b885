"""A parsed HTML document, written as the text that is stored: what a reader of it saw.

HTML comes here from HTML files and cells, Markdown by way of the HTML that it stands for. So
both have one parser and one writer.
"""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from index.importing.markup.hidden import is_hidden
from index.importing.markup.runs import Run, Style, address, is_followed, plain, written
from index.importing.markup.scripts import raised
from index.importing.markup.tables import table
from index.importing.markup.tags import BLOCK, DROPPED, RENAMED

MAX_DEPTH = 100

_BLANKS = re.compile(r"[ \t\n\r\f]+")
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
_BOLD = frozenset(["b", "strong", "summary", "dt", "th", "caption"])
_ITALIC = frozenset(["i", "em", "cite", "dfn", "var"])
_STRUCK = frozenset(["s", "strike", "del"])
_CODE = frozenset(["code", "kbd", "samp", "tt"])
_MEDIA = frozenset(["audio", "embed", "frame", "iframe", "object", "source", "track", "video"])
_ANCHORS = frozenset(["#", "\xb6", "\xa7", "\U0001f517"])
_UNSEEN = frozenset(["ac:parameter", "param", "area", "base", "col", "colgroup", "rp"])


def parse_html(text: str) -> Any:
    """The body of an HTML text in which all but tags is escaped.

    Raises:
        ValueError: The tags are nested too deeply.
    """
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True, no_network=True
    )
    data = f"<html><body>{text}</body></html>".encode("utf-8", "replace")
    root = etree.fromstring(data, parser)
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise ValueError("HTML tags are nested too deeply")
    for element in root.iter():
        if element.tag.startswith(RENAMED):
            element.tag = element.tag[len(RENAMED) :]
    # Nothing that is not seen is left for anybody who walks the document.
    for element in [e for e in root.iter() if e.tag in DROPPED or is_hidden(e)]:
        element.clear(keep_tail=True)
        element.tag = "x-unseen"
    return root


def to_text(root: Any, *, keeps_lines: bool = False, base: str = "") -> str:
    """An element's content as stored text.

    Args:
        root: What `parse_html` gave.
        keeps_lines: Whether line breaks and indentation are the text's own, as without blocks.
        base: The address that relative links begin with, where one is known.
    """
    return Writer(keeps_lines, base).text(root)


def to_words(root: Any) -> str:
    """An element's words alone, without any mark; blocks are apart by a blank."""
    writer = Writer(False, "", is_plain=True)
    return " ".join(writer.text(root).split())


class Writer:
    """Writes one flow of blocks: a document, a list item, a cell."""

    def __init__(self, keeps_lines: bool, base: str, *, is_plain: bool = False) -> None:
        self._keeps_lines = keeps_lines
        self._base = base
        self.is_plain = is_plain
        self._runs: list[Run] = []
        self._blocks: list[str] = []

    def text(self, element: Any, style: Style | None = None) -> str:
        """The content of an element, its blocks apart by blank lines."""
        return "\n\n".join(self.blocks(element, style))

    def blocks(self, element: Any, style: Style | None = None) -> list[str]:
        """The content of an element, a text a block."""
        self._children(element, style or Style())
        self._flush()
        while self._blocks and self._blocks[-1] == "---":
            self._blocks.pop()
        return self._blocks

    def inside(self) -> "Writer":
        """A writer for a flow inside of this one."""
        return Writer(False, self._base, is_plain=self.is_plain)

    def _cell(self, element: Any, style: Style) -> list[str]:
        return self.inside().blocks(element, style)

    def _children(self, element: Any, style: Style) -> None:
        self._add(element.text, style)
        for child in element:
            if isinstance(child.tag, str) and not is_hidden(child):
                self._element(child, child.tag, style)
            self._add(child.tail, style)

    def _add(self, text: str | None, style: Style) -> None:
        if not text:
            return
        if not self._keeps_lines:
            text = _BLANKS.sub(" ", text)
            if text[0] == " " and (not self._runs or self._runs[-1].text[-1:] in (" ", "\n")):
                text = text[1:]
        if text:
            self._runs.append(Run(text, style))

    def _flush(self) -> None:
        runs, self._runs = self._runs, []
        text = plain(runs) if self.is_plain else written(runs)
        if not self._keeps_lines:
            text = "\n".join(line.strip(" ") for line in text.split("\n")).strip(" \n")
        if text:
            self._blocks.append(text)

    def _element(self, element: Any, tag: str, style: Style) -> None:
        if tag in DROPPED or (tag in _UNSEEN and element.get("ac:name") != "title"):
            return
        if tag == "a" and _is_anchor(element):
            return
        if tag == "br":
            self._runs.append(Run("\n", replace(style, code=False)))
        elif tag in _HEADINGS:
            self._heading(element, tag)
        elif tag == "pre":
            self._code_block(element)
        elif tag in ("ul", "ol", "menu", "dir"):
            self._list(element, tag, style)
        elif tag == "table":
            self._flush()
            self._blocks += table(element, self._cell, style, is_plain=self.is_plain)
        elif tag == "blockquote":
            self._flush()
            quoted = self.inside().text(element, style)
            mark = "" if self.is_plain else "> "
            if quoted:
                self._blocks.append("\n".join(mark + line for line in quoted.split("\n")))
        elif tag == "hr":
            self._flush()
            if not self.is_plain and self._blocks:
                self._blocks.append("---")
        elif tag in ("sup", "sub"):
            self._raised(element, tag, style)
        elif tag == "img":
            self._image(element, style)
        elif tag in _MEDIA:
            self._medium(element, style)
        elif tag == "input":
            self._input(element, style)
        elif tag in BLOCK:
            self._flush()
            self._children(element, _styled(element, tag, style))
            self._flush()
        elif tag == "q":
            self._add("\u201c", style)
            self._children(element, style)
            self._add("\u201d", style)
        else:
            self._children(element, _styled(element, tag, self._linked(element, tag, style)))

    def _linked(self, element: Any, tag: str, style: Style) -> Style:
        if tag != "a" or self.is_plain:
            return style
        link = address(element.get("href") or "")
        return replace(style, link=self._joined(link)) if link else style

    def _joined(self, link: str) -> str:
        is_relative = ":" not in link.split("/")[0] and not link.startswith("#")
        if not is_relative:
            return link
        if self._base:
            return urljoin(self._base, link)
        return ""

    def _heading(self, element: Any, tag: str) -> None:
        self._flush()
        inner = self.inside()
        text = " ".join(" ".join(inner.blocks(element)).replace("**", "").split())
        if text:
            self._blocks.append(text if self.is_plain else f"{'#' * int(tag[1])} {text}")

    def _code_block(self, element: Any) -> None:
        self._flush()
        for line_break in element.iter("br"):
            line_break.tail = "\n" + (line_break.tail or "")
        code = "".join(element.itertext()).strip("\n")
        if not code.strip():
            return
        fence = "```"
        while fence in code:
            fence += "`"
        self._blocks.append(code if self.is_plain else f"{fence}\n{code}\n{fence}")

    def _list(self, element: Any, tag: str, style: Style) -> None:
        self._flush()
        try:
            number = int(element.get("start") or 1)
        except ValueError:
            number = 1
        items: list[str] = []
        self._add(element.text, style)
        for child in element:
            if not isinstance(child.tag, str) or is_hidden(child):
                continue
            inner = self.inside()
            if child.tag in ("ul", "ol"):
                inner._element(child, child.tag, style)
                lines = "\n".join(inner.blocks(etree.Element("div"))).split("\n")
                items.append(_indented(lines, "  ", "  "))
                continue
            lines = "\n".join(inner.blocks(child, style)).split("\n")
            if lines == [""]:
                continue
            mark = f"{number}. " if tag == "ol" else "- "
            number += 1
            mark = "" if self.is_plain else mark
            items.append(_indented(lines, mark, " " * len(mark)))
        self._flush()
        if items:
            self._blocks.append("\n".join(items))

    def _raised(self, element: Any, tag: str, style: Style) -> None:
        inner = Writer(False, "", is_plain=True)
        text = " ".join(inner.text(element).split())
        before = self._runs[-1].text[-1:] if self._runs else ""
        link = next((a.get("href") or "" for a in element.iter("a")), "")
        link = self._joined(address(link)) if link and not self.is_plain else ""
        shown = raised(text, is_above=tag == "sup", before=before)
        self._runs.append(Run(shown, replace(style, link=link) if link else style))

    def _image(self, element: Any, style: Style) -> None:
        alt = " ".join((element.get("alt") or "").split())
        source = self._joined(address(element.get("src") or ""))
        if (element.get("width"), element.get("height")) == ("1", "1"):
            return
        if style.link or self.is_plain or not is_followed(source):
            self._add(alt, style)
        else:
            self._runs.append(Run(alt or source, replace(style, link=source)))

    def _medium(self, element: Any, style: Style) -> None:
        source = element.get("src") or element.get("data") or ""
        sources = [source] if source else [s.get("src") or "" for s in element.iter("source")]
        source = self._joined(address(next(filter(None, sources), "")))
        if is_followed(source) and not self.is_plain:
            title = " ".join((element.get("title") or "").split())
            self._flush()
            self._runs.append(Run(title or source, replace(style, link=source)))
            self._flush()
        else:
            self._children(element, style)

    def _input(self, element: Any, style: Style) -> None:
        kind = (element.get("type") or "text").lower()
        if kind in ("checkbox", "radio"):
            mark = "[x] " if element.get("checked") is not None else "[ ] "
            self._add("" if self.is_plain else mark, style)
        elif kind in ("button", "submit", "reset", "text"):
            self._add(element.get("value"), style)


def _is_anchor(element: Any) -> bool:
    """Whether a link is only the mark beside a heading by which that is linked to."""
    words = "".join(element.itertext()).strip()
    return (element.get("href") or "").startswith("#") and words in _ANCHORS


def _styled(element: Any, tag: str, style: Style) -> Style:
    css = "".join((element.get("style") or "").lower().split())
    weight = css.rpartition("font-weight:")[2].split(";")[0].removesuffix("!important")
    bold = style.bold or tag in _BOLD
    if "font-weight:" in css:
        bold = weight in ("bold", "bolder") or (weight.isdecimal() and int(weight) >= 600)
    return replace(
        style,
        bold=bold,
        italic=(style.italic or tag in _ITALIC or "font-style:italic" in css)
        and "font-style:normal" not in css,
        struck=style.struck or tag in _STRUCK,
        code=style.code or tag in _CODE,
    )


def _indented(lines: list[str], first: str, rest: str) -> str:
    """The lines of a list item; those of code keep their own indentation."""
    out: list[str] = []
    is_code = False
    for number, line in enumerate(lines):
        is_fence = line.startswith("```")
        blank = not line or (is_code and not is_fence) or (is_fence and number)
        out.append((first if number == 0 else "" if blank else rest) + line)
        is_code = is_code != is_fence
    return "\n".join(out)
