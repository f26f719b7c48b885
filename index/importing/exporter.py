"""Exporting the store's pairs: lossless as JSONL, CSV and YAML; as Markdown to be read."""

import csv
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, TextIO

import yaml

from index.errors import FaqbotError
from index.importing.formats.markdown import headings, plain_heading
from index.importing.formats.readers import split_cell
from index.importing.html import looks_like_html
from index.store import Store
from index.store.types import Origin, Pair, Status

ExportFormat = Literal["jsonl", "csv", "yaml", "md"]

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

_MARKDOWN_MARKS = "\\`*_[]<>&#!"


def export_pairs(
    store: Store,
    out: TextIO | Path,
    *,
    format: ExportFormat = "jsonl",
    status: Status | None = None,
    source: str | None = None,
) -> int:
    """Write pairs as a file that `import_files` reads back.

    JSONL, CSV and YAML hold all of a pair but its revision and the time of its last change.
    Markdown holds question, answer and topic only; so it has only pairs that everybody may
    see, and where no status is asked for only active ones.

    Args:
        store: Where the pairs are.
        out: An open text file, or a path, which appears when it is complete.
        format: "jsonl", "csv", "yaml" or "md".
        status: Only pairs of this status; None means all (Markdown: active ones).
        source: Only pairs of this source.

    Returns:
        How many pairs were written.

    Raises:
        FaqbotError: The file cannot be written.
        StoreError: The store failed.
    """
    if isinstance(out, Path):
        temporary = out.parent / f".{out.name}.{os.getpid()}.tmp"
        try:
            with temporary.open("w", encoding="utf-8", newline="") as file:
                count = export_pairs(store, file, format=format, status=status, source=source)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(out)
        except OSError as error:
            raise FaqbotError(f"{out} cannot be written: {error.strerror}") from None
        finally:
            temporary.unlink(missing_ok=True)
        return count
    is_markdown = format == "md"
    if is_markdown and status is None:
        status = Status.ACTIVE
    write = _WRITERS[format](out)
    count = 0
    for window in store.pairs.walk(source=source, status=status, by_topic=is_markdown):
        for pair in window:
            if is_markdown and pair.audience:
                continue
            write(pair)
            count += 1
    return count


def row_of(pair: Pair) -> dict[str, Any]:
    """A pair as a row to be imported: what is empty is left out."""
    row: dict[str, Any] = {
        "id": pair.external_id,
        "question": pair.question,
        "phrasings": [
            p.text if p.origin is Origin.IMPORT else {"text": p.text, "origin": p.origin.value}
            for p in pair.phrasings
        ],
        "answer": pair.answer,
        "topic": pair.topic,
        "url": pair.url,
        "tags": list(pair.tags),
        "audience": list(pair.audience),
        "status": pair.status.value,
        "author": pair.author,
        "source": pair.source,
        "created_at": pair.created_at.isoformat(),
    }
    if any(map(looks_like_html, (*pair.wordings, pair.answer))):
        row["format"] = "text"
    return {key: value for key, value in row.items() if value}


def _jsonl_writer(out: TextIO) -> Callable[[Pair], None]:
    def write(pair: Pair) -> None:
        out.write(json.dumps(row_of(pair), ensure_ascii=False) + "\n")

    return write


def _csv_writer(out: TextIO) -> Callable[[Pair], None]:
    # A cell that starts with = + - or @ is written as it is: a mark against spreadsheets that
    # take it for a formula would come back as part of the text. docs/importing.md warns of it.
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()

    def write(pair: Pair) -> None:
        row = row_of(pair)
        for name in ("phrasings", "tags", "audience"):
            row[name] = _cell(name, row.get(name, []))
        writer.writerow(row)

    return write


def _cell(name: str, items: list[Any]) -> str:
    """A list as a cell: separated where that reads back the same, else as JSON."""
    if all(isinstance(item, str) for item in items):
        cell = (" | " if name == "phrasings" else ", ").join(items)
        if split_cell(name, cell) == items:
            return cell
    return json.dumps(items, ensure_ascii=False)


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Writes texts of several lines as literal blocks, which people can read and edit."""


def _represent_text(dumper: Any, text: str) -> Any:
    # The separators are line ends to YAML 1.1, which a literal block would not keep.
    is_block = "\n" in text and not any(mark in text for mark in "\x85\u2028\u2029")
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if is_block else None)


_Dumper.add_representer(str, _represent_text)


def _yaml_writer(out: TextIO) -> Callable[[Pair], None]:
    def write(pair: Pair) -> None:
        yaml.dump([row_of(pair)], out, _Dumper, allow_unicode=True, sort_keys=False, width=100)

    return write


def _markdown_writer(out: TextIO) -> Callable[[Pair], None]:
    topic = ""

    def write(pair: Pair) -> None:
        nonlocal topic
        if pair.topic and pair.topic != topic:
            topic = pair.topic
            out.write(f"# {_heading(topic)}\n\n")
        out.write(f"## {_heading(pair.question)}\n\n{_standing_alone(pair.answer)}\n\n")

    return write


def _heading(text: str) -> str:
    """A text as a heading that reads as the same words."""
    if plain_heading(text) == text and not text.endswith("#"):
        return text
    return "".join("\\" + c if c in _MARKDOWN_MARKS else c for c in text)


def _standing_alone(answer: str) -> str:
    """An answer that does not reach into what follows it, nor looks like a question."""
    lines = answer.split("\n")
    for start, end in reversed(headings(answer)):
        lines[start:end] = [f"**{line}**" for line in _heading_lines(lines[start:end])]
    answer = "\n".join(lines)
    for ending in ("", "\n```", "\n~~~", "\n````", "\n-->"):
        if _ends_before_heading(answer + ending):
            return answer + ending
    return "\n".join("    " + line for line in lines)


def _heading_lines(lines: list[str]) -> Iterator[str]:
    for line in lines:
        text = line.strip().strip("#").strip()
        if text.strip("=-"):
            yield text


def _ends_before_heading(answer: str) -> bool:
    end = answer.count("\n") + 2
    return headings(f"{answer}\n\n## ?\n") == [(end, end + 1)]


_WRITERS: dict[str, Callable[[TextIO], Callable[[Pair], None]]] = {
    "jsonl": _jsonl_writer,
    "csv": _csv_writer,
    "yaml": _yaml_writer,
    "md": _markdown_writer,
}
