"""What people said of answers."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from index.store.database import Database, insert
from index.store.suggestions import suggest
from index.store.tables import feedback
from index.store.types import Verdict, Vote


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
                insert(connection, feedback)
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
