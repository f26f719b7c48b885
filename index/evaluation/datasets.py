"""Data sets to evaluate on: pairs, and queries with the pairs that answer them, as JSONL files."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.errors import FaqbotError
from index.store.types import PairDraft, Phrasing
from index.text import clean, one_line


@dataclass(frozen=True)
class LabelledQuery:
    """A question and the ids of the pairs that answer it; none where silence is right."""

    text: str
    relevant: frozenset[str]


def read_pairs(path: Path) -> list[PairDraft]:
    """Rows `{"id", "question", "answer"}` of a JSONL file as pairs, `"phrasings"` if any.

    Raises:
        FaqbotError: A row is not of that form; the message names its line.
    """
    drafts: dict[str, PairDraft] = {}
    for line, row in _rows(path):
        key = row.get("id")
        question, answer = row.get("question"), row.get("answer")
        if not (isinstance(question, str) and isinstance(answer, str) and key is not None):
            raise FaqbotError(f'{path}:{line}: expected {{"id", "question", "answer"}}')
        phrasings = row.get("phrasings") or []
        if not (isinstance(phrasings, list) and all(isinstance(text, str) for text in phrasings)):
            raise FaqbotError(f'{path}:{line}: expected "phrasings" to be a list of texts')
        if str(key) in drafts:
            raise FaqbotError(f"{path}:{line}: id {key!r} was used before")
        drafts[str(key)] = PairDraft(
            "evaluation",
            str(key),
            one_line(question),
            clean(answer),
            tuple(Phrasing(one_line(text)) for text in phrasings if text.strip()),
        )
    if not drafts:
        raise FaqbotError(f"{path} has no pairs")
    return list(drafts.values())


def read_queries(path: Path, known: Collection[str]) -> list[LabelledQuery]:
    """Rows `{"query", "relevant": [ids]}` of a JSONL file.

    Args:
        known: The ids of the pairs; a query that names another is a mistake in the files.

    Raises:
        FaqbotError: A row is not of that form; the message names its line.
    """
    queries = []
    for line, row in _rows(path):
        text, relevant = row.get("query"), row.get("relevant")
        if not (isinstance(text, str) and isinstance(relevant, list)):
            raise FaqbotError(f'{path}:{line}: expected {{"query", "relevant": [ids]}}')
        ids = frozenset(str(key) for key in relevant)
        if unknown := sorted(ids - set(known)):
            raise FaqbotError(f"{path}:{line}: relevant id {unknown[0]!r} is not among the pairs")
        queries.append(LabelledQuery(text, ids))
    if not queries:
        raise FaqbotError(f"{path} has no queries")
    return queries


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    row = json.loads(line)
                except ValueError as error:
                    raise FaqbotError(f"{path}:{number}: not JSON ({error})") from None
                if not isinstance(row, dict):
                    raise FaqbotError(f"{path}:{number}: not a JSON object")
                yield number, row
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise FaqbotError(f"{path} cannot be read: {why}") from None
