"""The store's smaller tables: feedback, embedding cache, generations, jobs."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from index.store.database import Database
from index.store.tables import embeddings, feedback, generations, jobs, pointers
from index.store.types import Generation, Job, Verdict
from index.vectors import Matrix


class Feedback:
    """What people said of answers; a person's last word on an answer counts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, question_id: str, pair_id: str | None, user: str, verdict: Verdict) -> None:
        values: dict[str, Any] = {
            "pair_id": pair_id,
            "verdict": verdict,
            "created_at": datetime.now(UTC),
        }
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        with self._database.write() as connection:
            connection.execute(
                insert(feedback)
                .values(question_id=question_id, user=user, **values)
                .on_conflict_do_update(index_elements=["question_id", "user"], set_=values)
            )

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


class Generations:
    """Model version + collection, and the one pointer that says which pair of them answers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, model_version: str, collection: str) -> Generation:
        """Record a generation that is being built."""
        with self._database.write() as connection:
            row = connection.execute(
                sa.insert(generations)
                .values(
                    model_version=model_version,
                    collection=collection,
                    state="building",
                    indexed_revision=0,
                    created_at=datetime.now(UTC),
                )
                .returning(generations)
            ).one()
        return _generation(row)

    def get(self, generation_id: int) -> Generation | None:
        with self._database.read() as connection:
            row = connection.execute(
                sa.select(generations).where(generations.c.id == generation_id)
            ).one_or_none()
        return None if row is None else _generation(row)

    def live(self) -> Generation | None:
        """The generation that answers; None before the first one is complete."""
        with self._database.read() as connection:
            row = connection.execute(
                sa.select(generations)
                .join(pointers, pointers.c.value == generations.c.id)
                .where(pointers.c.name == "live_generation")
            ).one_or_none()
        return None if row is None else _generation(row)

    def make_live(self, generation_id: int) -> None:
        """Move the pointer, in one transaction."""
        with self._database.write() as connection:
            connection.execute(
                sa.update(generations)
                .where(generations.c.id == generation_id)
                .values(state="ready")
            )
            connection.execute(
                sa.update(pointers)
                .where(pointers.c.name == "live_generation")
                .values(value=generation_id)
            )

    def set_indexed(self, generation_id: int, revision: int) -> None:
        """Record that all changes up to a revision are in the collection, on disk."""
        with self._database.write() as connection:
            connection.execute(
                sa.update(generations)
                .where(generations.c.id == generation_id)
                .values(indexed_revision=revision)
            )


class Jobs:
    """Long work: what ran, how far it came, how it ended."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, kind: str, detail: str | None = None) -> int:
        with self._database.write() as connection:
            return int(
                connection.execute(
                    sa.insert(jobs)
                    .values(
                        kind=kind,
                        state="running",
                        progress=0.0,
                        detail=detail,
                        started_at=datetime.now(UTC),
                    )
                    .returning(jobs.c.id)
                ).scalar_one()
            )

    def finish(
        self, job_id: int, state: str, result: dict[str, Any], detail: str | None = None
    ) -> None:
        """Record how a job ended: `done`, `failed` or `cancelled`."""
        values: dict[str, Any] = {"state": state, "result": result, "progress": 1.0}
        if state != "done":
            del values["progress"]
        if detail is not None:
            values["detail"] = detail
        with self._database.write() as connection:
            connection.execute(
                sa.update(jobs)
                .where(jobs.c.id == job_id)
                .values(values | {"finished_at": datetime.now(UTC)})
            )

    def latest(self, limit: int = 5) -> list[Job]:
        with self._database.read() as connection:
            rows = connection.execute(sa.select(jobs).order_by(jobs.c.id.desc()).limit(limit)).all()
        return [
            Job(
                id=row.id,
                kind=row.kind,
                state=row.state,
                progress=row.progress,
                detail=row.detail,
                result=row.result or {},
                started_at=row.started_at,
                finished_at=row.finished_at,
            )
            for row in rows
        ]


def _generation(row: sa.Row[Any]) -> Generation:
    return Generation(
        id=row.id,
        model_version=row.model_version,
        collection=row.collection,
        state=row.state,
        indexed_revision=row.indexed_revision,
        created_at=row.created_at,
    )
