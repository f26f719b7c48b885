"""The formats that are imported and exported, a line each."""

from pathlib import Path

from index.errors import FaqbotError, ImportFailed
from index.importing.files import STDIN
from index.importing.formats.base import Format
from index.importing.formats.csv import CSV
from index.importing.formats.json import JSON
from index.importing.formats.jsonl import JSONL
from index.importing.formats.markdown import MARKDOWN
from index.importing.formats.yaml import YAML

FORMATS: list[Format] = [
    JSONL,
    JSON,
    CSV,
    YAML,
    MARKDOWN,
]


def format_of(path: Path) -> Format:
    """The format of a file that is to be read, by its extension; standard input is JSON lines.

    Raises:
        ImportFailed: The extension is none of ours.
    """
    if path == STDIN:
        return JSONL
    known = {extension: form for form in FORMATS for extension in form.extensions}
    try:
        return known[path.suffix.lower()]
    except KeyError:
        listed = ", ".join(known)
        raise ImportFailed(f"{path}: the extension must be one of {listed}") from None


def exported() -> dict[str, Format]:
    """The formats that can be exported, by name."""
    return {form.name: form for form in FORMATS if form.write is not None}


def export_format_of(path: Path | None) -> str:
    """The name of the format that a file to be written is in; JSON lines where nothing says.

    Raises:
        FaqbotError: It has an extension that is none of those that are written.
    """
    extension = path.suffix.lower() if path else ""
    if not extension:
        return JSONL.name
    known = {known: form.name for form in FORMATS for known in form.exported_as}
    if extension not in known:
        raise FaqbotError(
            f"{path}: an export is written as {', '.join(known)}; use one of these extensions, or "
            "say the format with --format"
        )
    return known[extension]


def titles() -> str:
    """What the formats that are read are called, for people: "JSONL, CSV or Markdown"."""
    *first, last = (form.title for form in FORMATS if form.title)
    return f"{', '.join(first)} or {last}"
