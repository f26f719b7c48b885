"""Which pair a row is, and whether the same import has had it before.

Only hashes are kept of the rows that went by, so that the memory of an import stays small.
"""

import uuid
from dataclasses import dataclass

from index.importing.rows import FaqRow, RowError
from index.store.types import PairDraft, pair_id
from index.text import fold, text_hash


@dataclass(frozen=True, slots=True)
class _Place:
    file: str
    line: int


class Identities:
    """The rows of one import so far, by what identifies them."""

    def __init__(self, *, remember_present: bool) -> None:
        """Start an import.

        Args:
            remember_present: Whether `is_present` will be asked; it costs memory for each row.
        """
        self._contents: dict[bytes, tuple[bytes, _Place]] = {}
        self._answers: set[bytes] = set()
        self._occurrences: dict[bytes, int] = {}
        self._present: set[bytes] | None = set() if remember_present else None

    def draft(self, row: FaqRow, source: str, file: str, line: int) -> PairDraft | None:
        """The pair that a row describes; None where it repeats an earlier row.

        Raises:
            RowError: An earlier row had the same id and another content.
        """
        if row.id is not None:
            if self._repeats(row, source, file, line):
                return None
            external_id = row.id
        else:
            occurrence = self._occurrence(row, source)
            if occurrence is None:
                return None
            external_id = text_hash(fold(row.question)).hex()
            if occurrence > 1:
                external_id = f"{external_id}-{occurrence}"
        self.note_present(source, external_id)
        return PairDraft(
            source=source,
            external_id=external_id,
            question=row.question,
            answer=row.answer,
            phrasings=row.phrasings,
            topic=row.topic,
            url=row.url,
            tags=row.tags,
            audience=row.audience,
            status=row.status,
            author=row.author,
            created_at=row.created_at,
        )

    def note_present(self, source: str, external_id: str) -> None:
        """Record that the files still hold a pair, even where its row was rejected."""
        if self._present is not None:
            self._present.add(uuid.UUID(pair_id(source, external_id)).bytes)

    def is_present(self, pair: str) -> bool:
        """Whether a pair, given by its id in the store, came by in this import."""
        return self._present is not None and uuid.UUID(pair).bytes in self._present

    def _repeats(self, row: FaqRow, source: str, file: str, line: int) -> bool:
        key = text_hash(f"{source}\x1f{row.id}")
        content = text_hash(repr(row))
        earlier = self._contents.get(key)
        if earlier is None:
            self._contents[key] = (content, _Place(file, line))
            return False
        if earlier[0] == content:
            return True
        place = earlier[1]
        where = f"line {place.line}" if place.file == file else f"{place.file} line {place.line}"
        raise RowError(f"id {row.id!r} was used before, at {where}, with another content")

    def _occurrence(self, row: FaqRow, source: str) -> int | None:
        """1, 2, ... for the different answers to one question; None for a repeated answer."""
        question = f"{source}\x1f{fold(row.question)}"
        answer = text_hash(f"{question}\x1f{row.answer}")
        if answer in self._answers:
            return None
        self._answers.add(answer)
        key = text_hash(question)
        self._occurrences[key] = self._occurrences.get(key, 0) + 1
        return self._occurrences[key]
