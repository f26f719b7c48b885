"""Suggestions: what people asked, as a further wording of the answer that they picked.

A suggestion is supported by whoever has picked its answer for a question of that text, or has
called it solved after a pick. It becomes a phrasing of the pair by a rule or by an admin's word,
and once it is decided it keeps no text.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from index.store.database import Database, insert
from index.store.pairs import delete_phrasing, insert_phrasing, load_pairs, queue_up
from index.store.tables import feedback, pairs, phrasings, questions, suggestions
from index.store.types import Origin, Status, Suggestion, SuggestionState
from index.text import MAX_QUESTION, fold, one_line, text_hash

# How many people stand behind a suggestion.
_SUPPORT = (
    sa.select(sa.func.count(feedback.c.user.distinct()))
    .where(feedback.c.suggestion_id == suggestions.c.id)
    .scalar_subquery()
)
_WAITING = (
    (suggestions.c.state == SuggestionState.OPEN)
    & (pairs.c.status == Status.ACTIVE)
    & (_SUPPORT > 0)
)


class Suggestions:
    """The `suggestions` table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self, limit: int | None = None) -> list[Suggestion]:
        """Those to be decided: first what most people picked, then the oldest."""
        query = (
            sa.select(suggestions, _SUPPORT.label("picks"))
            .join(pairs)
            .where(_WAITING)
            .order_by(sa.desc("picks"), suggestions.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [_suggestion(row) for row in connection.execute(query)]

    def count_waiting(self) -> int:
        """How many are to be decided."""
        query = sa.select(sa.func.count()).select_from(suggestions.join(pairs)).where(_WAITING)
        with self._database.read() as connection:
            return int(connection.scalar(query) or 0)

    def get(self, suggestion_id: int) -> Suggestion | None:
        """A suggestion by its id; None where there is none."""
        with self._database.read() as connection:
            return _find(connection, suggestion_id)

    def approve(self, suggestion_id: int, by: str, *, picks_needed: int = 0) -> Suggestion | None:
        """Make a suggestion a phrasing of its pair; one that is decided stays as it is.

        Args:
            by: A Slack user id, "command line" or "rule".
            picks_needed: Leave it open unless so many people picked it, and fewer any other
                answer to the same question that is not rejected.

        Returns:
            How it stands now, still open where its pair is not active or the picks do not
            suffice; None where there is no such suggestion.
        """
        with self._database.write() as connection:
            queue_up(connection)  # one decision at a time
            found = _find(connection, suggestion_id)
            if found is None or found.state is not SuggestionState.OPEN:
                return found
            if found.picks < picks_needed or (picks_needed and _is_contested(connection, found)):
                return found
            pair = next(iter(load_pairs(connection, [found.pair_id])), None)
            if pair is None or pair.status is not Status.ACTIVE:
                return found
            insert_phrasing(connection, found.pair_id, found.text, Origin.PICK)
            return _settle(connection, found, SuggestionState.APPROVED, by)

    def reject(self, suggestion_id: int, by: str) -> Suggestion | None:
        """Never offer a suggestion again; one that is decided stays as it is.

        Returns:
            How it stands now; None where there is no such suggestion.
        """
        with self._database.write() as connection:
            queue_up(connection)
            found = _find(connection, suggestion_id)
            if found is None or found.state is not SuggestionState.OPEN:
                return found
            return _settle(connection, found, SuggestionState.REJECTED, by)

    def undo(self, suggestion_id: int, by: str) -> Suggestion | None:
        """Take an approved suggestion back: its wording is removed, and never offered again.

        Returns:
            How it stands now, still open where nobody approved it; None where there is no such
            suggestion.
        """
        with self._database.write() as connection:
            queue_up(connection)
            found = _find(connection, suggestion_id)
            if found is None or found.state is not SuggestionState.APPROVED:
                return found
            if (text := _learnt(connection, [suggestion_id]).get(suggestion_id)) is not None:
                delete_phrasing(connection, found.pair_id, text)
            return _settle(connection, found, SuggestionState.REJECTED, by)

    def learnt(self, limit: int | None = None) -> list[tuple[Suggestion, str]]:
        """The approved ones whose wordings are still there, with these; the newest first."""
        query = (
            sa.select(suggestions, _SUPPORT.label("picks"))
            .where(suggestions.c.state == SuggestionState.APPROVED)
            .order_by(suggestions.c.decided_at.desc(), suggestions.c.id.desc())
        )
        with self._database.read() as connection:
            found = [_suggestion(row) for row in connection.execute(query)]
            texts = _learnt(connection, [one.id for one in found])
        return [(one, texts[one.id]) for one in found if one.id in texts][:limit]


def suggest(connection: sa.Connection, pair_id: str, text: str, now: datetime) -> int | None:
    """The id of the suggestion that a text is a wording of a pair, made where it is new.

    Returns:
        None where there is nothing to suggest: no text, no such pair, or one that has the wording.
    """
    text = one_line(text)[:MAX_QUESTION]
    pair = next(iter(load_pairs(connection, [pair_id])), None)
    if not text or pair is None or pair.has_wording(text):
        return None
    key = text_hash(fold(text))
    connection.execute(
        insert(connection, suggestions)
        .values(
            pair_id=pair_id, text=text, text_hash=key, state=SuggestionState.OPEN, created_at=now
        )
        .on_conflict_do_nothing(index_elements=["text_hash", "pair_id"])
    )
    same = (suggestions.c.text_hash == key) & (suggestions.c.pair_id == pair_id)
    found = connection.scalar(sa.select(suggestions.c.id).where(same))
    return None if found is None else int(found)


def forget_expired(connection: sa.Connection) -> None:
    """Delete the open suggestions whose questions have all been forgotten."""
    kept = (
        sa.select(feedback.c.suggestion_id)
        .join(questions)
        .where(feedback.c.suggestion_id.is_not(None), questions.c.text != "")
    )
    connection.execute(
        sa.delete(suggestions).where(
            suggestions.c.state == SuggestionState.OPEN, suggestions.c.id.not_in(kept)
        )
    )


def _find(connection: sa.Connection, suggestion_id: int) -> Suggestion | None:
    query = sa.select(suggestions, _SUPPORT.label("picks")).where(suggestions.c.id == suggestion_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else _suggestion(row)


def _learnt(connection: sa.Connection, ids: list[int]) -> dict[int, str]:
    """The wordings that approved suggestions have become, by the suggestion's id."""
    rows = connection.execute(
        sa.select(suggestions.c.id, suggestions.c.text_hash, phrasings.c.text)
        .join(phrasings, phrasings.c.pair_id == suggestions.c.pair_id)
        .where(suggestions.c.id.in_(ids), phrasings.c.origin == Origin.PICK)
    )
    return {row.id: row.text for row in rows if text_hash(fold(row.text)) == row.text_hash}


def _is_contested(connection: sa.Connection, suggestion: Suggestion) -> bool:
    """Whether another answer to the same question is as popular, or has become its answer."""
    rival = sa.select(suggestions.c.id).where(
        suggestions.c.text_hash == text_hash(fold(suggestion.text)),
        suggestions.c.id != suggestion.id,
        (suggestions.c.state == SuggestionState.APPROVED)
        | ((suggestions.c.state == SuggestionState.OPEN) & (suggestion.picks <= _SUPPORT)),
    )
    return connection.scalar(rival.limit(1)) is not None


def _settle(
    connection: sa.Connection, suggestion: Suggestion, state: SuggestionState, by: str
) -> Suggestion | None:
    connection.execute(
        sa.update(suggestions)
        .where(suggestions.c.id == suggestion.id)
        .values(state=state, text="", decided_by=by, decided_at=datetime.now(UTC))
    )
    return _find(connection, suggestion.id)


def _suggestion(row: sa.Row[Any]) -> Suggestion:
    return Suggestion(
        id=row.id,
        pair_id=row.pair_id,
        text=row.text,
        state=SuggestionState(row.state),
        picks=int(row.picks),
        decided_by=row.decided_by,
        created_at=row.created_at,
        decided_at=row.decided_at,
    )
