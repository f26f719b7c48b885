"""What people say of answers."""

import pytest
import sqlalchemy as sa

from index.store import Store
from index.store.types import NewQuestion, Verdict


def question_id(store: Store, number: int = 1) -> str:
    store.inbox.add(NewQuestion("T1", "C1", f"1.{number}", None, "U1", "words", True))
    question = store.inbox.claim("w1")
    assert question is not None
    return question.id


def test_a_person_s_last_verdict_counts(store: Store) -> None:
    question = question_id(store)
    store.feedback.record(question, "p1", "U1", Verdict.SOLVED)
    store.feedback.record(question, "p1", "U1", Verdict.NOT_IT)
    store.feedback.record(question, "p1", "U2", Verdict.SOLVED)
    tally = store.feedback.tally(question)
    assert tally == {Verdict.SOLVED: 1, Verdict.NOT_IT: 1, Verdict.PICKED: 0}
    assert [(vote.user, vote.verdict) for vote in store.feedback.votes(question)] == [
        ("U1", Verdict.NOT_IT),
        ("U2", Verdict.SOLVED),
    ]


def test_verdicts_are_counted_by_question_and_together(store: Store) -> None:
    first, second = question_id(store, 1), question_id(store, 2)
    store.feedback.record(first, "p1", "U1", Verdict.SOLVED)
    store.feedback.record(second, None, "U1", Verdict.SOLVED)
    assert store.feedback.tally(first)[Verdict.SOLVED] == 1
    assert store.feedback.tally()[Verdict.SOLVED] == 2
    assert set(store.feedback.tally("nobody").values()) == {0}


def test_feedback_needs_its_question(store: Store) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        store.feedback.record("nobody", "p1", "U1", Verdict.SOLVED)
