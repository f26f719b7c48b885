"""Questions and answers in a document without a heading for each: in bold, in lists, unfolded."""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from index.importing.markup.document import to_text, to_words
from index.importing.markup.hidden import is_hidden

_LABEL = re.compile(r"(?:Q|Question|F|Frage)\s*\d*\s*[:.)]\s+", re.IGNORECASE)
_ANSWER_LABEL = re.compile(r"(?:A|Answer|Antwort)\s*\d*\s*[:.)]\s+", re.IGNORECASE)
_WRAPPERS = frozenset(["div", "section", "main", "article", "body", "center"])

_BREAKS = frozenset(["br", "div", "ol", "p", "ul"])


@dataclass
class Asked:
    """A question and what stands below it, as a document and, at last, as stored text."""

    question: str
    body: Any = field(repr=False)
    is_labelled: bool = False

    def answer(self, base: str = "") -> str:
        """What answers the question, as stored text."""
        text = to_text(self.body, base=base)
        found = _ANSWER_LABEL.match(text) if self.is_labelled else None
        return text[found.end() :] if found else text


def pairs_in(root: Any) -> tuple[list[Asked], str]:
    """The questions of a document with their answers, and the text above the first of them."""
    pairs: list[Asked] = []
    above = etree.Element("div")
    for node in _flow(root):
        found = list(_asked(node))
        if found:
            pairs += found
            continue
        (pairs[-1].body if pairs else above).append(copy.deepcopy(node))
    return pairs, to_words(above)


def _flow(element: Any) -> Iterator[Any]:
    """The blocks of a document, out of what only wraps them."""
    if (element.text or "").strip():
        yield _paragraph(element.text)
    for child in element:
        if isinstance(child.tag, str) and not is_hidden(child):
            if child.tag in _WRAPPERS:
                yield from _flow(child)
            else:
                alone = copy.copy(child)
                alone.tail = None
                yield alone
        if (child.tail or "").strip():
            yield _paragraph(child.tail)


def _paragraph(text: str) -> Any:
    element = etree.Element("p")
    element.text = text
    return element


def _asked(node: Any) -> Iterator[Asked]:
    if node.tag == "details":
        summary = node.find("summary")
        if summary is not None and (question := to_words(summary)):
            body = copy.deepcopy(node)
            inner = body.find("summary")
            _cut(body, inner)
            yield Asked(*_unlabelled(question, body), True)
    elif node.tag == "dl":
        last: Asked | None = None
        for child in node:
            if child.tag == "dt":
                last = Asked(*_unlabelled(to_words(child), etree.Element("div")), True)
                yield last
            elif child.tag == "dd" and last is not None:
                last.body.append(copy.deepcopy(child))
    elif node.tag in ("ol", "ul"):
        items = [item for item in node if item.tag == "li" and not is_hidden(item)]
        found = [_in_paragraph(item) for item in items]
        if items and all(found):
            yield from (asked for asked in found if asked)
    elif node.tag == "p" and (asked := _in_paragraph(node)):
        yield asked


def _in_paragraph(node: Any) -> Asked | None:
    """The question that a paragraph or list item begins with, in bold or behind `Q:`."""
    body = copy.deepcopy(node)
    body.tag = "div"
    first = body[0] if len(body) and not (body.text or "").strip() else None
    if first is not None and first.tag == "p":
        # An item of blocks: its first one may ask.
        inner = _in_paragraph(first)
        if inner is None:
            return None
        _cut(body, first)
        inner.body.extend(list(body))
        return inner
    if first is not None and first.tag in ("strong", "b"):
        question = to_words(first)
        is_question = question.endswith("?") or _LABEL.match(question) is not None
        following = (first.tail or "").strip()
        is_alone = not following and (
            len(body) < 2 or body[1].tag in ("br", "p", "ul", "ol", "div")
        )
        if is_question and (is_alone or question.endswith("?") or question.endswith(":")):
            tail = first.tail
            _cut(body, first)
            body.text = tail
            return Asked(*_unlabelled(question, body), True)
    label = _LABEL.match((body.text or "").lstrip())
    if label is not None:
        head, rest = etree.Element("div"), etree.Element("div")
        head.text = body.text
        target = head
        for child in list(body):
            if child.tag == "br" and target is head:
                target = rest
                rest.text = child.tail
                continue
            target.append(child)
        if question := to_words(head):
            return Asked(*_unlabelled(question, rest), True)
    return None


def _cut(body: Any, child: Any) -> None:
    """Take a child out, and keep what stands behind it."""
    tail = child.tail or ""
    previous = child.getprevious()
    if previous is not None:
        previous.tail = (previous.tail or "") + tail
    else:
        body.text = (body.text or "") + tail
    body.remove(child)


def _unlabelled(question: str, body: Any) -> tuple[str, Any]:
    found = _LABEL.match(question)
    return (question[found.end() :] if found else question), body
