"""Generations: a model version with its collection, and the one pointer to the live one."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from index.store.database import Database
from index.store.leases import Claim, holds
from index.store.tables import generations, pointers
from index.store.types import Generation, GenerationState


class Generations:
    """Model version + collection, and the one pointer that says which pair of them answers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, model_version: str, collection: str, job_id: int | None = None) -> Generation:
        """Record a generation that is being built."""
        with self._database.write() as connection:
            row = connection.execute(
                sa.insert(generations)
                .values(
                    model_version=model_version,
                    collection=collection,
                    state=GenerationState.BUILDING,
                    indexed_revision=0,
                    created_at=datetime.now(UTC),
                    job_id=job_id,
                )
                .returning(generations)
            ).one()
        return _generation(row)

    def get(self, generation_id: int) -> Generation | None:
        """A generation by its id; None where there is none."""
        with self._database.read() as connection:
            row = connection.execute(
                sa.select(generations).where(generations.c.id == generation_id)
            ).one_or_none()
        return None if row is None else _generation(row)

    def all(self, *states: GenerationState) -> list[Generation]:
        """The generations in any of these states (none given: all), newest first."""
        query = sa.select(generations).order_by(generations.c.id.desc())
        if states:
            query = query.where(generations.c.state.in_(states))
        with self._database.read() as connection:
            return [_generation(row) for row in connection.execute(query)]

    def live(self) -> Generation | None:
        """The generation that answers; None before the first one is complete."""
        with self._database.read() as connection:
            row = connection.execute(
                sa.select(generations)
                .join(pointers, pointers.c.value == generations.c.id)
                .where(pointers.c.name == "live_generation")
            ).one_or_none()
        return None if row is None else _generation(row)

    def make_live(self, generation_id: int, claim: Claim | None = None) -> bool:
        """Move the pointer, in one transaction.

        Args:
            claim: The job that does it. Where it has lost its lease, or was cancelled, the
                pointer stays.

        Returns:
            Whether the pointer moved.
        """
        with self._database.write() as connection:
            self._lock_pointer(connection)
            if claim is not None and not holds(connection, claim):
                return False
            moved = connection.execute(
                sa.update(generations)
                .where(generations.c.id == generation_id)
                .where(generations.c.state != GenerationState.DROPPED)
                .values(state=GenerationState.READY, live_at=datetime.now(UTC))
            ).rowcount
            if not moved:
                return False
            connection.execute(
                sa.update(pointers)
                .where(pointers.c.name == "live_generation")
                .values(value=generation_id)
            )
        return True

    def set_indexed(self, generation_id: int, revision: int) -> None:
        """Record that all changes up to a revision are in the collection, on disk."""
        with self._database.write() as connection:
            connection.execute(
                sa.update(generations)
                .where(generations.c.id == generation_id)
                .values(indexed_revision=revision)
            )

    def mark_dropped(self, generation_id: int) -> bool:
        """Record that a generation is no more; refused for the live one."""
        with self._database.write() as connection:
            if self._lock_pointer(connection) == generation_id:
                return False
            dropped = connection.execute(
                sa.update(generations)
                .where(generations.c.id == generation_id)
                .values(state=GenerationState.DROPPED)
            ).rowcount
            return bool(dropped)

    def _lock_pointer(self, connection: sa.Connection) -> int | None:
        """Let nobody else move the pointer until the transaction ends; returns where it is."""
        pointer = sa.select(pointers.c.value).where(pointers.c.name == "live_generation")
        found: int | None = connection.scalar(pointer.with_for_update())
        return found


def _generation(row: sa.Row[Any]) -> Generation:
    return Generation(
        id=row.id,
        model_version=row.model_version,
        collection=row.collection,
        state=GenerationState(row.state),
        indexed_revision=row.indexed_revision,
        created_at=row.created_at,
        job_id=row.job_id,
        live_at=row.live_at,
    )
