"""Cutting a Markdown file of any length into parts that are parsed one by one.

A part ends before a heading. What cannot be cut is refused while it is read, so that a text of 300
megabytes under one heading takes the memory of one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from index.importing.files import MAX_ROW
from index.importing.formats.raw import BadRow
from index.importing.markup.comments import CLOSE, OPEN
from index.text import MAX_ANSWER

# Characters from which on a part ends at the next heading of the highest level in it; at twice
# that, it ends at the last one there was.
PART = MAX_ROW
# Characters that may stand below a heading before the next one: an answer with its markup.
MAX_TEXT = 20 * MAX_ANSWER
# Characters of a part in which there is no place to cut.
MAX_PART = 3 * PART

TOO_LONG = (
    f"what stands below this heading is longer than {MAX_TEXT:,} characters, and an answer may "
    f"have {MAX_ANSWER:,}; is a heading missing?"
)
_NO_HEADING = (
    f"the first {MAX_TEXT:,} characters hold no heading; in Markdown the headings are the "
    "questions; nothing of the file was taken"
)

_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]|$)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
# How a line begins that may be no paragraph, so that what underlines it may make no heading.
_OTHER = re.compile(r"[\s>*+|<`~#=-]|\d{1,9}[.)]")


@dataclass(frozen=True)
class Part:
    """A stretch of a file that is parsed by itself.

    Attributes:
        start: Number of its first line.
        behind: The heading that begins the next part; empty where none does.
    """

    start: int
    text: str
    behind: str = ""


def parts(
    numbered: Iterator[tuple[int, str]], topics: list[tuple[int, str]]
) -> Iterator[Part | BadRow]:
    """The parts of a file; what is too long for one is refused and left out.

    Args:
        numbered: The lines with their numbers.
        topics: The levels and names of the sections that are open behind the last part, kept by
            whoever parses the parts. An open heading that is no section is an answer, to which
            what follows would belong.
    """
    held = _Held(0)
    above: list[int] = []  # levels of the headings that are open where the part begins
    dropped = 0  # what is left out ends at a heading of this level
    where = _Where()
    is_underlined = True  # below a heading with a # one without is part of an answer
    for number, line in numbered:
        is_text = where.is_text(line)
        found = _ATX.match(line) if is_text else None
        if dropped and not (found and len(found[1]) <= dropped):
            continue
        dropped = 0
        if not held.lines:
            held = _Held(number)
        held.add(line)
        if found:
            held.add_heading(_Heading(len(held.lines) - 1, 1, len(found[1])))
            is_underlined = False
        elif is_text and is_underlined and _UNDERLINE.match(line):
            held.underline()
        is_refused = held.own > MAX_TEXT or held.size > MAX_PART
        cut = held.last if is_refused else held.cut
        if is_refused and cut is None:
            yield BadRow(held.start, _NO_HEADING, "")
            return
        if cut is None:
            continue
        above = [level for level in held.open_at(cut.line, above) if level < cut.level]
        text, rest = held.split(cut.line)
        if text:
            yield Part(held.start, text, "".join(rest.lines[: cut.count]))
        held = rest
        if above and above[-1] not in [level for level, _ in topics]:
            dropped, held = above[-1], _Held(0)  # it was refused with its heading
        elif is_refused:
            yield BadRow(rest.start, TOO_LONG, "")
            dropped, held = cut.level, _Held(0)
    if held.lines:
        yield Part(held.start, "".join(held.lines))


@dataclass(frozen=True)
class _Heading:
    line: int  # its first, in its part, from 0
    count: int  # of its lines
    level: int


@dataclass
class _Held:
    """What has been read of a part."""

    start: int
    lines: list[str] = field(default_factory=list)
    size: int = 0
    own: int = 0  # characters since the last heading
    headings: list[_Heading] = field(default_factory=list)
    # The last one of the highest level, without the first, which may be the title of all.
    highest: _Heading | None = None

    @property
    def last(self) -> _Heading | None:
        return self.headings[-1] if self.headings else None

    @property
    def cut(self) -> _Heading | None:
        """Where the part ends, if it is long enough: asked after each line."""
        if self.size <= PART or self.highest is None or self.own:
            return None
        is_here = self.highest is self.last
        return self.highest if is_here or self.size > 2 * PART else None

    def add(self, line: str) -> None:
        self.lines.append(line)
        self.size += len(line)
        self.own += len(line)

    def add_heading(self, heading: _Heading) -> None:
        if self.headings and (self.highest is None or heading.level <= self.highest.level):
            self.highest = heading
        self.headings.append(heading)
        self.own = 0

    def underline(self) -> None:
        """Take the paragraph above the last line for a heading, where it is evidently one."""
        first = len(self.lines) - 1
        while first and self.lines[first - 1].strip() and not _OTHER.match(self.lines[first - 1]):
            first -= 1
        count = len(self.lines) - first
        is_below_text = first > 0 and bool(self.lines[first - 1].strip())
        if count > 1 and not is_below_text:
            level = 1 if self.lines[-1].lstrip().startswith("=") else 2
            self.add_heading(_Heading(first, count, level))
        elif count > 1 or is_below_text:
            self.own = 0  # perhaps it is one

    def split(self, line: int) -> tuple[str, "_Held"]:
        """The text before a line, and what is held from there on."""
        rest = _Held(self.start + line, self.lines[line:])
        rest.size = sum(map(len, rest.lines))
        for heading in self.headings:
            if heading.line >= line:
                rest.add_heading(_Heading(heading.line - line, heading.count, heading.level))
        rest.own = self.own
        return "".join(self.lines[:line]), rest

    def open_at(self, line: int, above: list[int]) -> list[int]:
        """The levels of the headings that are open at a line."""
        levels = above
        for heading in self.headings:
            if heading.line < line:
                levels = [level for level in levels if level < heading.level] + [heading.level]
        return levels


class _Where:
    """Tells text from what stands in fences and comments, line by line."""

    def __init__(self) -> None:
        self._fence = ""
        self._is_comment = False

    def is_text(self, line: str) -> bool:
        opened = _FENCE.match(line)
        if self._fence:
            if opened and opened[1].startswith(self._fence) and not line.strip(" \t\n`~"):
                self._fence = ""
            return False
        if opened and not self._is_comment:
            self._fence = opened[1]
            return False
        if self._is_comment or OPEN in line:
            # A comment is not cut in two: its end would be read as text.
            self._is_comment = line.rfind(CLOSE) < max(line.rfind(OPEN), 0)
            return False
        return True
