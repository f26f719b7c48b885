"""A question that fails: who addressed the bot hears of it, and it can be taken up again."""

import pytest
from typer.testing import CliRunner

from bot.answering import apology
from bot.answering import worker as answering
from bot.cards import wording
from bot.cli import app
from index.searcher import Searcher
from index.store.types import QuestionState
from tests.bot.desk import ASKED, Desk, answers
from tests.support.waiting import until

SEARCH = Searcher.search


@pytest.fixture
def broken(either_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A bot whose search fails, until the test mends it; it gives up after two attempts."""
    monkeypatch.setattr(answering.random, "uniform", lambda low, high: 0.1)
    monkeypatch.setattr(answering, "MAX_ATTEMPTS", 2)
    monkeypatch.setattr(Searcher, "search", lambda *_, **__: 1 / 0)
    either_desk.settings["admins"] = (either_desk.ann.id,)
    return either_desk.start()


@pytest.fixture
def impatient(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A bot that gives up after two attempts, and tries again soon to say so."""
    monkeypatch.setattr(answering.random, "uniform", lambda low, high: 0.1)
    monkeypatch.setattr(answering, "MAX_ATTEMPTS", 2)
    monkeypatch.setattr(apology, "DELAYS_S", (0.1, 0.1))
    return desk.start()


def has_failed(desk: Desk, ts: str) -> None:
    until(lambda: desk.question(ts).state is QuestionState.FAILED, "the question has failed")


def test_who_addressed_the_bot_is_told_in_one_line_that_it_failed(broken: Desk) -> None:
    channel = broken.slack.create_channel("elsewhere")
    ts = broken.mention(channel, ASKED["vpn"])
    reply = broken.reply(channel, ts)
    assert reply.text == wording.APOLOGY
    assert broken.question(ts).state is QuestionState.FAILED
    direct = broken.ann.open_dm()
    ts = broken.ann.post(direct, ASKED["vpn"])
    assert broken.reply(direct, ts).text == wording.APOLOGY


def test_who_did_not_address_the_bot_is_not_told(broken: Desk) -> None:
    ts = broken.ann.post(broken.watched, ASKED["vpn"])
    has_failed(broken, ts)
    broken.settle()
    assert broken.slack.replies(broken.watched, ts) == []


def test_an_outage_that_ends_just_after_the_last_attempt_is_told(impatient: Desk) -> None:
    impatient.slack.fail("chat.postMessage", status=503, times=4)
    ts = impatient.mention(impatient.watched, ASKED["vpn"])
    has_failed(impatient, ts)
    assert impatient.reply(impatient.watched, ts).text == wording.APOLOGY


def test_a_line_that_was_posted_although_it_failed_is_not_posted_again(impatient: Desk) -> None:
    impatient.slack.fail("chat.postMessage", status=503, times=2)
    impatient.slack.fail("chat.postMessage", status=503, after=True)
    ts = impatient.mention(impatient.watched, ASKED["vpn"])
    has_failed(impatient, ts)
    assert impatient.reply(impatient.watched, ts).text == wording.APOLOGY
    reads = len(impatient.slack.calls("conversations.replies"))
    impatient.slack.wait_for_calls("conversations.replies", count=reads)
    assert len(impatient.slack.replies(impatient.watched, ts)) == 1


def test_where_the_bot_may_not_write_its_asker_is_told_directly(either_desk: Desk) -> None:
    desk = either_desk.start()
    channel = desk.slack.create_channel("strangers", bot_member=False)
    ts = desk.mention(channel, ASKED["vpn"])
    has_failed(desk, ts)
    direct = desk.ann.open_dm()
    (told,) = desk.slack.wait_until(lambda: desk.bot_posts(direct), what="a direct message")
    assert told.text == wording.cannot_answer_in(channel.id)
    assert desk.bot_posts(channel) == []


def test_a_question_that_was_deleted_is_not_apologised_for(impatient: Desk) -> None:
    impatient.slack.fail("chat.postMessage", status=503)
    impatient.slack.slow("conversations.replies", 0.5)
    ts = impatient.mention(impatient.watched, ASKED["vpn"])
    impatient.slack.wait_for_calls("chat.postMessage")
    impatient.ann.delete(impatient.watched, ts)
    has_failed(impatient, ts)
    impatient.stop()
    assert impatient.bot_posts(impatient.watched) == []
    assert impatient.bot_posts(impatient.ann.open_dm()) == []


@pytest.mark.parametrize("by", ["command line", "one by its id", "/faq"])
def test_failed_questions_are_taken_up_again(
    broken: Desk, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ts = broken.mention(broken.watched, ASKED["vpn"])
    broken.reply(broken.watched, ts)
    other = broken.mention(broken.watched, ASKED["badge"])
    broken.reply(broken.watched, other)
    failed = broken.question(ts).id
    monkeypatch.setattr(Searcher, "search", SEARCH)
    if by == "/faq":
        broken.ann.command(broken.watched, "/faq", "retry")
        (told,) = broken.ann.wait_for_ephemeral(broken.watched)
        assert told.text.startswith("2 failed questions are taken up again.")
    else:
        monkeypatch.setenv("FAQBOT_INDEX_DATA_DIR", str(broken.data_dir))
        words = ["questions", "retry", *([failed] if by == "one by its id" else ["--all"])]
        assert CliRunner().invoke(app, words).exit_code == 0
    until(lambda: broken.question(ts).state is QuestionState.ANSWERED, "it is answered")
    sorry, answer = broken.slack.replies(broken.watched, ts)
    assert sorry.text == wording.APOLOGY
    assert answers(answer, "vpn")
    assert broken.question(ts).attempts == 1
    broken.settle()
    is_left = by == "one by its id"
    assert broken.question(other).state is (
        QuestionState.FAILED if is_left else QuestionState.ANSWERED
    )


def test_an_answer_that_did_arrive_is_found_when_its_question_is_taken_up(desk: Desk) -> None:
    running = desk.start()
    running.slack.fail("chat.postMessage", status=500, after=True)
    running.slack.fail("conversations.replies", error="missing_scope")
    ts = running.mention(running.watched, ASKED["vpn"])
    has_failed(running, ts)
    assert running.store.inbox.retry_failed() == 1
    until(lambda: running.question(ts).state is QuestionState.ANSWERED, "the answer is found")
    (reply,) = running.slack.replies(running.watched, ts)
    assert answers(reply, "vpn")


def test_a_retry_of_what_has_not_failed_is_told_so(desk: Desk) -> None:
    desk.settings["admins"] = (desk.ann.id,)
    running = desk.start()
    running.ann.command(running.watched, "/faq", "retry 4711")
    (told,) = running.ann.wait_for_ephemeral(running.watched)
    assert told.text.startswith("There is no failed question “4711”.")
