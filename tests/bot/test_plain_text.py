"""A card that Slack does not take is posted once in plain text."""

from contextlib import closing

import pytest

from index.store import Store
from index.store.types import QuestionState
from tests.bot.desk import ASKED, UNANSWERABLE, Desk, answer_to, draft

CODES = ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long")


@pytest.mark.parametrize("code", CODES)
def test_an_answer_whose_card_is_refused_comes_in_plain_text(shared: Desk, code: str) -> None:
    channel = shared.slack.create_channel(f"plain-{code}-{shared.mode}".replace("_", "-"))
    before = len(shared.slack.calls("chat.postMessage"))
    shared.slack.fail("chat.postMessage", error=code)
    ts = shared.mention(channel, ASKED["vpn"])
    reply = shared.reply(channel, ts)
    assert (reply.text, reply.blocks) == (answer_to("vpn"), ())
    question = shared.question(ts)
    assert (question.state, question.reply_ts) == (QuestionState.ANSWERED, reply.ts)
    assert question.attempts == 1
    assert len(shared.slack.calls("chat.postMessage")) == before + 2


def test_a_reply_that_is_not_sure_comes_in_plain_text_too(shared: Desk) -> None:
    channel = shared.slack.create_channel(f"plain-unsure-{shared.mode}")
    shared.slack.fail("chat.postMessage", error="invalid_blocks")
    ts = shared.mention(channel, UNANSWERABLE)
    assert "don't have an approved answer" in shared.reply(channel, ts).text
    assert shared.question(ts).state is QuestionState.UNSURE


def test_a_long_answer_is_whole_in_plain_text(desk: Desk) -> None:
    end = "That is the end of the letter."
    letter = "All work and no play makes Jack a dull boy. " * 150 + end
    with closing(Store(desk.index_settings.store_url)) as store:
        store.pairs.upsert([draft("letter", "What does the letter of the founder say?", letter)])
    desk.start()
    desk.slack.fail("chat.postMessage", error="msg_blocks_too_long")
    ts = desk.mention(desk.watched, "what does the founder's letter say?")
    assert desk.reply(desk.watched, ts).text == letter


def test_what_is_refused_in_plain_text_too_has_failed_and_is_told(shared: Desk) -> None:
    channel = shared.slack.create_channel(f"plain-refused-{shared.mode}")
    shared.slack.fail("chat.postMessage", error="invalid_blocks", times=2)
    ts = shared.mention(channel, ASKED["vpn"])
    assert shared.reply(channel, ts).text.startswith("Sorry, something went wrong on my side")
    assert shared.question(ts).error == "Slack refused: invalid_blocks"


def test_a_plain_reply_that_was_posted_although_it_failed_is_not_posted_again(desk: Desk) -> None:
    desk.start()
    desk.slack.fail("chat.postMessage", error="invalid_blocks")
    desk.slack.fail("chat.postMessage", status=502, after=True)
    ts = desk.mention(desk.watched, ASKED["vpn"])
    assert desk.reply(desk.watched, ts).text == answer_to("vpn")
    assert desk.question(ts).state is QuestionState.ANSWERED
    assert len(desk.slack.calls("chat.postMessage")) == 2


def test_a_command_whose_answer_is_refused_as_a_card_is_answered_in_plain_text(
    shared: Desk,
) -> None:
    channel = shared.slack.create_channel(f"plain-command-{shared.mode}")
    shared.slack.fail("response_url", error="invalid_blocks")
    shared.ann.command(channel, "/faq", "help")
    (told,) = shared.ann.wait_for_ephemeral(channel)
    assert "`/faq help`" in told.text
    assert told.blocks == ()
