"""The bot is addressed with few words or none: mention, forward, edit, file, greeting."""

import uuid

import pytest

from bot.cards import wording
from index.store.types import QuestionState
from playground.client import Channel
from tests.bot.desk import ASKED, UNANSWERABLE, Desk, answers
from tests.support.waiting import until


@pytest.fixture
def channel(shared: Desk) -> Channel:
    return shared.slack.create_channel(f"words-{uuid.uuid4().hex[:8]}")


# -- below a question ------------------------------------------------------------------


@pytest.mark.parametrize("words", ["", "?", "any idea?", "can you answer this?"])
def test_a_bare_mention_below_a_question_is_answered_with_what_the_thread_asks(
    shared: Desk, channel: Channel, words: str
) -> None:
    joe = shared.slack.create_user(f"joe-{uuid.uuid4().hex[:8]}")
    root = joe.post(channel, ASKED["vpn"])
    reads = len(shared.slack.calls("conversations.replies"))
    ts = shared.mention(channel, words, thread_ts=root)
    assert answers(shared.reply(channel, root), "vpn")
    (read,) = shared.slack.calls("conversations.replies")[reads:]
    assert read.arguments["limit"] in (1, "1"), "one message is read, and no more"
    assert shared.question(ts).text == ASKED["vpn"]


def test_a_bare_mention_below_a_stored_question_needs_no_call(shared: Desk) -> None:
    root = shared.ann.post(shared.watched, UNANSWERABLE)
    shared.settle()
    reads = len(shared.slack.calls("conversations.replies"))
    shared.mention(shared.watched, "", thread_ts=root)
    assert "don't have an approved answer" in shared.reply(shared.watched, root).all_text
    assert len(shared.slack.calls("conversations.replies")) == reads


def test_a_bare_mention_below_no_question_gets_a_line_of_help(
    shared: Desk, channel: Channel
) -> None:
    root = shared.ann.post(channel, "Thanks everybody!")
    shared.mention(channel, "", thread_ts=root)
    assert shared.reply(channel, root).text == wording.HELLO


def test_a_thread_that_cannot_be_read_gets_a_line_of_help(shared: Desk, channel: Channel) -> None:
    root = shared.ann.post(channel, ASKED["vpn"])
    shared.slack.fail("conversations.replies", error="missing_scope")
    shared.mention(channel, "", thread_ts=root)
    assert shared.reply(channel, root).text == wording.HELLO


def test_a_thread_that_cannot_be_read_yet_is_read_later(shared: Desk, channel: Channel) -> None:
    root = shared.ann.post(channel, ASKED["vpn"])
    shared.slack.fail("conversations.replies", status=429, retry_after=1)
    shared.mention(channel, "", thread_ts=root)
    assert answers(shared.reply(channel, root), "vpn")


# -- forwards --------------------------------------------------------------------------


def test_a_forwarded_message_is_read(shared: Desk, channel: Channel) -> None:
    person = shared.slack.create_user(f"dora-{uuid.uuid4().hex[:8]}")
    asked = person.post(channel, ASKED["laptop"])
    direct = person.open_dm()
    ts = person.forward(channel, asked, to=direct)
    assert answers(shared.reply(direct, ts), "laptop")


def test_a_forward_with_a_mention_is_read(shared: Desk, channel: Channel) -> None:
    asked = shared.ann.post(channel, ASKED["canteen"])
    other = shared.slack.create_channel(f"other-{uuid.uuid4().hex[:8]}")
    ts = shared.ann.forward(channel, asked, to=other, text=f"<@{shared.slack.bot_user_id}>")
    assert answers(shared.reply(other, ts), "canteen")


def test_a_forwarded_mention_addresses_nobody(shared: Desk, channel: Channel) -> None:
    asked = shared.mention(channel, ASKED["badge"])
    shared.reply(channel, asked)
    other = shared.slack.create_channel(f"other-{uuid.uuid4().hex[:8]}")
    shared.ann.forward(channel, asked, to=other, text="look at that")
    shared.settle()
    assert shared.bot_posts(other) == []


