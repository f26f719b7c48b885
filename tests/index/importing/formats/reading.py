"""Reading a file of some format, as an import does."""

from pathlib import Path

from index.importing.files import open_text
from index.importing.formats.raw import BadRow, RawRow
from index.importing.formats.registry import format_of


def rows(name: str, content: str | bytes) -> list[RawRow | BadRow]:
    path = Path(name)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with open_text(path) as text:
        return list(format_of(path).read(text))


def values(name: str, content: str | bytes) -> list[tuple[int, dict[object, object]]]:
    found = rows(name, content)
    assert all(isinstance(row, RawRow) for row in found), found
    return [(row.line, dict(row.values)) for row in found if isinstance(row, RawRow)]


def only_bad(name: str, content: str | bytes) -> BadRow:
    [bad] = [row for row in rows(name, content) if isinstance(row, BadRow)]
    return bad
