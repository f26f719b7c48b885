"""Rows to import, and what came of them."""

from collections.abc import Callable
from pathlib import Path

from index.importing.importer import ImportResult
from index.store import Store
from index.store.types import Pair, Status

WriteFile = Callable[..., Path]
Stored = Callable[[], dict[str, Pair]]


def qa(number: int, **values: object) -> dict[str, object]:
    return {"question": f"Question {number}?", "answer": f"Answer {number}."} | values


def counts(result: ImportResult) -> tuple[int, int, int, int, int, int]:
    return (
        result.added,
        result.updated,
        result.unchanged,
        result.duplicates,
        result.rejected,
        result.retired,
    )


def ids(store: Store, status: Status = Status.ACTIVE) -> set[str]:
    return {pair.external_id for window in store.pairs.walk(status=status) for pair in window}
