"""CSV: a header row, then a row a pair."""

import csv
import json
from collections.abc import Iterator
from typing import Any, TextIO

from index.errors import ImportFailed
from index.importing.files import fault, lines
from index.importing.formats.base import Format, Row, WriteRow
from index.importing.formats.jsonl import decoder
from index.importing.formats.raw import BadRow, Raw, RawRow, is_too_deep

COLUMNS = (
    "id",
    "question",
    "phrasings",
    "answer",
    "topic",
    "url",
    "tags",
    "audience",
    "status",
    "author",
    "source",
    "created_at",
    "format",
)

_DELIMITERS = ",;\t"
_LISTS = ("phrasings", "tags", "audience")


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
        for line, content in numbered:  # noqa: B007 -- csv takes the lines; their numbers are kept here
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
            values.setdefault(name, _split_cell(name, cell))
        elif cell or name in ("question", "answer"):
            values.setdefault(name, cell)
    return values


def _split_cell(name: str, cell: str) -> list[object]:
    """The list that a CSV cell holds: a JSON list, else parts between separators.

    Phrasings are separated by `|` or line breaks, tags and channels by commas.
    """
    if cell.startswith("["):
        try:
            value = decoder.decode(cell)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, list) and not is_too_deep(value):
            return value
    if name == "phrasings":
        cell = cell.replace("\n", "|")
        return [part.strip() for part in cell.split("|") if part.strip()]
    return [part.strip() for part in cell.split(",") if part.strip()]


def check_columns(text: TextIO) -> None:
    """Read the first rows, for the header.

    Raises:
        ImportFailed: The first row does not name the columns question and answer.
    """
    next(read_csv(text), None)


def write_csv(out: TextIO) -> WriteRow:
    """Write the header; then a line a row, lists in one cell."""
    # A cell that starts with = + - or @ is written as it is: a mark against spreadsheets that
    # take it for a formula would come back as part of the text. docs/importing.md warns of it.
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()

    def write(row: Row) -> None:
        cells = {name: _cell(name, row.get(name, [])) for name in _LISTS}
        writer.writerow({**row, **cells})

    return write


def _cell(name: str, items: list[Any]) -> str:
    """A list as a cell: separated where that reads back the same, else as JSON."""
    if all(isinstance(item, str) for item in items):
        cell = (" | " if name == "phrasings" else ", ").join(items)
        if _split_cell(name, cell) == items:
            return cell
    return json.dumps(items, ensure_ascii=False)


CSV = Format(
    name="csv",
    title="CSV",
    extensions=(".csv", ".tsv"),
    read=read_csv,
    check=check_columns,
    write=write_csv,
    exported_as=(".csv",),
)
