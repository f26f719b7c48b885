"""Exporting the store's pairs, in any format that has a writer."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from index.errors import FaqbotError
from index.importing.formats.registry import exported
from index.importing.html import looks_like_html
from index.private import share_as_usual
from index.store import Store
from index.store.types import Origin, Pair, Status
from index.store.visibility import channels_of

_FOR_IMPORT = ("source", "topic", "question", "external_id")
_FOR_READERS = ("topic", "source", "question", "external_id")


@dataclass(frozen=True)
class Exported:
    """What an export did.

    Attributes:
        written: How many pairs are in the file.
        inactive: How many are left out of a file for readers as drafts or retired ones.
        restricted: How many are left out of one because not everybody may see them.
    """

    written: int
    inactive: int = 0
    restricted: int = 0


def export_pairs(
    store: Store,
    out: TextIO | Path,
    *,
    format: str = "jsonl",
    status: Status | None = None,
    source: str | None = None,
) -> Exported:
    """Write pairs as a file that `import_files` reads back.

    JSONL, CSV and YAML hold all of a pair but its revision and the time of its last change.
    Markdown holds question, answer and topic only; so it has only pairs that everybody may
    see, and where no status is asked for only active ones.

    They come by source, topic and question, Markdown by topic first: in the same order from
    every database, so that two exports can be compared line by line.

    Args:
        store: Where the pairs are.
        out: An open text file, or a path, which appears when it is complete.
        format: Name of one that the registry exports (`formats/registry.py`).
        status: Only pairs of this status; None means all (Markdown: active ones).
        source: Only pairs of this source.

    Returns:
        How many pairs were written, and how many are not for readers.

    Raises:
        FaqbotError: There is no such format, or the file cannot be written.
        StoreError: The store failed.
    """
    chosen = exported().get(format)
    if chosen is None or (begin := chosen.write) is None:
        raise FaqbotError(f"{format} is no format to export to; there are {', '.join(exported())}")
    if isinstance(out, Path):
        temporary = out.parent / f".{out.name}.{os.getpid()}.tmp"
        try:
            with temporary.open("w", encoding="utf-8", newline="") as file:
                done = export_pairs(store, file, format=format, status=status, source=source)
                file.flush()
                os.fsync(file.fileno())
            share_as_usual(temporary)
            temporary.replace(out)
        except OSError as error:
            raise FaqbotError(f"{out} cannot be written: {error.strerror}") from None
        finally:
            temporary.unlink(missing_ok=True)
        return done
    write = begin(out)
    written = inactive = restricted = 0
    order = _FOR_READERS if chosen.for_readers else _FOR_IMPORT
    for window in store.pairs.walk(source=source, status=status, order=order):
        for pair in window:
            if chosen.for_readers and status is None and pair.status is not Status.ACTIVE:
                inactive += 1
            elif chosen.for_readers and channels_of(pair.audience):
                restricted += 1
            else:
                write(row_of(pair))
                written += 1
    return Exported(written, inactive, restricted)


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
