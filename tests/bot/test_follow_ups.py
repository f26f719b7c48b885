"""A question that is spread over several messages."""

import time

import pytest

from index.store import Store
from index.store.types import NewQuestion, QuestionState
from playground.client import Channel, Person
from tests.bot.desk import Desk, answers
from tests.support.reading import record_cleaned

BEFORE = "I need to order a new laptop"
# By itself it sounds most like the printer.
FOLLOW_UP = "how can I add it?"
ALONE = "where can I park the car?"


def was_said(desk: Desk, person: Person, channel: Channel, text: str) -> None:
    """Make it so that somebody asked something a moment ago, and got no answer."""
    store = Store.open(desk.index_settings.store_url)
    ts = f"{time.time() - 1:.6f}"
    team = desk.api.auth_test()["team_id"]
    store.inbox.add(NewQuestion(team, channel.id, ts, None, person.id, text, direct=True))
    question = store.inbox.claim("test")
    assert question is not None
    store.inbox.finish(question.id, QuestionState.SILENT)
    store.close()


def test_a_greeting_sent_ahead_is_no_question(shared: Desk) -> None:
    person = shared.slack.create_user("gil")
    greeting = person.post(shared.watched, "hey all, quick question")
    ts = person.post(shared.watched, "how can I add the printer in the office?")
    assert answers(shared.reply(shared.watched, ts), "printer")
    assert shared.find_question(greeting) is None


def test_a_follow_up_is_read_together_with_what_was_said_before_it(desk: Desk) -> None:
    direct = desk.ann.open_dm()
    was_said(desk, desk.ann, direct, BEFORE)
    desk.start()
    ts = desk.ann.post(direct, FOLLOW_UP)
    assert answers(desk.reply(direct, ts), "laptop")
    assert desk.question(ts).text == FOLLOW_UP


def test_a_question_is_cleaned_once_on_its_way(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    direct = desk.ann.open_dm()
    was_said(desk, desk.ann, direct, BEFORE)
    desk.start()
    cleaned = record_cleaned(monkeypatch)
    desk.reply(direct, desk.ann.post(direct, FOLLOW_UP))
    # By itself, to see that it follows up on something, and with that.
    assert cleaned == [FOLLOW_UP, f"{BEFORE}\n{FOLLOW_UP}"]
    cleaned.clear()
    desk.reply(direct, desk.ann.post(direct, ALONE))
    assert cleaned == [ALONE]


def test_another_persons_message_is_not_read_with_it(desk: Desk) -> None:
    channel = desk.watched
    was_said(desk, desk.slack.create_user("joe"), channel, BEFORE)
    desk.start()
    ts = desk.mention(channel, FOLLOW_UP)
    assert answers(desk.reply(channel, ts), "printer")


def test_a_question_that_stands_alone_is_not_mixed_with_one_before(desk: Desk) -> None:
    direct = desk.ann.open_dm()
    was_said(desk, desk.ann, direct, BEFORE)
    desk.start()
    ts = desk.ann.post(direct, ALONE)
    assert answers(desk.reply(direct, ts), "parking")
