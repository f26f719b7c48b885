"""Markdown: headings are questions, what stands below them are the answers.

markdown-it finds the headings, so that `#` in a code block is none; the answers are cut from
the file's own lines and stay word for word. A heading without text of its own is a section:
the topic of the headings below it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TextIO

from markdown_it import MarkdownIt

from index.importing.files import fault, lines
from index.importing.formats.base import Format, Row, WriteRow
from index.importing.formats.front_matter import (
    audience_behind_rule,
    audience_outside,
    misplaced,
    read_front_matter,
)
from index.importing.formats.parts import MAX_TEXT, TOO_LONG, Part, parts
from index.importing.formats.raw import BadRow, Raw, RawRow
from index.importing.markup.comments import OPEN, OpenComment, without_comments
from index.importing.markup.markdown import (
    markdown_to_text,
    markdown_to_words,
    parse_markdown,
    references_in,
)
from index.importing.markup.shapes import pairs_in
from index.text import MAX_QUESTION, fold, one_line, without_controls

# The key of a text between a heading and its sub-headings, which answers no question.
SECTION_INTRODUCTION = "section_introduction"

# Of a question's words and their markup; a longer one is none.
MAX_HEADING = 5 * MAX_QUESTION
_HEADING_TOO_LONG = f"the heading is longer than {MAX_HEADING:,} characters"
_MARKS = "\\`*_[]<>&#!"
_EXTRAS = re.compile(r"\s*(?:\{[#:.][^{}]*\}|[\xb6\U0001f517])\s*$")
_ASKED = re.compile(r"(?:Q(?:uestion)?\s*\d*\s*[:.)]|Question\s*\d*\s*[-\u2013])\s+", re.IGNORECASE)
_ANSWERED = re.compile(
    r"\s*(?:\*\*A(?:nswer)?\s*\d*\s*:\s*\*\*\s*|(\*\*)?A(?:nswer)?\s*\d*\s*:\s+)", re.IGNORECASE
)
# Below a `Q.`, an `A.` is one, too.
_ANSWERED_SHORT = re.compile(r"\s*(\*\*)?A(?:nswer)?\s*\d*\s*[:.)]\s+", re.IGNORECASE)
# Headings of a document's own parts, which ask nothing.
_APART = frozenset(
    [
        "contents",
        "table of contents",
        "toc",
        "on this page",
        "in this article",
        "see also",
        "related",
        "related articles",
        "further reading",
        "changelog",
        "change log",
        "revision history",
        "references",
    ]
)
_TITLE = re.compile(r"\bfaqs?\b|frequently asked", re.IGNORECASE)
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")

_blocks = MarkdownIt("commonmark").disable(["inline", "text_join"])


@dataclass
class _Heading:
    level: int
    text: str
    line: int  # of the heading itself, in its part, from 0
    body: int  # its first line below
    end: int = 0  # the line behind its last one, sub-headings included
    own_end: int = 0  # the line behind its own text
    children: list["_Heading"] = field(default_factory=list)


@dataclass
class _Sections:
    """The sections that are open behind what was read: levels and names."""

    topics: list[tuple[int, str]] = field(default_factory=list)
    introduction: str = ""  # to them, which no row has told yet


def read_markdown(text: TextIO) -> Iterator[Raw]:
    """The rows of a Markdown file, with what its front matter says of all of them."""
    numbered = lines(text)
    front = read_front_matter(numbered)
    if isinstance(front, BadRow):
        # It may have said who may see the answers, so none is taken.
        yield front
        return
    sections = _Sections()
    url = front.values.get("url")
    base = url if isinstance(url, str) else ""
    for part in parts(chain(enumerate(front.held, front.line), numbered), sections.topics):
        is_first = isinstance(part, Part) and part.start == front.line
        for raw in [part] if isinstance(part, BadRow) else _rows(part, sections, base, is_first):
            if isinstance(raw, BadRow):
                yield raw
            else:
                # What a heading's section says is nearer than the front matter.
                yield RawRow(raw.line, {**front.values, **raw.values, "format": "text"})


def plain_heading(text: str) -> str:
    """The words of a heading, without their Markdown."""
    return one_line(markdown_to_words(text))


def headings(text: str) -> list[tuple[int, int]]:
    """First line and line behind the last one of each heading of a text, from 0."""
    return [(h.line, h.body) for h in _find_headings(text)]


def _rows(part: Part, sections: _Sections, base: str, is_first: bool) -> Iterator[Raw]:
    """The rows of a part; `sections` are kept across parts."""
    topics = sections.topics
    start, text = part.start, part.text
    source = text.split("\n")
    text = without_controls(text)
    try:
        visible = without_comments(text)
    except OpenComment as error:
        yield BadRow(start + error.line, f"{error}; nothing from there on was taken", text)
        return
    clean_source = visible.split("\n")
    limit = len(clean_source) - 1 if part.behind else len(clean_source)
    # With the heading of the next part, which may belong to one of this.
    whole = visible + without_controls(part.behind)
    found = _of_the_document(_find_headings(whole), whole.split("\n"))
    own_found = [heading for heading in found if heading.line < limit]
    references = references_in(visible)
    if (bad := _misplaced_audience(text.split("\n"), own_found, is_first)) is not None:
        yield misplaced(start + bad, source[bad])
        return
    roots = _nest(found, limit + 1 if part.behind else limit)
    if is_first and not own_found and text.strip():
        try:
            shaped, sections.introduction = _shaped(clean_source, start, references, base)
        except ValueError as error:
            yield BadRow(start, str(error), text)
            return
        yield from shaped
        if shaped:
            return
        yield BadRow(start, "there is no heading; in Markdown the headings are the questions", text)
    # Text that is no answer: it is left out, and reported with the ignored keys.
    preamble = clean_source[: roots[0].line] if is_first and roots else []
    sections.introduction = sections.introduction or "\n".join(preamble).strip()
    title = roots[0] if is_first and len(roots) == 1 else None
    pending = list(reversed(roots))
    while pending:
        heading = pending.pop()
        if part.behind and heading.line >= limit:
            continue
        while topics and topics[-1][0] >= heading.level:
            topics.pop()
        own = "\n".join(clean_source[heading.body : heading.own_end]).strip()
        if len(heading.text) > MAX_HEADING:
            yield BadRow(start + heading.line, _HEADING_TOO_LONG, heading.text)
            continue
        name = plain_heading(heading.text)
        if heading.children and (not own or _introduces(name, heading, heading is title)):
            topics.append((heading.level, name))
            sections.introduction = sections.introduction or own
            pending += reversed(heading.children)
            continue
        if _is_apart(name):
            sections.introduction = sections.introduction or own or name
            continue
        if not own and not heading.children and not name.endswith("?"):
            topics.append((heading.level, name))
            continue
        raw = "\n".join(source[heading.line : heading.end])
        if len(raw) > MAX_TEXT or (part.behind and heading.end > limit):
            yield BadRow(start + heading.line, TOO_LONG, raw[:MAX_HEADING])
            continue
        if reason := fault(raw):
            yield BadRow(start + heading.line, reason, raw)
            continue
        body = clean_source[heading.body : heading.end]
        try:
            if not name.endswith("?"):
                shaped, above = _shaped(body, start + heading.body, references, base)
                if shaped:
                    topics.append((heading.level, name))
                    sections.introduction = sections.introduction or above
                    for row in shaped:
                        values = {**row.values, "topic": name}
                        if sections.introduction:
                            values[SECTION_INTRODUCTION] = sections.introduction
                            sections.introduction = ""
                        yield RawRow(row.line, values)
                    continue
                if heading is title and _TITLE.search(name):
                    reason = f"no question was found below the title {name!r}"
                    yield BadRow(start + heading.line, reason, raw)
                    continue
            answer = markdown_to_text("\n".join(body), references, base)
        except ValueError as error:
            yield BadRow(start + heading.line, str(error), raw)
            continue
        question, answer = _without_labels(name, answer)
        values = {"question": question, "answer": answer}
        if topics:
            values["topic"] = topics[-1][1]
        if sections.introduction:
            values[SECTION_INTRODUCTION] = sections.introduction
            sections.introduction = ""
        yield RawRow(start + heading.line, values)


def _shaped(
    lines: list[str], start: int, references: Mapping[str, Any], base: str
) -> tuple[list[RawRow], str]:
    """The pairs of a text whose questions are no headings, and the text above them."""
    pairs, above = pairs_in(parse_markdown("\n".join(lines), references))
    rows: list[RawRow] = []
    at = 0
    for asked in pairs:
        words = asked.question.split()
        named = (n for n in range(at, len(lines)) if words and words[-1] in lines[n])
        at = next(named, at)
        question, answer = _without_labels(asked.question, asked.answer(base))
        rows.append(RawRow(start + at, {"question": question, "answer": answer}))
    return rows, above


def _is_apart(name: str) -> bool:
    """Whether a heading is about the document itself and asks nothing."""
    return fold(_EXTRAS.sub("", name)).strip(":") in _APART


def _without_labels(question: str, answer: str) -> tuple[str, str]:
    """A question and its answer without `Q:`, `A:` and the marks of anchors."""
    question = _EXTRAS.sub("", question).strip()
    asked = _ASKED.match(question)
    question = question[asked.end() :] if asked else question
    answered = _ANSWERED.match(answer) or (_ANSWERED_SHORT.match(answer) if asked else None)
    if answered:
        answer = (answered[1] or "") + answer[answered.end() :]
    return question, answer


def _misplaced_audience(lines: list[str], found: list[_Heading], is_first: bool) -> int | None:
    """The line, from 0, that would restrict the answers if it were front matter."""
    places = [(0, found[0].line if found else len(lines))] if is_first else []
    # Below a rule, the last line of front matter is a heading to Markdown: --- underlines it.
    places += [(h.line, h.body) for h in found if h.body - h.line > 1]
    for first, end in places:
        if (bad := audience_outside(lines[first:end])) is not None:
            return first + bad
    return audience_behind_rule(lines)


def _introduces(name: str, heading: _Heading, is_title: bool) -> bool:
    """Whether the text below a heading only introduces the questions that follow it.

    Otherwise it is an answer, and the headings below are parts of that.
    """
    asks = any(plain_heading(child.text).endswith("?") for child in heading.children)
    return (asks or not name.endswith("?")) if is_title else (asks and not name.endswith("?"))


def _find_headings(text: str) -> list[_Heading]:
    tokens = _blocks.parse(text)
    return [
        _Heading(int(token.tag[1:]), tokens[index + 1].content, token.map[0], token.map[1])
        for index, token in enumerate(tokens)
        # A heading in a quote or a list item belongs to that.
        if token.type == "heading_open" and token.level == 0 and token.map is not None
    ]


def _of_the_document(found: list[_Heading], lines: list[str]) -> list[_Heading]:
    """The headings without those, underlined, that stand in the answer to one with hashes."""
    kept: list[_Heading] = []
    for heading, following in zip(found, [*found[1:], None], strict=False):
        has_children = following is not None and following.level > heading.level
        is_part = (
            kept
            and lines[kept[-1].line].lstrip().startswith("#")
            and not lines[heading.line].lstrip().startswith("#")
            and not has_children
            and not heading.text.rstrip().endswith("?")
        )
        if not is_part:
            kept.append(heading)
    return kept


def _nest(found: list[_Heading], end: int) -> list[_Heading]:
    """Set where each heading ends, and put it below the heading it belongs to."""
    roots: list[_Heading] = []
    stack: list[_Heading] = []
    for index, heading in enumerate(found):
        heading.own_end = found[index + 1].line if index + 1 < len(found) else end
        heading.end = end
        while stack and stack[-1].level >= heading.level:
            stack.pop().end = heading.line
        (stack[-1].children if stack else roots).append(heading)
        stack.append(heading)
    return roots


def write_markdown(out: TextIO) -> WriteRow:
    """Begin a document: topics and questions are its headings."""
    topic = ""

    def write(row: Row) -> None:
        nonlocal topic
        named = row.get("topic", "")
        if named and named != topic:
            topic = named
            out.write(f"# {_heading(topic)}\n\n")
        question, answer = row.get("question", ""), row.get("answer", "")
        out.write(f"## {_heading(question)}\n\n{_standing_alone(answer)}\n\n")

    return write


def _heading(text: str) -> str:
    """A text as a heading that reads as the same words."""
    if plain_heading(text) == text and not text.endswith("#"):
        return text
    return "".join("\\" + c if c in _MARKS else c for c in text)


def _standing_alone(answer: str) -> str:
    """An answer that does not reach into what follows it, nor looks like a question."""
    answer = _without_comment_marks(answer)
    lines = answer.split("\n")
    for start, end in reversed(headings(answer)):
        lines[start:end] = [f"**{line}**" for line in _heading_lines(lines[start:end])]
    answer = "\n".join(lines)
    for ending in ("", "\n```", "\n~~~", "\n````", "\n-->"):
        if _ends_before_heading(answer + ending):
            return answer + ending
    return "\n".join("    " + line for line in lines)


def _without_comment_marks(answer: str) -> str:
    try:
        is_kept = without_comments(answer) == answer
    except OpenComment:
        is_kept = False
    return answer if is_kept else answer.replace(OPEN, "\\" + OPEN)


def _heading_lines(lines: list[str]) -> Iterator[str]:
    for line in lines:
        text = line.strip().strip("#").strip()
        if text.strip("=-"):
            yield text


def _ends_before_heading(answer: str) -> bool:
    end = answer.count("\n") + 2
    return headings(f"{answer}\n\n## ?\n") == [(end, end + 1)]


MARKDOWN = Format(
    name="md",
    title="Markdown",
    extensions=(".md", ".markdown"),
    read=read_markdown,
    write=write_markdown,
    exported_as=(".md",),
    for_readers=True,
)
