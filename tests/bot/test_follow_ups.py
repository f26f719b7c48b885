"""A question that is spread over several messages."""

import time
from contextlib import closing

import pytest

from index.store import Store
from index.store.types import NewQuestion, QuestionState, pair_id
from playground.client import Channel, Message, Person
from tests.bot.desk import ASKED, UNANSWERABLE, Desk, answers, draft
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


# -- in the bot's own threads ----------------------------------------------------------

MAC = {
    "vpn-mac": ("How do I connect to the VPN on a Mac?", "Start Tunnel from Applications."),
    "printer-mac": ("How do I add the office printer on a Mac?", "Add it in System Settings."),
}


@pytest.fixture
def with_macs(either_desk: Desk) -> Desk:
    """A bot whose FAQ has two entries that only what was asked before tells apart."""
    with closing(Store(either_desk.index_settings.store_url)) as store:
        store.pairs.upsert([draft(name, *pair) for name, pair in MAC.items()])
    return either_desk.start()


def replies(desk: Desk, channel: Channel, root: str, count: int) -> list[Message]:
    desk.slack.wait_for_replies(channel, root, count=count)
    desk.settle()
    found = desk.slack.replies(channel, root)
    assert len(found) == count
    return found


@pytest.mark.parametrize(("first", "expected"), [("vpn", "vpn-mac"), ("printer", "printer-mac")])
def test_a_follow_up_in_a_thread_is_read_with_what_was_asked_there(
    with_macs: Desk, first: str, expected: str
) -> None:
    desk = with_macs
    root = desk.mention(desk.watched, ASKED[first])
    desk.reply(desk.watched, root)
    ts = desk.ann.reply(desk.watched, root, "and how do I do that on a Mac?")
    _, answer = replies(desk, desk.watched, root, 2)
    assert MAC[expected][1] in answer.all_text
    assert desk.question(ts).candidates[0] == pair_id("test", expected)


def test_every_reply_in_a_thread_of_a_direct_message_is_heard(with_macs: Desk) -> None:
    desk = with_macs
    direct = desk.ann.open_dm()
    root = desk.ann.post(direct, ASKED["vpn"])
    desk.reply(direct, root)
    desk.ann.reply(direct, root, "on a Mac")
    _, answer = replies(desk, direct, root, 2)
    assert MAC["vpn-mac"][1] in answer.all_text
    desk.ann.reply(direct, root, "thanks!")
    desk.settle()
    assert len(desk.slack.replies(direct, root)) == 2


def test_a_new_question_in_the_bots_own_thread_is_answered_alone(shared: Desk) -> None:
    channel = shared.slack.create_channel(f"alone-{shared.mode}")
    root = shared.mention(channel, "how do I connect to our VPN?")
    shared.reply(channel, root)
    shared.ann.reply(channel, root, ALONE)
    assert answers(replies(shared, channel, root, 2)[1], "parking")


def test_a_follow_up_without_an_answer_does_not_get_the_one_before_again(shared: Desk) -> None:
    channel = shared.slack.create_channel(f"again-{shared.mode}")
    root = shared.mention(channel, ASKED["vpn"])
    shared.reply(channel, root)
    shared.ann.reply(channel, root, UNANSWERABLE)
    answer = replies(shared, channel, root, 2)[1]
    assert "don't have an approved answer" in answer.all_text


def test_in_a_channel_only_questions_by_the_asker_to_nobody_else_go_on(shared: Desk) -> None:
    channel = shared.slack.create_channel(f"only-{shared.mode}")
    joe = shared.slack.create_user(f"joe-goes-on-{shared.mode}")
    root = shared.mention(channel, ASKED["vpn"])
    shared.reply(channel, root)
    joe.reply(channel, root, ALONE)
    shared.ann.reply(channel, root, "that is great, now I see it.")
    shared.ann.reply(channel, root, f"where can I park the car, <@{joe.id}>?")
    shared.settle()
    assert len(shared.slack.replies(channel, root)) == 1


def test_a_follow_up_to_what_did_not_address_the_bot_is_spared_its_doubts(shared: Desk) -> None:
    root = shared.ann.post(shared.watched, ASKED["vpn"])
    shared.reply(shared.watched, root)
    shared.ann.reply(shared.watched, root, UNANSWERABLE)
    shared.settle()
    assert len(shared.slack.replies(shared.watched, root)) == 1
    shared.ann.reply(shared.watched, root, ALONE)
    assert answers(replies(shared, shared.watched, root, 2)[1], "parking")


def test_follow_ups_in_channels_can_be_turned_off(desk: Desk) -> None:
    desk.settings["follow_ups"] = False
    desk.start()
    root = desk.mention(desk.watched, ASKED["vpn"])
    desk.reply(desk.watched, root)
    desk.ann.reply(desk.watched, root, ALONE)
    desk.settle()
    assert len(desk.slack.replies(desk.watched, root)) == 1
    desk.mention(desk.watched, ALONE, thread_ts=root)
    assert answers(replies(desk, desk.watched, root, 2)[1], "parking")
