"""The store's smaller tables: feedback, embedding cache, golden questions."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from index.store.database import Database
from index.store.suggestions import suggest
from index.store.tables import embeddings, feedback, golden
from index.store.types import Golden, Verdict, Vote
from index.text import fold, text_hash
from index.vectors import Matrix


class Feedback:
    """What people said of answers; a person's last word on an answer counts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self,
        question_id: str,
        pair_id: str | None,
        user: str,
        verdict: Verdict,
        *,
        wording: str | None = None,
    ) -> int | None:
        """Record what a person says.

        Args:
            pair_id: The pair it is about; None where it is about all that were offered.
            wording: The question's text, where the vote says that the pair answers it.

        Returns:
            The id of the suggestion that the vote speaks for, if any.
        """
        now = datetime.now(UTC)
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        with self._database.write() as connection:
            suggestion_id = None
            if pair_id is not None and wording is not None:
                suggestion_id = suggest(connection, pair_id, wording, now)
            values: dict[str, Any] = {
                "pair_id": pair_id,
                "verdict": verdict,
                "created_at": now,
                "suggestion_id": suggestion_id,
            }
            connection.execute(
                insert(feedback)
                .values(question_id=question_id, user=user, **values)
                .on_conflict_do_update(index_elements=["question_id", "user"], set_=values)
            )
        return suggestion_id

    def votes(self, question_id: str) -> list[Vote]:
        """Each person's last word on a question's answer, oldest first."""
        query = (
            sa.select(feedback)
            .where(feedback.c.question_id == question_id)
            .order_by(feedback.c.created_at, feedback.c.id)
        )
        with self._database.read() as connection:
            return [
                Vote(row.user, row.pair_id, Verdict(row.verdict), row.created_at)
                for row in connection.execute(query)
            ]

    def tally(self, question_id: str | None = None) -> dict[Verdict, int]:
        """How many people gave each verdict, on one question's answer or on all."""
        query = sa.select(feedback.c.verdict, sa.func.count()).group_by(feedback.c.verdict)
        if question_id is not None:
            query = query.where(feedback.c.question_id == question_id)
        with self._database.read() as connection:
            found = {Verdict(verdict): int(n) for verdict, n in connection.execute(query)}
        return {verdict: found.get(verdict, 0) for verdict in Verdict}


class Embeddings:
    """The encoder's output by text: (encoder id, text hash) -> float32 vector."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, encoder_id: str, hashes: Sequence[bytes]) -> dict[bytes, Matrix]:
        found: dict[bytes, Matrix] = {}
        with self._database.read() as connection:
            for start in range(0, len(hashes), 500):
                chunk = list(hashes[start : start + 500])
                for row in connection.execute(
                    sa.select(embeddings.c.text_hash, embeddings.c.vector).where(
                        embeddings.c.encoder_id == encoder_id, embeddings.c.text_hash.in_(chunk)
                    )
                ):
                    found[bytes(row.text_hash)] = np.frombuffer(row.vector, dtype="<f4")
        return found

    def known(self, encoder_id: str, hashes: Sequence[bytes]) -> set[bytes]:
        """Which of these texts have an embedding."""
        found: set[bytes] = set()
        with self._database.read() as connection:
            for start in range(0, len(hashes), 500):
                chunk = list(hashes[start : start + 500])
                query = sa.select(embeddings.c.text_hash).where(
                    embeddings.c.encoder_id == encoder_id, embeddings.c.text_hash.in_(chunk)
                )
                found.update(bytes(key) for key in connection.scalars(query))
        return found

    def put(self, encoder_id: str, vectors: dict[bytes, Matrix]) -> None:
        if not vectors:
            return
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        rows = [
            {"encoder_id": encoder_id, "text_hash": key, "vector": vector.astype("<f4").tobytes()}
            # In one order everywhere, so that two writers of the same texts cannot deadlock.
            for key, vector in sorted(vectors.items())
        ]
        with self._database.write() as connection:
            connection.execute(insert(embeddings).on_conflict_do_nothing(), rows)

    def count(self) -> int:
        with self._database.read() as connection:
            return int(connection.scalar(sa.select(sa.func.count()).select_from(embeddings)) or 0)

    def count_of(self, encoder_id: str) -> int:
        """How many texts one encoder has seen."""
        query = sa.select(sa.func.count()).where(embeddings.c.encoder_id == encoder_id)
        with self._database.read() as connection:
            return int(connection.scalar(query) or 0)

    def keep_only(self, encoder_ids: Collection[str]) -> int:
        """Forget what other encoders put out; returns how many texts were forgotten."""
        with self._database.write() as connection:
            result = connection.execute(
                sa.delete(embeddings).where(embeddings.c.encoder_id.not_in(list(encoder_ids)))
            )
            return int(result.rowcount)


class GoldenQuestions:
    """Questions that admins have pinned: a model that gets one wrong does not go live."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, question: str, pair_id: str, created_by: str | None = None) -> Golden | None:
        """Pin a question to the pair that answers it; None where it is pinned already."""
        key = text_hash(fold(question))
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        with self._database.write() as connection:
            row = connection.execute(
                insert(golden)
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
