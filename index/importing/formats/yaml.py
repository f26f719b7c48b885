"""YAML: a list of mappings, or one mapping a document.

A list is cut at its items and each item is parsed by itself. So a broken item costs one row,
not the rest of the file, and a file of any length needs the memory of one item. The values are
built here from the parser's events, as nothing but text, lists and mappings: no object can be
made, `answer: no` is a text, no depth of nesting can exhaust the stack, and aliases are counted as
what they stand for, so that a few of them cannot become gigabytes.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TextIO

import yaml

from index.importing.files import MAX_ROW, fault, lines
from index.importing.formats.base import Format, Row, WriteRow
from index.importing.formats.raw import MAX_DEPTH, BadRow, Raw, RawRow
from index.text import without_controls

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ITEM = re.compile(r"( *)-(?:[ \t]|$)")
_BOUNDARY = re.compile(r"(---|\.\.\.)(?:[ \t]|$)")
_NULLS = frozenset(["", "~", "null", "Null", "NULL"])
_TEXT_TAGS = (None, "!", "tag:yaml.org,2002:str")
_COLLECTION_TAGS = (None, "!", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map")


def read_yaml(text: TextIO) -> Iterator[Raw]:
    """The rows of a YAML file, from all its documents."""
    for number, chunk, reason in _chunks(text):
        if reason := reason or fault(chunk):
            yield BadRow(number, reason, chunk)
            continue
        try:
            values = parse_yaml(without_controls(chunk))
        except yaml.YAMLError as error:
            yield _unreadable(number, error, chunk)
            continue
        for value in values:
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, Mapping):
                    yield RawRow(number, item)
                elif item is not None:
                    reason = "a row must be a mapping with the keys question and answer"
                    yield BadRow(number, reason, str(item)[:MAX_ROW])


def parse_yaml(text: str) -> list[Any]:
    """The documents of a YAML text, made of strings, None, lists and dicts.

    Raises:
        yaml.YAMLError: It is not YAML, or uses tags, merge keys or anchors from elsewhere.
    """
    documents: list[Any] = []
    anchors: dict[str, _Anchored] = {}
    # What is open: the documents, and in them collections.
    stack = [_Open(documents)]
    size = 0

    def put(value: Any, event: yaml.Event, height: int = 0) -> None:
        if size > MAX_ROW:
            raise _refused(f"with its aliases it is longer than {MAX_ROW:,} characters", event)
        if len(stack) + height > MAX_DEPTH + 1:
            raise _refused("nested too deeply", event)
        holder = stack[-1]
        holder.height = max(holder.height, height)
        if isinstance(holder.value, list):
            holder.value.append(value)
        elif holder.key is None:
            if not isinstance(value, str):
                raise _refused("a key must be text", event)
            if value == "<<":
                raise _refused("<< is not supported", event)
            holder.key = value
        else:
            holder.value[holder.key] = value
            holder.key = None

    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.ScalarEvent):
            if event.tag not in _TEXT_TAGS:
                raise _refused(f"the tag {event.tag} is not supported", event)
            plain = event.implicit[0] and event.style in (None, "")
            is_null = plain and event.value in _NULLS and not stack[-1].waits_for_key
            value: Any = None if is_null else event.value
            own = 1 + len(event.value)
            size += own
            if event.anchor:
                anchors[event.anchor] = _Anchored(value, own)
            put(value, event)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in anchors:
                raise _refused(f"the alias *{event.anchor} has no anchor in its row", event)
            anchored = anchors[event.anchor]
            size += anchored.size
            put(anchored.value, event, anchored.height)
        elif isinstance(event, yaml.CollectionStartEvent):
            if event.tag not in _COLLECTION_TAGS:
                raise _refused(f"the tag {event.tag} is not supported", event)
            is_list = isinstance(event, yaml.SequenceStartEvent)
            value = [] if is_list else {}
            size += 1
            put(value, event, height=1)
            if event.anchor:
                # A circle is cut where it would close.
                anchors[event.anchor] = _Anchored([] if is_list else {}, 1, 1)
            stack.append(_Open(value, anchor=event.anchor, before=size - 1))
        elif isinstance(event, yaml.CollectionEndEvent):
            ended = stack.pop()
            stack[-1].height = max(stack[-1].height, ended.height + 1)
            if ended.anchor:
                anchors[ended.anchor] = _Anchored(
                    ended.value, size - ended.before, ended.height + 1
                )
    return documents


@dataclass(frozen=True)
class _Anchored:
    """What an alias stands for; its size in characters, and how deeply it is nested."""

    value: Any
    size: int
    height: int = 0


@dataclass
class _Open:
    """A collection that is being read; for a mapping with the key that waits for its value."""

    value: Any
    anchor: str | None = None
    before: int = 0  # the size of what was read before it
    height: int = 0  # of what it holds
    key: str | None = None

    @property
    def waits_for_key(self) -> bool:
        return isinstance(self.value, dict) and self.key is None


def _refused(problem: str, event: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)


def _unreadable(number: int, error: yaml.YAMLError, chunk: str) -> BadRow:
    problem = getattr(error, "problem", None) or "it holds characters that YAML does not allow"
    mark = getattr(error, "problem_mark", None)
    line = number + mark.line if mark is not None else number
    return BadRow(line, f"not YAML: {problem}", chunk)


def _chunks(text: TextIO) -> Iterator[tuple[int, str, str | None]]:
    """Line, text and fault of each item of a top-level list, or of a document that is none."""
    start = 0
    held: list[str] = []
    size = 0
    item: str | None = None  # how the items of this document's list start
    for number, line in lines(text):
        boundary = _BOUNDARY.match(line)
        opens = _ITEM.match(line)
        if boundary or (item is not None and opens and opens[1] == item):
            if held:
                yield start, *_joined(held, size)
            held, size = [], 0
            if boundary:
                item = None
                # `--- text` starts a document on its own line.
                line = line[3:] if line.startswith("---") else "\n"
        if not held:
            if _is_idle(line):
                continue
            start = number
            if item is None and (opens := _ITEM.match(line)):
                item = opens[1]
        size += len(line)
        if size <= MAX_ROW:
            held.append(line)
    if held:
        yield start, *_joined(held, size)


def _is_idle(line: str) -> bool:
    text = line.strip()
    return not text or text.startswith("#") or line.startswith("%")


def _joined(held: list[str], size: int) -> tuple[str, str | None]:
    too_long = f"the row is longer than {MAX_ROW:,} characters" if size > MAX_ROW else None
    return "".join(held), too_long


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Writes texts of several lines as literal blocks, which people can read and edit."""


def _represent_text(dumper: Any, text: str) -> Any:
    # The separators are line ends to YAML 1.1, which a literal block would not keep.
    is_block = "\n" in text and not any(mark in text for mark in "\x85\u2028\u2029")
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if is_block else None)


_Dumper.add_representer(str, _represent_text)


def write_yaml(out: TextIO) -> WriteRow:
    """Begin a list of mappings; texts of several lines are literal blocks."""

    def write(row: Row) -> None:
        yaml.dump([dict(row)], out, _Dumper, allow_unicode=True, sort_keys=False, width=100)

    return write


YAML = Format(
    name="yaml",
    title="YAML",
    extensions=(".yaml", ".yml"),
    read=read_yaml,
    write=write_yaml,
    exported_as=(".yaml", ".yml"),
)