# -- edits -----------------------------------------------------------------------------


def test_a_mention_that_an_edit_adds_counts_once(shared: Desk, channel: Channel) -> None:
    ts = shared.ann.post(channel, ASKED["parking"])
    shared.settle()
    shared.ann.edit(channel, ts, f"<@{shared.slack.bot_user_id}> {ASKED['parking']}")
    reply = shared.reply(channel, ts)
    assert answers(reply, "parking")
    shared.ann.edit(channel, ts, f"<@{shared.slack.bot_user_id}> {ASKED['badge']}")
    shared.settle()
    assert shared.slack.replies(channel, ts) == [reply]


def test_a_mention_added_to_what_was_passed_over_in_silence_is_heard(shared: Desk) -> None:
    ts = shared.ann.post(shared.watched, UNANSWERABLE)
    shared.settle()
    assert shared.question(ts).state is QuestionState.SILENT
    shared.ann.edit(shared.watched, ts, f"<@{shared.slack.bot_user_id}> {UNANSWERABLE}")
    assert "don't have an approved answer" in shared.reply(shared.watched, ts).all_text
    until(lambda: shared.question(ts).state is QuestionState.UNSURE, "it is told")


def test_a_mention_added_to_what_was_answered_is_not_answered_again(shared: Desk) -> None:
    ts = shared.ann.post(shared.watched, ASKED["vpn"])
    reply = shared.reply(shared.watched, ts)
    shared.ann.edit(shared.watched, ts, f"<@{shared.slack.bot_user_id}> {ASKED['vpn']}")
    shared.settle()
    assert shared.slack.replies(shared.watched, ts) == [reply]


# -- files -----------------------------------------------------------------------------


def test_a_question_with_a_picture_is_answered_with_word_that_it_was_not_read(
    shared: Desk, channel: Channel
) -> None:
    mention = f"<@{shared.slack.bot_user_id}> {ASKED['printer']}"
    ts = shared.ann.post(channel, mention, files=["error.png"])
    reply = shared.reply(channel, ts)
    assert answers(reply, "printer")
    assert reply.all_text.endswith(wording.NO_PICTURES)
    shared.ann.click(channel, reply, "faq_solved")
    shown = shared.slack.wait_for_message(channel, reply, lambda m: "Solved for 1" in m.all_text)
    assert shown.all_text.endswith(wording.NO_PICTURES)


def test_who_did_not_address_the_bot_hears_nothing_of_pictures(shared: Desk) -> None:
    ts = shared.ann.post(shared.watched, ASKED["printer"], files=["error.png"])
    assert wording.NO_PICTURES not in shared.reply(shared.watched, ts).all_text


def test_a_picture_without_words_gets_a_line(shared: Desk, channel: Channel) -> None:
    person = shared.slack.create_user(f"pia-{uuid.uuid4().hex[:8]}")
    direct = person.open_dm()
    ts = person.post(direct, "", files=["error.png"])
    assert shared.reply(direct, ts).text == wording.ONLY_PICTURES
    ts = shared.ann.post(channel, f"<@{shared.slack.bot_user_id}>", files=["error.png"])
    assert shared.reply(channel, ts).text == wording.ONLY_PICTURES


# -- greetings -------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "hi", "hello there!", "good morning", "help"])
def test_a_greeting_gets_one_line_of_help(shared: Desk, channel: Channel, text: str) -> None:
    ts = shared.mention(channel, text)
    reply = shared.reply(channel, ts)
    assert (reply.text, reply.blocks) == (wording.HELLO, ())
    assert shared.question(ts).state is QuestionState.HELPED


def test_a_greeting_whose_line_was_posted_although_it_failed_is_greeted_once(desk: Desk) -> None:
    desk.start()
    desk.slack.fail("chat.postMessage", status=502, after=True)
    ts = desk.mention(desk.watched, "hi")
    assert desk.reply(desk.watched, ts).text == wording.HELLO
    assert desk.question(ts).state is QuestionState.HELPED
