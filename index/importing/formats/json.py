"""JSON: an array of objects, or JSON lines after all."""

from collections.abc import Iterator
from typing import TextIO

from index.importing.files import MAX_ROW, fault
from index.importing.formats.base import Format
from index.importing.formats.jsonl import decoder, json_reason, json_row, read_jsonl
from index.importing.formats.raw import BadRow, Raw

_BLOCK = 1 << 16


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
        yield from read_jsonl(text)


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
