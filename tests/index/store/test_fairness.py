"""Nobody waits for all that somebody else has asked."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from index.store import Store
from index.store.tables import questions
from index.store.types import NewQuestion, QuestionState

OpenStore = Callable[[], Store]


def ask(store: Store, user: str, count: int = 1, *, channel: str = "C1") -> None:
    """A person asks so many questions, behind all that were asked before."""
    before = sum(store.inbox.count().values())
    for number in range(before, before + count):
        text = f"{user} {channel} {number}"
        ts = f"1.{number:06}"
        assert store.inbox.add(NewQuestion("T1", channel, ts, None, user, text, True))


def next_up(store: Store, *, answer: bool = True) -> str:
    question = store.inbox.claim("w1")
    assert question is not None
    if answer:
        store.inbox.finish(question.id, QuestionState.ANSWERED)
    return question.user


@pytest.mark.parametrize("answer", [True, False], ids=["one worker", "many workers"])
def test_one_who_asks_500_questions_delays_nobody_elses(store: Store, answer: bool) -> None:
    ask(store, "busy", 500)
    assert [next_up(store, answer=answer) for _ in range(3)] == ["busy"] * 3
    ask(store, "ann")
    ask(store, "ben")
    ask(store, "ann")
    turns = [next_up(store, answer=answer) for _ in range(6)]
    assert turns == ["ann", "ben", "ann", "busy", "busy", "busy"]


def test_those_who_ask_many_take_turns(store: Store) -> None:
    ask(store, "busy", 5)
    ask(store, "eager", 5)
    assert [next_up(store) for _ in range(10)] == ["busy", "eager"] * 5


def test_a_person_is_one_person_in_all_channels(store: Store) -> None:
    for number in range(10):
        ask(store, "busy", channel=f"C{number}")
    ask(store, "ann", channel="D1")
    assert [next_up(store) for _ in range(2)] == ["busy", "ann"]


def test_a_channel_in_which_all_ask_delays_no_other(store: Store) -> None:
    for number in range(20):
        ask(store, f"U{number}", channel="busy")
    assert next_up(store) == "U0"
    ask(store, "ann", channel="quiet")
    assert [next_up(store) for _ in range(2)] == ["ann", "U1"]


def test_somebodys_own_questions_are_answered_in_their_order(store: Store) -> None:
    ask(store, "busy", 20)
    claimed = [store.inbox.claim("w1") for _ in range(20)]
    assert [q.text for q in claimed if q] == [f"busy C1 {number}" for number in range(20)]


def test_questions_that_are_to_be_retried_count(store: Store) -> None:
    ask(store, "busy", 5)
    first = store.inbox.claim("w1")
    assert first is not None
    store.inbox.retry_later(first.id, timedelta(seconds=30), "Slack is away")
    ask(store, "ann")
    assert next_up(store) == "ann"


def test_what_was_answered_minutes_ago_counts_no_more(store: Store) -> None:
    ask(store, "busy", 3)
    for _ in range(3):
        next_up(store)
    past = datetime.now(UTC) - timedelta(minutes=5)
    with store.database.write() as connection:
        connection.execute(sa.update(questions).values(finished_at=past))
    ask(store, "busy")
    ask(store, "ann")
    assert [next_up(store) for _ in range(2)] == ["busy", "ann"]


def test_turns_are_kept_across_processes(open_store: OpenStore) -> None:
    ask(open_store(), "busy", 50)
    assert next_up(open_store()) == "busy"
    ask(open_store(), "ann")
    assert next_up(open_store()) == "ann"


def test_a_turn_is_found_without_looking_at_all_questions_ever_asked(sqlite_store: Store) -> None:
    ask(sqlite_store, "busy", 2)
    ask(sqlite_store, "ann")
    looking: list[tuple[str, tuple[object, ...]]] = []

    def note(_c: object, _cursor: object, sql: str, values: tuple[object, ...], *_: object) -> None:
        if "received_at >= " in sql:
            looking.append((sql, values))

    engine = sqlite_store.database.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        next_up(sqlite_store)
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    [(sql, values)] = looking
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all()
    assert "SEARCH questions USING INDEX ix_questions_received_at" in str(plan)
