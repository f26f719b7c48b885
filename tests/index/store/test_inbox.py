"""The inbox: each question is stored once, claimed by one worker, and never lost."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from index.store import Store
from index.store.tables import questions
from index.store.types import NewQuestion, Outcome, Question, QuestionState

OpenStore = Callable[[], Store]


def asked(number: int = 1, *, channel: str = "C1") -> NewQuestion:
    return NewQuestion("T1", channel, f"1.{number:06}", None, "U1", f"question {number}", True)


def claim(store: Store, owner: str = "w1") -> Question:
    question = store.inbox.claim(owner)
    assert question is not None
    return question


def expire(store: Store, question: Question) -> None:
    with store.database.write() as connection:
        past = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(
            sa.update(questions).where(questions.c.id == question.id).values(claimed_until=past)
        )


def state_of(store: Store, question: Question) -> QuestionState:
    found = store.inbox.get(question.id)
    assert found is not None
    return found.state


def test_a_question_is_stored_once(store: Store) -> None:
    assert store.inbox.add(asked())
    assert not store.inbox.add(asked())
    assert store.inbox.add(asked(channel="C2"))
    assert store.inbox.count()[QuestionState.RECEIVED] == 2


def test_a_question_comes_out_as_it_went_in(store: Store) -> None:
    store.inbox.add(NewQuestion("T1", "C1", "1.2", "1.1", "U7", "wörds 🙂", False))
    question = claim(store)
    assert (question.team, question.channel, question.ts) == ("T1", "C1", "1.2")
    assert (question.thread_ts, question.user, question.direct) == ("1.1", "U7", False)
    assert question.text == "wörds 🙂"
    assert (question.state, question.attempts) == (QuestionState.ANSWERING, 1)
    assert question.received_at.tzinfo is not None


def test_that_a_question_came_from_outside_is_remembered(store: Store) -> None:
    store.inbox.add(NewQuestion("T1", "C1", "1.2", None, "U7", "how?", True, outside=True))
    outside = claim(store)
    assert outside.outside
    store.inbox.add(asked(2))
    inside = claim(store, "w2")
    assert not inside.outside
    store.inbox.mark_outside(inside.id)
    marked = store.inbox.get(inside.id)
    assert marked is not None
    assert marked.outside


def test_the_oldest_question_is_claimed_first(store: Store) -> None:
    for number in range(3):
        store.inbox.add(asked(number))
    assert [claim(store).text for _ in range(3)] == [f"question {n}" for n in range(3)]
    assert store.inbox.claim("w1") is None


def test_many_workers_claim_each_question_once(open_store: OpenStore) -> None:
    count, workers = 60, 12
    first = open_store()
    for number in range(count):
        first.inbox.add(asked(number))
    stores = [open_store() for _ in range(4)]
    claimed: list[str] = []
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            # SKIP LOCKED may find nothing while others hold the last ones.
            while len(claimed) < count:
                question = stores[number % 4].inbox.claim(f"w{number}")
                if question is not None:
                    claimed.append(question.id)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(claimed) == count
    assert set(Counter(claimed).values()) == {1}


def test_a_claim_that_ran_out_is_taken_over(store: Store) -> None:
    store.inbox.add(asked())
    question = claim(store, "killed")
    assert store.inbox.claim("other") is None
    expire(store, question)
    again = claim(store, "other")
    assert (again.id, again.attempts) == (question.id, 2)
    assert store.inbox.claimants() == {"other"}


def test_a_question_to_be_retried_waits(store: Store) -> None:
    store.inbox.add(asked())
    question = claim(store)
    store.inbox.retry_later(question.id, timedelta(seconds=0.3), "rate limited")
    assert store.inbox.claim("w1") is None
    assert state_of(store, question) is QuestionState.RECEIVED
    with store.database.write() as connection:
        connection.execute(sa.update(questions).values(not_before=datetime.now(UTC)))
    again = claim(store)
    assert (again.attempts, again.error) == (2, "rate limited")


def test_skipped_channels_are_left_for_later(store: Store) -> None:
    store.inbox.add(asked(1, channel="C1"))
    store.inbox.add(asked(2, channel="C2"))
    question = store.inbox.claim("w1", skip_channels=["C1"])
    assert question is not None
    assert question.channel == "C2"
    assert store.inbox.claim("w1", skip_channels={"C1", "C2"}) is None
    assert claim(store).channel == "C1"


def test_what_a_dead_worker_held_is_given_back(store: Store) -> None:
    for number in range(3):
        store.inbox.add(asked(number))
    held = [claim(store, "dead"), claim(store, "dead")]
    alive = claim(store, "alive")
    assert store.inbox.claimants() == {"dead", "alive"}
    assert store.inbox.release_dead("dead") == 2
    assert store.inbox.claimants() == {"alive"}
    assert {claim(store, "new").id, claim(store, "new").id} == {q.id for q in held}
    assert state_of(store, alive) is QuestionState.ANSWERING


def test_what_was_decided_is_kept_with_the_question(store: Store) -> None:
    store.inbox.add(asked())
    question = claim(store)
    outcome = Outcome(QuestionState.ANSWERED, "p1", "how?", ("p1", "p2"), 0.93, "m1", 4)
    assert store.inbox.begin_posting(question.id, "w1", outcome)
    posting = store.inbox.get(question.id)
    assert posting is not None
    assert posting.posting_until is not None
    store.inbox.finish(question.id, QuestionState.ANSWERED, "1.9")
    done = store.inbox.get(question.id)
    assert done is not None
    assert (done.state, done.reply_ts, done.pair_id) == (QuestionState.ANSWERED, "1.9", "p1")
    assert (done.matched_text, done.candidates) == ("how?", ("p1", "p2"))
    assert done.confidence == pytest.approx(0.93)
    assert (done.model, done.error) == ("m1", None)
    assert done.finished_at is not None
    assert store.inbox.claim("w1") is None


def test_a_claim_taken_over_shows_that_a_reply_may_be_there(store: Store) -> None:
    store.inbox.add(asked())
    question = claim(store, "killed")
    assert question.posting_until is None
    outcome = Outcome(QuestionState.ANSWERED, "p1", None, ("p1",), 0.9, "m1", 1)
    assert store.inbox.begin_posting(question.id, "killed", outcome)
    expire(store, question)
    assert claim(store, "other").posting_until is not None


def test_who_lost_a_claim_must_not_post(store: Store) -> None:
    store.inbox.add(asked())
    question = claim(store, "slow")
    expire(store, question)
    claim(store, "other")
    outcome = Outcome(QuestionState.ANSWERED, "p1", None, ("p1",), 0.9, "m1", 1)
    assert not store.inbox.begin_posting(question.id, "slow", outcome)
    assert store.inbox.begin_posting(question.id, "other", outcome)


def test_waiting_for_a_rate_limit_is_no_attempt(store: Store) -> None:
    store.inbox.add(asked())
    for _ in range(3):
        question = claim(store)
        store.inbox.retry_later(question.id, timedelta(0), "rate limited", counts=False)
    assert claim(store).attempts == 1


def test_a_question_given_up_is_not_claimed_again(store: Store) -> None:
    store.inbox.add(asked())
    question = claim(store)
    store.inbox.fail(question.id, "channel is gone")
    assert store.inbox.claim("w1") is None
    failed = store.inbox.get(question.id)
    assert failed is not None
    assert (failed.state, failed.error) == (QuestionState.FAILED, "channel is gone")


def test_counts_name_every_state(store: Store) -> None:
    assert set(store.inbox.count()) == set(QuestionState)
    for number in range(5):
        store.inbox.add(asked(number))
    store.inbox.finish(claim(store).id, QuestionState.SILENT)
    store.inbox.fail(claim(store).id, "no")
    claim(store)
    counts = store.inbox.count()
    assert counts[QuestionState.RECEIVED] == 2
    assert (
        counts[QuestionState.ANSWERING]
        == counts[QuestionState.SILENT]
        == counts[QuestionState.FAILED]
        == 1
    )


def test_the_latest_of_a_state_are_listed(store: Store) -> None:
    for number in range(3):
        store.inbox.add(asked(number))
        store.inbox.fail(claim(store).id, f"error {number}")
    assert [q.error for q in store.inbox.latest(QuestionState.FAILED, 2)] == ["error 2", "error 1"]
    assert store.inbox.latest(QuestionState.ANSWERED) == []


def test_an_unknown_question_is_none(store: Store) -> None:
    assert store.inbox.get("nobody") is None


def test_what_a_worker_did_after_losing_its_claim_changes_nothing(store: Store) -> None:
    store.inbox.add(asked())
    question = claim(store, "slow")
    store.inbox.release_dead("slow")
    claim(store, "other")
    assert not store.inbox.finish(question.id, QuestionState.SILENT, owner="slow")
    assert not store.inbox.retry_later(question.id, timedelta(0), "late", owner="slow")
    assert not store.inbox.fail(question.id, "late", owner="slow")
    assert store.inbox.finish(question.id, QuestionState.ANSWERED, "1.5", owner="other")
    found = store.inbox.get(question.id)
    assert found is not None
    assert found.state is QuestionState.ANSWERED


def test_what_is_known_of_a_sent_reply_stays_unless_said_otherwise(store: Store) -> None:
    outcome = Outcome(QuestionState.ANSWERED, "p", "text", (), 0.9, "base", 1)
    store.inbox.add(asked())
    for sent, is_known in ((None, True), (False, False), (True, True)):
        question = claim(store, "w")
        assert store.inbox.begin_posting(question.id, "w", outcome)
        store.inbox.retry_later(question.id, timedelta(0), "error", owner="w", sent=sent)
        found = store.inbox.get(question.id)
        assert found is not None
        assert (found.posting_until is not None) is is_known


def test_what_was_asked_is_forgotten_some_time_after_it_was_finished(store: Store) -> None:
    outcome = Outcome(QuestionState.ANSWERED, "p1", "question one", ("p1",), 0.9, "base", 1)
    for number in (1, 2, 3):
        store.inbox.add(asked(number))
    old, recent, waiting = (claim(store, f"w{number}") for number in (1, 2, 3))
    store.inbox.begin_posting(old.id, "w1", outcome)
    store.inbox.begin_posting(recent.id, "w2", outcome)
    store.inbox.finish(old.id, QuestionState.ANSWERED, "9.9")
    store.inbox.finish(recent.id, QuestionState.ANSWERED, "9.9")
    with store.database.write() as connection:
        for question, days in ((old, 91), (recent, 89)):
            then = datetime.now(UTC) - timedelta(days=days)
            connection.execute(
                sa.update(questions)
                .where(questions.c.id == question.id)
                .values(finished_at=then, received_at=then)
            )

    assert store.inbox.expire_questions(timedelta(days=90)) == 1
    assert store.inbox.expire_questions(timedelta(days=90)) == 0

    forgotten, kept, still_open = (store.inbox.get(q.id) for q in (old, recent, waiting))
    assert forgotten is not None
    assert kept is not None
    assert still_open is not None
    assert (forgotten.text, forgotten.matched_text) == ("", None)
    # What was decided stays on record.
    assert (forgotten.state, forgotten.pair_id, forgotten.reply_ts) == (
        QuestionState.ANSWERED,
        "p1",
        "9.9",
    )
    assert (kept.text, kept.matched_text) == ("question 2", "question one")
    assert still_open.text == "question 3"
    # Delivered once more, it is still known.
    assert not store.inbox.add(asked(1))


def test_what_its_asker_said_just_before_is_found(store: Store) -> None:
    def ask(ts: str, text: str, *, user: str = "U1", thread_ts: str | None = None) -> Question:
        store.inbox.add(NewQuestion("T1", "C1", ts, thread_ts, user, text, False))
        return claim(store)

    first = ask("100.0", "my vpn is broken")
    store.inbox.finish(first.id, QuestionState.SILENT)
    ask("105.0", "mine too", user="U2")
    second = ask("112.5", "how do I reset it?")
    assert store.inbox.said_before(second) == "my vpn is broken"
    assert store.inbox.said_before(first) is None
    # The last of them counts; in the thread of one, that is the one before.
    assert store.inbox.said_before(ask("120.1", "on a mac?")) == "how do I reset it?"
    assert store.inbox.said_before(ask("119.0", "or now?", thread_ts="100.0")) == "my vpn is broken"
    assert store.inbox.said_before(ask("113.0", "how?", thread_ts="99.0")) is None
    assert store.inbox.said_before(ask("140.2", "and now?")) is None


def test_what_was_answered_is_not_said_before(store: Store) -> None:
    store.inbox.add(NewQuestion("T1", "C1", "100.0", None, "U1", "my vpn is broken", False))
    first = claim(store)
    store.inbox.add(NewQuestion("T1", "C1", "101.0", None, "U1", "how do I reset it?", False))
    second = claim(store)
    assert store.inbox.said_before(second) == "my vpn is broken"
    store.inbox.finish(first.id, QuestionState.ANSWERED, "100.5")
    assert store.inbox.said_before(second) is None
