"""CSV: a header row, then a row a pair."""

import csv
import io
import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, TextIO

from index.errors import ImportFailed
from index.importing.files import NOT_UTF8, fault, lines
from index.importing.formats.base import Format, Row, WriteRow
from index.importing.formats.help_desk import grouped
from index.importing.formats.jsonl import decoder
from index.importing.formats.raw import BadRow, Raw, RawRow, is_too_deep
from index.importing.keys import KEYS

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

# Longer than any cell that csv reads.
_MAX_RECORD = 2 * csv.field_size_limit()
_DELIMITERS = ",;\t"
_NO_COLUMNS: Mapping[str, str] = MappingProxyType({})
_SYNONYMS = {
    "question": frozenset(["questions", "q", "frage", "fragen"]),
    "answer": frozenset(["answers", "a", "antwort", "antworten"]),
}
# Columns that QnA Maker writes.
_QNA_MAKER = frozenset(["question", "answer", "metadata", "suggestedquestions"])
_LISTS = ("phrasings", "tags", "audience")


def read_csv(text: TextIO, columns: Mapping[str, str] = _NO_COLUMNS) -> Iterator[Raw]:
    """Rows under a header row; the delimiter (comma, semicolon, tab) is found from the header.

    Raises:
        ImportFailed: The first row does not name the columns question and answer.
    """
    numbered = lines(text)
    header, said = _header(numbered)
    if not header:
        return
    delimiter, names = _columns(header, said, columns)
    rows = _rows(numbered, delimiter, names)
    yield from grouped(rows) if set(names) >= _QNA_MAKER else rows


def _header(numbered: Iterator[tuple[int, str]]) -> tuple[str, str]:
    """The header, and the delimiter that Excel's line `sep=;` above it names."""
    said = ""
    for _, line in numbered:
        text = line.strip().strip('"')
        if text.lower().startswith("sep=") and len(line.strip('\r\n"')) == len("sep=;"):
            said = line.strip('\r\n"')[4]
        elif text:
            return line, said
    return "", said


def _rows(numbered: Iterator[tuple[int, str]], delimiter: str, names: list[str]) -> Iterator[Raw]:
    for start, held, reason in _records(numbered, delimiter):
        if reason:
            yield BadRow(start, reason, held)
            continue
        try:
            cells = next(csv.reader(io.StringIO(held, newline=""), delimiter=delimiter), [])
        except csv.Error as error:
            yield BadRow(start, f"not CSV: {error}", held)
            continue
        if not any(cells):
            continue
        if reason := fault(held):
            yield BadRow(start, reason, held)
        elif len(cells) > len(names) and any(cells[len(names) :]):
            reason = f"the row has {len(cells)} cells, the header {len(names)}"
            yield BadRow(start, reason, held.rstrip("\r\n"))
        else:
            yield RawRow(start, _from_cells(names, cells))


def _records(
    numbered: Iterator[tuple[int, str]], delimiter: str
) -> Iterator[tuple[int, str, str | None]]:
    """The number of its first line, the text and the fault of each row.

    A row whose quote is left open would swallow those below it: it is given up, and reading goes
    on with the line behind its first one.
    """
    ahead: deque[tuple[int, str]] = deque()
    while item := ahead.popleft() if ahead else next(numbered, None):
        held = [item]
        size = len(item[1])
        is_open, is_broken = _quotes(item[1], delimiter, is_open=False)
        while is_open and not is_broken and size <= _MAX_RECORD:
            following = ahead.popleft() if ahead else next(numbered, None)
            if following is None:
                break
            held.append(following)
            size += len(following[1])
            is_open, is_broken = _quotes(following[1], delimiter, is_open=True)
        start, first = item
        if is_open or (is_broken and len(held) > 1):
            ahead.extendleft(reversed(held[1:]))
            yield start, first, "a quote is left open in this row"
        else:
            yield start, "".join(line for _, line in held), None


def _quotes(line: str, delimiter: str, *, is_open: bool) -> tuple[bool, bool]:
    """Whether a line ends inside a quoted cell, and whether text follows a closing quote in it."""
    is_broken = False
    at = 0
    while True:
        if is_open:
            quote = line.find('"', at)
            if quote < 0:
                return True, is_broken
            if line.startswith('""', quote):
                at = quote + 2
                continue
            at = quote + 1
            is_broken = is_broken or line[at : at + 1] not in ("", delimiter, "\r", "\n")
        if is_open or not line.startswith('"', at):
            found = line.find(delimiter, at)
            if found < 0:
                return False, is_broken
            at = found + 1
        is_open = line.startswith('"', at)
        at += is_open


def _key(cell: str) -> str:
    return cell.strip().lower().replace(" ", "_")


def _columns(header: str, said: str, columns: Mapping[str, str]) -> tuple[str, list[str]]:
    names: list[str] = []
    for delimiter in said or _DELIMITERS:
        try:
            cells = next(csv.reader([header], delimiter=delimiter))
        except csv.Error:
            continue
        names = [_key(cell) for cell in cells]
        for meant, named in columns.items():
            name = _key(named)
            if name not in names:
                break
            names = [meant if n == name else f"{n}_unused" if n == meant else n for n in names]
        for meant, others in _SYNONYMS.items():
            if meant not in names:
                names = [meant if name in others else name for name in names]
        if {"question", "answer"} <= set(names):
            for name in KEYS:
                if names.count(name) > 1:
                    raise ImportFailed(f"the column {name} stands twice; rename or remove one")
            return delimiter, names
    raise ImportFailed(
        "the first row of a CSV file must name its columns, among them question and answer; "
        f"it has {header.strip()[:80]!r}"
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


def check_columns(text: TextIO, columns: Mapping[str, str] = _NO_COLUMNS) -> None:
    """Read the header, and whether the file is text that is understood.

    Raises:
        ImportFailed: The first row does not name the columns question and answer, or the file is
            not UTF-8.
    """
    numbered = lines(text)
    header, said = _header(numbered)
    if header:
        _columns(header, said, columns)
    text.seek(0)
    for number, line in lines(text):
        if not line.isascii() and fault(line) == NOT_UTF8:
            # Excel's other CSV is of a code page that the file does not name.
            raise ImportFailed(f"line {number} is not UTF-8; save the file as 'CSV UTF-8'")


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


def _with_columns(columns: Mapping[str, str]) -> Format:
    read, check = partial(read_csv, columns=columns), partial(check_columns, columns=columns)
    return replace(CSV, read=read, check=check)


CSV = Format(
    name="csv",
    title="CSV",
    extensions=(".csv", ".tsv"),
    read=read_csv,
    check=check_columns,
    with_columns=_with_columns,
    write=write_csv,
    exported_as=(".csv",),
)
