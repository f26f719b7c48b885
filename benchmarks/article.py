"""The cloud FAQ, and the two sides into which the article of its makers splits it."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from index.store.types import PairDraft
from index.text import clean, one_line

# The article's own.
SEED = 42


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of the data set; a file that is missing ends the benchmark."""
    require(path)
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def require(path: Path) -> None:
    """End the benchmark where a data set is missing."""
    if not path.is_file():
        sys.exit(f"{path} does not exist: see the README of the data for where it is from")


def sides(rows: Sequence[dict[str, str]]) -> tuple[list[int], list[int]]:
    """Which rows the article trains on, and which it tests on, by number."""
    # Here, because not every benchmark that reads the data set needs what training needs.
    from sklearn.model_selection import train_test_split

    trained_on, tested_on = train_test_split(
        range(len(rows)), stratify=[row["source"] for row in rows], random_state=SEED
    )
    return trained_on, tested_on


def drafts_of(rows: Sequence[dict[str, str]]) -> list[PairDraft]:
    """The rows as pairs, numbered as they come."""
    return [
        PairDraft("cloud", str(i), one_line(row["question"]), clean(row["answer"]))
        for i, row in enumerate(rows)
    ]
