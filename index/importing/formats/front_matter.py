"""Front matter of a Markdown file: what it says of all its answers, above all who may see them.

It fails closed. Whatever looks like front matter and is not understood refuses the file, because
it may have said that the answers are not for everybody.
"""

import re
import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

from index.importing.files import MAX_ROW, fault
from index.importing.formats.raw import BadRow
from index.importing.formats.yaml import parse_yaml
from index.importing.keys import resembles_audience
from index.text import without_controls

_KEYS = frozenset(["topic", "url", "tags", "audience", "author", "source"])
# Keys by which other programs say who may see a page. Only a value that opens it is understood.
_ACCESS = frozenset(
    [
        "access",
        "acl",
        "channel",
        "channels",
        "confidential",
        "internal",
        "permissions",
        "private",
        "restricted",
        "visibility",
        "visible_to",
    ]
)
_OPEN = frozenset(
    ["", "no", "false", "none", "off", "public", "everybody", "everyone", "all"],
)
_STATUSES = frozenset(["draft", "active", "retired"])
_YES = frozenset(["yes", "true", "on", "1"])
_NO = frozenset(["no", "false", "off", "0"])
_MAX_LINES = 200
_KEY_LINE = re.compile(r"\s*[\"']?[A-Za-z][\w .-]{0,40}[\"']?\s*[:=](?:\s|$)")
_AUDIENCE_LINE = re.compile(r"[\s>*_\"'`#{,<!+-]*audience[\s*_\"'`]*[:=]", re.IGNORECASE)
_HINT = "; nothing of the file was taken"


@dataclass(frozen=True)
class FrontMatter:
    """What stands above the text of a file.

    Attributes:
        values: What holds for all rows.
        line: Number of the first line behind it.
        held: The lines that were read too far.
        late: Its first line where that is not the first of the file, else 0.
    """

    values: Mapping[object, object]
    line: int = 1
    held: tuple[str, ...] = ()
    late: int = 0


def read_front_matter(numbered: Iterator[tuple[int, str]]) -> FrontMatter | BadRow:
    """The front matter of a file, or why the file must not be taken.

    Blank lines and comments may stand above it, and it may be indented.
    """
    held: list[str] = []
    opener = 0  # the number of the line that opens it
    is_comment = False
    size = 0
    for number, line in numbered:
        held.append(line)
        size += len(line)
        text = line.strip()
        if opener:
            if _closes(held[opener - 1].strip(), text):
                return _parsed(held[opener : number - 1], held[opener - 1].strip(), opener, number)
            if size > MAX_ROW:
                reason = f"the front matter is longer than {MAX_ROW:,} characters"
                return BadRow(opener, reason + _HINT, "".join(held))
            if number - opener > _MAX_LINES:
                break
        elif is_comment or text.startswith("<!--"):
            is_comment = "-->" not in text
        elif _opens(text):
            opener = number
        elif text:
            break
        if not opener and (number > _MAX_LINES or size > MAX_ROW):
            break
    if opener:
        for number, line in enumerate(held[opener:], opener + 1):
            if line.lstrip().startswith("#"):
                break
            if _KEY_LINE.match(line):
                reason = f"the front matter opened on line {opener} is not closed by a line ---"
                return BadRow(number, reason + _HINT, line)
    return FrontMatter({}, 1, tuple(held))


def audience_outside(lines: list[str]) -> int | None:
    """The first of some lines, from 0, that says who may see the answers where none can say so."""
    return next((n for n, line in enumerate(lines) if _AUDIENCE_LINE.match(line)), None)


def audience_behind_rule(lines: list[str]) -> int | None:
    """The first line, from 0, that begins like front matter, with an audience, below a rule."""
    is_below = False
    for number, line in enumerate(lines):
        text = line.strip()
        if _opens(text):
            is_below = True
        elif is_below and _AUDIENCE_LINE.match(line):
            return number
        elif text and not _KEY_LINE.match(line):
            is_below = False
    return None


def misplaced(line: int, text: str) -> BadRow:
    """That an audience stands where it has no effect."""
    reason = "an audience stands outside of front matter, which is the first thing in a file"
    return BadRow(line, reason + _HINT, text)


def _opens(text: str) -> bool:
    return text == "+++" or (len(text) >= 3 and not text.strip("-"))


def _closes(opener: str, text: str) -> bool:
    return text == opener or (opener.startswith("-") and (text == "..." or _opens(text)))


def _parsed(held: list[str], opener: str, start: int, end: int) -> FrontMatter | BadRow:
    text = textwrap.dedent("".join(held))
    reason = fault(text)
    values: object = {}
    if not reason:
        try:
            values = _decoded(without_controls(text), opener)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = "" if mark is None else f" (line {start + 1 + mark.line})"
            reason = f"not YAML: {getattr(error, 'problem', None) or error}{where}"
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            reason = f"not TOML: {error}"
    if reason or not isinstance(values, Mapping):
        reason = f"the front matter cannot be used: {reason or 'it must be a mapping'}"
        return BadRow(start, reason + _HINT, text)
    front: dict[object, object] = {}
    for key, value in values.items():
        name = key.strip().lower()
        said = value.strip().lower() if isinstance(value, str) else value
        if name == "audience" and said in (None, "", [], {}):
            reason = "audience is empty (in YAML a # begins a comment)"
        elif name in _ACCESS and not (said is None or said in _OPEN):
            reason = f"{name} may restrict the answers; say it as audience: with channel ids"
        elif resembles_audience(name):
            reason = f"the key {name} is unknown; is audience meant?"
        elif name in ("draft", "published") and said in _YES | _NO:
            if (name == "draft") == (said in _YES):
                front["status"] = "draft"
            continue
        elif name == "status" and said in _STATUSES:
            front.setdefault("status", said)
            continue
        # Another key must not reach the rows, where it may have a meaning, but be reported.
        front[name if name in _KEYS else f"front_matter.{name}"] = value
        if reason:
            return BadRow(start, f"the front matter cannot be used: {reason}{_HINT}", text)
    return FrontMatter(front, end + 1, late=start if start > 1 else 0)


def _decoded(text: str, opener: str) -> object:
    if opener == "+++":
        return {
            key: [str(item) for item in value] if isinstance(value, list) else _toml_text(value)
            for key, value in tomllib.loads(text).items()
        }
    documents = parse_yaml(text)
    return documents[0] if documents else {}


def _toml_text(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, Mapping) else str(value)
