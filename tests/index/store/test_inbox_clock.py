"""The inbox under a clock that was set, back or ahead: what is stored is bound by what can be true.

A clock set back by an hour finds all stored times an hour ahead, so that is what is stored here.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from index.store import Store, inbox
from index.store.tables import questions
from index.store.types import NewQuestion, Outcome, Question, QuestionState

ASKED = NewQuestion("T1", "C1", "1.000001", None, "U1", "how?", True)
OUTCOME = Outcome(QuestionState.ANSWERED, None, None, (), 0.9, "m", 1)

AHEAD = [timedelta(minutes=3), timedelta(hours=1), timedelta(days=11 * 365)]
ahead_by = pytest.mark.parametrize("ahead", AHEAD, ids=["minutes", "an hour", "years"])


def now() -> datetime:
    return datetime.now(UTC)


def claimed(store: Store, owner: str = "w", **more: Any) -> Question:
    question = store.inbox.claim(owner, **more)
    assert question is not None
    return question


def shift(store: Store, by: timedelta, *columns: str) -> None:
    """Move stored times, as if the clock had been set back by so much."""
    with store.database.write() as connection:
        row = connection.execute(sa.select(questions)).one()
        moved = {name: getattr(row, name) + by for name in columns}
        connection.execute(sa.update(questions).values(**moved))


@ahead_by
def test_a_question_that_has_just_come_in_is_answered_at_once(
    store: Store, ahead: timedelta
) -> None:
    store.inbox.add(ASKED)
    shift(store, ahead, "not_before", "received_at")
    assert claimed(store).attempts == 1


@ahead_by
def test_a_question_that_waits_for_a_retry_is_due(store: Store, ahead: timedelta) -> None:
    store.inbox.add(ASKED)
    question = claimed(store)
    store.inbox.retry_later(question.id, timedelta(seconds=10), "HTTP status 503")
    assert store.inbox.claim("w") is None
    shift(store, ahead, "not_before")
    assert claimed(store).attempts == 2


def test_a_stored_wait_is_never_longer_than_its_limit(store: Store) -> None:
    """So one that is longer was stored by another clock."""
    store.inbox.add(ASKED)
    question = claimed(store)
    store.inbox.retry_later(question.id, timedelta(hours=1), "ratelimited", counts=False)
    assert store.inbox.claim("w") is None
    assert store.inbox.claim("w", now=now() + inbox.WAIT_LIMIT) is not None


@ahead_by
def test_a_claim_that_nobody_will_end_is_taken_over_in_time(store: Store, ahead: timedelta) -> None:
    store.inbox.add(ASKED)
    claimed(store, "killed")
    shift(store, ahead, "claimed_until")
    assert store.inbox.claim("other") is None, "whoever holds it may be about to answer"
    assert store.inbox.claim("other", now=now() + inbox.LEASE + timedelta(seconds=1)) is not None


@ahead_by
def test_a_reply_that_may_be_there_is_looked_for_soon(store: Store, ahead: timedelta) -> None:
    store.inbox.add(ASKED)
    question = claimed(store)
    assert store.inbox.begin_posting(question.id, "w", OUTCOME)
    shift(store, ahead, "posting_until", "claimed_until")
    assert store.inbox.release_dead("w") == 1
    again = claimed(store, "next")
    assert again.posting_until is not None
    assert timedelta() < again.posting_until - now() <= inbox.SETTLE


def test_what_is_in_hand_is_not_taken_over_when_the_clock_jumps_ahead(store: Store) -> None:
    store.inbox.add(ASKED)
    question = claimed(store)
    later = now() + timedelta(hours=1)
    assert store.inbox.claim("other", skip=[question.id], now=later) is None
    assert store.inbox.claim("other", now=later) is not None


def test_a_question_finished_in_the_future_is_forgotten_all_the_same(store: Store) -> None:
    store.inbox.add(ASKED)
    question = claimed(store)
    store.inbox.finish(question.id, QuestionState.ANSWERED)
    shift(store, timedelta(days=11 * 365), "finished_at")
    store.inbox.expire_questions(timedelta(days=90))
    shift(store, timedelta(days=-91), "finished_at")
    assert store.inbox.expire_questions(timedelta(days=90)) == 1
