"""JSON lines: one object a line."""

import json
from collections.abc import Iterator
from typing import Any, TextIO

from index.importing.files import fault, lines
from index.importing.formats.base import Format, Row, WriteRow
from index.importing.formats.raw import BadRow, Raw, RawRow, is_too_deep

# Control characters inside strings are let through here and removed with the others later.
decoder = json.JSONDecoder(strict=False)

NESTED_TOO_DEEPLY = "nested too deeply"


def read_jsonl(text: TextIO) -> Iterator[Raw]:
    """One JSON object a line; blank lines are skipped."""
    for number, line in lines(text):
        if not line.strip():
            continue
        if reason := fault(line):
            yield BadRow(number, reason, line)
            continue
        try:
            value = decoder.decode(line)
        except (ValueError, RecursionError) as error:
            yield BadRow(number, f"not JSON: {json_reason(error)}", line)
            continue
        yield json_row(number, value)


def write_jsonl(out: TextIO) -> WriteRow:
    """Begin a file of one object a line."""

    def write(row: Row) -> None:
        out.write(json.dumps(row, ensure_ascii=False) + "\n")

    return write


def json_row(line: int, value: Any) -> Raw:
    """A decoded value as a row, or why it is none."""
    if is_too_deep(value):
        return BadRow(line, f"not JSON: {NESTED_TOO_DEEPLY}", "")
    if isinstance(value, dict):
        return RawRow(line, value)
    return BadRow(line, "a row must be an object with the keys question and answer", repr(value))


def json_reason(error: Exception) -> str:
    """Why something could not be decoded."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.colno}"
    return NESTED_TOO_DEEPLY if isinstance(error, RecursionError) else "a number is too long"


JSONL = Format(
    name="jsonl",
    title="JSONL",
    extensions=(".jsonl", ".ndjson"),
    read=read_jsonl,
    write=write_jsonl,
    exported_as=(".jsonl", ".ndjson"),
)
