"""Readers: an open file as a stream of rows. None of them holds more than a few rows at once.

Markdown and YAML have modules of their own.
"""

import csv
import json
from collections.abc import Iterator
from typing import Any, TextIO

from index.errors import ImportFailed
from index.importing.files import MAX_ROW, Format, fault, lines
from index.importing.formats.markdown import read_markdown
from index.importing.formats.raw import BadRow, Raw, RawRow
from index.importing.formats.yaml import read_yaml

# Control characters inside strings are let through here and removed with the others later.
_decoder = json.JSONDecoder(strict=False)

_DELIMITERS = ",;\t"
_LISTS = ("phrasings", "tags", "audience")
_BLOCK = 1 << 16


def read(text: TextIO, form: Format) -> Iterator[Raw]:
    """The rows of an open file.

    Raises:
        ImportFailed: A CSV file names no columns that could be imported.
    """
    match form:
        case Format.JSONL:
            return read_jsonl(text)
        case Format.JSON:
            return read_json(text)
        case Format.CSV:
            return read_csv(text)
        case Format.YAML:
            return read_yaml(text)
        case Format.MARKDOWN:
            return read_markdown(text)


def read_jsonl(text: TextIO) -> Iterator[Raw]:
    """One JSON object a line; blank lines are skipped."""
    for number, line in lines(text):
        if not line.strip():
            continue
        if reason := fault(line):
            yield BadRow(number, reason, line)
            continue
        try:
            value = _decoder.decode(line)
        except (ValueError, RecursionError) as error:
            yield BadRow(number, f"not JSON: {_json_reason(error)}", line)
            continue
        yield _json_row(number, value)


def read_json(text: TextIO) -> Iterator[Raw]:
    """An array of objects, or JSON lines.

    Behind something that is not JSON nothing more can be found in an array, so that the last
    thing to come is then a `BadRow`.
    """
    start = text.read(_BLOCK)
    while start and not start.strip() and (more := text.read(_BLOCK)):
        start += more
    if start.lstrip().startswith("["):
        yield from _read_array(text, start)
    elif start:
        text.seek(0)
        yield from read_jsonl(text)


def _read_array(text: TextIO, start: str) -> Iterator[Raw]:
    line = 1 + start[: start.index("[")].count("\n")
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
                value, end = _decoder.raw_decode(buffer, position)
                # A number at the end of the buffer may go on behind it; an object cannot.
                if end < len(buffer) or isinstance(value, dict):
                    break
                reason = "the list is not closed"
            except (ValueError, RecursionError) as error:
                reason = _json_reason(error)
            # Twice as much each time, so that a long value is not decoded over and over.
            rest = len(buffer) - position
            more = text.read(max(_BLOCK, rest)) if rest <= MAX_ROW else ""
            if not more:
                yield BadRow(line, f"not JSON: {reason}; the rest was not read", buffer[position:])
                return
            buffer, position = buffer[position:] + more, 0
        raw = buffer[position:end]
        yield BadRow(line, reason, raw) if (reason := fault(raw) or "") else _json_row(line, value)
        line += raw.count("\n")
        position = end


def _json_row(line: int, value: Any) -> Raw:
    if isinstance(value, dict):
        return RawRow(line, value)
    return BadRow(line, "a row must be an object with the keys question and answer", repr(value))


def _json_reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.colno}"
    return "nested too deeply" if isinstance(error, RecursionError) else "a number is too long"


def read_csv(text: TextIO) -> Iterator[Raw]:
    """Rows under a header row; the delimiter (comma, semicolon, tab) is found from the header.

    Raises:
        ImportFailed: The first row does not name the columns question and answer.
    """
    numbered = lines(text)
    line, header = next(((n, content) for n, content in numbered if content.strip()), (0, ""))
    if not header:
        return
    delimiter, names = _columns(header)

    def contents() -> Iterator[str]:
        nonlocal line
        for line, content in numbered:  # noqa: B007 -- the reader wants lines, we their numbers
            yield content

    reader = csv.reader(contents(), delimiter=delimiter)
    while True:
        start = line + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(start, f"not CSV: {error}; is a quote left open?", "")
            continue
        if not any(cells):
            continue
        raw = delimiter.join(cells)
        if reason := fault(raw):
            yield BadRow(start, reason, raw)
        elif len(cells) > len(names) and any(cells[len(names) :]):
            reason = f"the row has {len(cells)} cells, the header {len(names)}"
            yield BadRow(start, reason, raw)
        else:
            yield RawRow(start, _from_cells(names, cells))


def _columns(header: str) -> tuple[str, list[str]]:
    for delimiter in _DELIMITERS:
        try:
            cells = next(csv.reader([header], delimiter=delimiter))
        except csv.Error:
            continue
        names = [cell.strip().lower().replace(" ", "_") for cell in cells]
        if {"question", "answer"} <= set(names):
            return delimiter, names
    raise ImportFailed(
        "the first row of a CSV file must name its columns, among them question and answer"
    )


def _from_cells(names: list[str], cells: list[str]) -> dict[object, object]:
    values: dict[object, object] = {}
    for name, cell in zip(names, cells, strict=False):
        if name in _LISTS:
            values.setdefault(name, split_cell(name, cell))
        elif cell or name in ("question", "answer"):
            values.setdefault(name, cell)
    return values


def split_cell(name: str, cell: str) -> list[object]:
    """The list that a CSV cell holds: a JSON list, else parts between separators.

    Phrasings are separated by `|` or line breaks, tags and channels by commas.
    """
    if cell.startswith("["):
        try:
            value = _decoder.decode(cell)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, list):
            return value
    if name == "phrasings":
        cell = cell.replace("\n", "|")
        return [part.strip() for part in cell.split("|") if part.strip()]
    return [part.strip() for part in cell.split(",") if part.strip()]
