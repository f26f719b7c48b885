"""Golden questions: what a new model must not get wrong."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from index.store.database import Database, insert
from index.store.tables import golden
from index.store.types import Golden
from index.text import fold, text_hash


class GoldenQuestions:
    """Questions that admins have pinned: a model that gets one wrong does not go live."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, question: str, pair_id: str, created_by: str | None = None) -> Golden | None:
        """Pin a question to the pair that answers it; None where it is pinned already."""
        key = text_hash(fold(question))
        with self._database.write() as connection:
            row = connection.execute(
                insert(connection, golden)
                .values(
                    question=question,
                    text_hash=key,
                    pair_id=pair_id,
                    created_by=created_by,
                    created_at=datetime.now(UTC),
                )
                .on_conflict_do_nothing(index_elements=["text_hash"])
                .returning(golden)
            ).one_or_none()
        return None if row is None else _golden(row)

    def all(self) -> list[Golden]:
        """All of them, oldest first."""
        with self._database.read() as connection:
            return [
                _golden(row) for row in connection.execute(sa.select(golden).order_by(golden.c.id))
            ]

    def remove(self, golden_id: int) -> bool:
        """Unpin a question; returns whether there was one."""
        with self._database.write() as connection:
            result = connection.execute(sa.delete(golden).where(golden.c.id == golden_id))
            return bool(result.rowcount)


def _golden(row: sa.Row[Any]) -> Golden:
    return Golden(row.id, row.question, row.pair_id, row.created_by, row.created_at)
