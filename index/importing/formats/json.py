"""JSON: an array of objects, an object that holds one, or JSON lines after all."""

import json
from collections.abc import Iterator
from typing import Any, TextIO

from index.importing.files import MAX_ROW, fault
from index.importing.formats.base import Format
from index.importing.formats.help_desk import as_row
from index.importing.formats.jsonl import decoder, json_reason, json_row, read_jsonl
from index.importing.formats.raw import BadRow, Raw
from index.importing.keys import resembles_audience

_BLOCK = 1 << 16
# Characters of an object that is read whole, to find the list in it.
_MAX_OBJECT = 32_000_000


def read_json(text: TextIO) -> Iterator[Raw]:
    """An array of objects, or JSON lines.

    Behind something that is not JSON nothing more can be found in an array, so that the last
    thing to come is then a `BadRow`.
    """
    line = 1
    start = text.read(_BLOCK)
    while start and not start.strip() and (more := text.read(_BLOCK)):
        line += start.count("\n")
        start = more
    if start.lstrip().startswith("["):
        yield from _read_array(text, start, line)
    elif start:
        text.seek(0)
        whole = text.read(_MAX_OBJECT + 1) if _is_one_object(start) else ""
        text.seek(0)
        if not whole:
            yield from read_jsonl(text)
        elif len(whole) > _MAX_OBJECT:
            reason = f"an object of more than {_MAX_OBJECT:,} characters; make it a list of rows"
            yield BadRow(line, reason, whole[:1000])
        else:
            yield from _read_object(whole)


def _is_one_object(start: str) -> bool:
    """Whether a file that begins so is one object over several lines, or one that holds rows."""
    first, _, rest = start.strip().partition("\n")
    value = _object(first)
    if value is not None:
        return not rest.strip() and not _is_row(value)
    # It may be a bad line of JSON lines; then the next one is an object of its own.
    return start.lstrip().startswith("{") and _object(rest.strip().partition("\n")[0]) is None


def _object(line: str) -> dict[str, Any] | None:
    try:
        value = decoder.decode(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _is_row(value: dict[str, object]) -> bool:
    return not {"question", "questions", "answer", "body"}.isdisjoint(map(str.lower, value))


def _read_object(whole: str) -> Iterator[Raw]:
    """The rows of the one list that an object holds, at any depth; or the object as a row."""
    if reason := fault(whole):
        yield BadRow(1, reason, whole[:1000])
        return
    try:
        value = decoder.decode(whole.strip())
    except (ValueError, RecursionError) as error:
        yield BadRow(getattr(error, "lineno", 1), f"not JSON: {json_reason(error)}", whole[:1000])
        return
    raw = json_row(1, value)
    if isinstance(raw, BadRow) or _is_row(value):
        yield raw if isinstance(raw, BadRow) else as_row(1, raw.values)
        return
    if any(key.lower() == "audience" or resembles_audience(key.lower()) for key in value):
        reason = "an audience stands outside of the rows; say it in each row"
        yield BadRow(1, f"{reason}; nothing of the file was taken", whole[:1000])
        return
    found = _lists(value)
    if len(found) != 1:
        keys = ", ".join(sorted(map(str, value))[:5])
        listed = f"lists stand at {', '.join(name for name, _ in found)}" if found else "none is"
        reason = f"rows are expected in one list; {listed} in the object with the keys {keys}"
        yield BadRow(1, reason, whole[:1000])
        return
    [(_, items)] = found
    line = 1
    at = 0
    for item in items:
        # Where it stands is told by its first text that can be found again.
        words = next((v for v in item.values() if isinstance(v, str) and v), "")
        start = whole.find(json.dumps(words, ensure_ascii=False)[1:-1][:60], at) if words else -1
        if start >= 0:
            line += whole.count("\n", at, start)
            at = start
        yield as_row(line, item)


def _lists(value: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The lists of rows in an object, with their names."""
    found: list[tuple[str, list[dict[str, Any]]]] = []
    pending: list[tuple[str, dict[str, Any]]] = [("", value)]
    while pending:
        path, holder = pending.pop()
        for key, item in holder.items():
            name = f"{path}{key}"
            if isinstance(item, dict):
                pending.append((f"{name}.", item))
            elif isinstance(item, list) and item and all(isinstance(i, dict) for i in item):
                found += [(name, item)] if any(map(_is_row, item)) else []
    return found


def _read_array(text: TextIO, start: str, line: int) -> Iterator[Raw]:
    line += start[: start.index("[")].count("\n")
    buffer = start[start.index("[") + 1 :]
    position = 0
    opening = True
    while True:
        # Forward to the next value, over blanks and one comma.
        while True:
            while position < len(buffer) and buffer[position] in " \t\n\r":
                line += buffer[position] == "\n"
                position += 1
            if position < len(buffer):
                break
            buffer, position = text.read(_BLOCK), 0
            if not buffer:
                yield BadRow(line, "not JSON: the list is not closed", "")
                return
        if buffer[position] == "]":
            return
        if buffer[position] == "," and not opening:
            opening = True
            position += 1
            continue
        if not opening:
            yield BadRow(line, "not JSON: a comma is missing; the rest was not read", "")
            return
        opening = False
        while True:
            try:
                value, end = decoder.raw_decode(buffer, position)
                # A number at the end of the buffer may go on behind it; an object cannot.
                if end < len(buffer) or isinstance(value, dict):
                    break
                reason = "the list is not closed"
            except RecursionError as error:
                reason = json_reason(error)
                yield BadRow(line, f"not JSON: {reason}; the rest was not read", "")
                return
            except ValueError as error:
                reason = json_reason(error)
            # Twice as much each time, so that a long value is not decoded over and over.
            rest = len(buffer) - position
            more = text.read(max(_BLOCK, rest)) if rest <= MAX_ROW else ""
            if not more:
                yield BadRow(line, f"not JSON: {reason}; the rest was not read", buffer[position:])
                return
            buffer, position = buffer[position:] + more, 0
        raw = buffer[position:end]
        yield BadRow(line, reason, raw) if (reason := fault(raw) or "") else json_row(line, value)
        line += raw.count("\n")
        position = end


JSON = Format(name="json", extensions=(".json",), read=read_json)
