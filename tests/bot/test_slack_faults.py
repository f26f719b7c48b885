"""Slack refuses, fails or forgets: the answer comes once, later, or is marked failed."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot import status
from bot.answering import worker as answering
from bot.slack.poster import is_reply_to
from bot.timing import Timing
from index.searcher import Searcher
from index.store.types import QuestionState
from tests.bot.desk import ASKED, FAQ, Desk, answers
from tests.support.waiting import until


@pytest.fixture
def running(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    # Otherwise with some jitter, which is not what is tested.
    monkeypatch.setattr(answering.random, "uniform", lambda low, high: 0.3)
    return desk.start()


def failed_reason(desk: Desk, ts: str) -> str:
    """Why a question failed, as `faqbot status` shows it."""
    until(lambda: desk.question(ts).state is QuestionState.FAILED, "the question is marked failed")
    report = status.collect(desk.store, desk.bot_settings, desk.index_settings.models_dir)
    assert report.questions["failed"] == 1
    (failed,) = report.failed
    assert failed.ts == ts
    shown = json.dumps(report.as_dict()) + str(report.lines())
    for question, answer in [*FAQ.values(), *zip(ASKED.values(), ASKED.values(), strict=True)]:
        assert question not in shown
        assert answer not in shown
    return str(failed.reason)


def test_a_rate_limited_answer_comes_later_and_other_channels_go_on(running: Desk) -> None:
    limited = running.slack.create_channel("limited")
    free = running.slack.create_channel("free")
    running.slack.fail("chat.postMessage", status=429, retry_after=2)
    first = running.mention(limited, ASKED["vpn"])
    running.slack.wait_for_calls("chat.postMessage")
    # One behind it in the same channel, one in another.
    second = running.mention(limited, ASKED["badge"])
    other = running.mention(free, ASKED["canteen"])
    quick = running.reply(free, other)
    assert answers(quick, "canteen")
    late = [running.reply(limited, ts) for ts in (first, second)]
    assert answers(late[0], "vpn")
    assert answers(late[1], "badge")
    assert all(float(quick.ts) < float(reply.ts) for reply in late)
    # Waiting for a rate limit is no attempt, and Slack was left alone meanwhile.
    assert running.question(first).attempts == 1
    assert len(running.slack.calls("chat.postMessage")) == 4


def test_slacks_own_pace_is_kept(running: Desk) -> None:
    running.slack.limit_posts(per_second=1)
    asked = {name: running.mention(running.watched, ASKED[name]) for name in ("vpn", "badge")}
    for name, ts in asked.items():
        assert answers(running.reply(running.watched, ts), name)


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 500}, {"error": "internal_error"}])
def test_a_post_that_fails_several_times_is_made_once(
    running: Desk, fault: dict[str, object]
) -> None:
    running.slack.fail("chat.postMessage", times=2, **fault)  # type: ignore[arg-type]
    ts = running.mention(running.watched, ASKED["vpn"])
    assert answers(running.reply(running.watched, ts), "vpn")
    assert running.question(ts).attempts == 3


@pytest.mark.parametrize("how", ["server error", "connection cut"])
def test_a_post_that_was_made_although_it_failed_is_not_made_again(running: Desk, how: str) -> None:
    if how == "server error":
        running.slack.fail("chat.postMessage", status=502, after=True)
    else:
        running.slack.drop("chat.postMessage", after=True)
    ts = running.mention(running.watched, ASKED["vpn"])
    reply = running.reply(running.watched, ts)
    question = running.question(ts)
    assert answers(reply, "vpn")
    assert (question.state, question.reply_ts) == (QuestionState.ANSWERED, reply.ts)
    assert len(running.slack.calls("chat.postMessage")) == 1
    # And its buttons work.
    running.ann.click(running.watched, reply, "faq_solved")
    running.slack.wait_for_message(running.watched, reply, lambda m: "Solved for 1" in m.all_text)


def test_a_made_post_is_found_in_a_long_thread_among_other_answers(running: Desk) -> None:
    root = running.ann.post(running.watched, "Good morning everybody.")
    before = running.mention(running.watched, ASKED["vpn"], thread_ts=root)
    running.reply(running.watched, root)
    for number in range(230):
        running.ann.reply(running.watched, root, f"message {number}.")
    running.slack.fail("chat.postMessage", status=502, after=True)
    # A page of Slack's is 200 messages, which now hold no answer.
    asked = running.mention(running.watched, ASKED["vpn"], thread_ts=root)
    for number in range(5):
        running.ann.reply(running.watched, root, f"later message {number}.")
    until(lambda: running.question(asked).state is QuestionState.ANSWERED, "it is found")
    running.settle()
    replies = running.slack.replies(running.watched, root)
    assert [running.question(before).reply_ts, running.question(asked).reply_ts] == [
        reply.ts for reply in replies
    ]


def test_an_unsure_reply_that_was_made_is_found_as_well(running: Desk) -> None:
    running.slack.drop("chat.postMessage", after=True)
    ts = running.mention(running.watched, "how do I train a giraffe to play chess?")
    reply = running.reply(running.watched, ts)
    assert (running.question(ts).state, running.question(ts).reply_ts) == (
        QuestionState.UNSURE,
        reply.ts,
    )


def test_an_offer_that_was_made_is_found_as_that(
    running: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Searcher, "threshold", lambda self, precision: None)
    running.slack.drop("chat.postMessage", after=True)
    ts = running.mention(running.watched, ASKED["vpn"])
    reply = running.reply(running.watched, ts)
    question = running.question(ts)
    assert (question.state, question.reply_ts) == (QuestionState.OFFERED, reply.ts)
    assert reply.action_ids == ("faq_pick", "faq_none")


def test_a_bot_that_is_no_member_fails_with_the_reason(running: Desk) -> None:
    channel = running.slack.create_channel("strangers", bot_member=False)
    ts = running.mention(channel, ASKED["vpn"])
    assert failed_reason(running, ts) == "Slack refused: not_in_channel"
    assert running.bot_posts(channel) == []


def test_a_refused_post_is_not_tried_again(running: Desk) -> None:
    running.slack.fail("chat.postMessage", error="is_archived")
    ts = running.mention(running.watched, ASKED["vpn"])
    assert failed_reason(running, ts) == "Slack refused: is_archived"
    # The next question is answered all the same.
    other = running.mention(running.watched, ASKED["badge"])
    assert answers(running.reply(running.watched, other), "badge")
    assert running.slack.replies(running.watched, ts) == []


def test_a_channel_archived_after_a_failed_post_is_told_as_that(running: Desk) -> None:
    running.slack.fail("chat.postMessage", status=503)
    running.slack.slow("conversations.replies", 0.5)
    ts = running.mention(running.watched, ASKED["vpn"])
    running.slack.wait_for_calls("chat.postMessage")
    running.slack.archive(running.watched)
    assert failed_reason(running, ts) == "Slack refused: is_archived"


def test_an_unreadable_thread_after_an_uncertain_post_means_failed_not_doubled(
    running: Desk,
) -> None:
    running.slack.fail("chat.postMessage", status=500, after=True)
    running.slack.fail("conversations.replies", error="missing_scope")
    ts = running.mention(running.watched, ASKED["vpn"])
    reason = failed_reason(running, ts)
    assert reason == "Slack refused: missing_scope (looking for an earlier answer)"
    assert len(running.slack.replies(running.watched, ts)) == 1


def test_a_rate_limit_on_reading_the_thread_is_waited_out(running: Desk) -> None:
    running.slack.drop("chat.postMessage", after=True)
    running.slack.fail("conversations.replies", status=429, retry_after=1)
    ts = running.mention(running.watched, ASKED["vpn"])
    assert answers(running.reply(running.watched, ts), "vpn")
    assert len(running.slack.calls("chat.postMessage")) == 1


def test_a_question_deleted_meanwhile_is_given_up(running: Desk) -> None:
    running.slack.fail("chat.postMessage", status=503)
    ts = running.mention(running.watched, ASKED["vpn"])
    running.slack.wait_for_calls("chat.postMessage")
    running.ann.delete(running.watched, ts)
    assert failed_reason(running, ts) == "Slack refused: thread_not_found"


def test_a_slack_that_stays_down_is_given_up_on(
    running: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "MAX_ATTEMPTS", 2)
    running.slack.fail("chat.postMessage", status=503, times=100)
    ts = running.mention(running.watched, ASKED["vpn"])
    assert failed_reason(running, ts) == "gave up after 2 attempts: HTTP status 503"
    running.settle()
    posts = running.slack.calls("chat.postMessage")
    assert len([post for post in posts if post.arguments.get("blocks")]) == 2


def test_a_revoked_token_fails_with_the_reason(running: Desk) -> None:
    running.slack.refuse_tokens("token_revoked")
    ts = running.mention(running.watched, ASKED["vpn"])
    assert failed_reason(running, ts) == "Slack refused: token_revoked"


def test_a_post_that_slack_carries_out_late_is_not_made_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.timing = Timing(slack_timeout_s=1)
    monkeypatch.setattr("index.store.inbox.SETTLE", timedelta(seconds=4))
    running = desk.start()
    # Applied after the client gave up on it, before the bot may rely on its absence.
    running.slack.slow("chat.postMessage", 2.5)
    ts = running.mention(running.watched, ASKED["vpn"])
    reply = running.reply(running.watched, ts)
    until(lambda: running.question(ts).state is QuestionState.ANSWERED, "the late reply is found")
    assert running.question(ts).reply_ts == reply.ts
    assert len(running.slack.replies(running.watched, ts)) == 1


@pytest.mark.parametrize("code", ["ratelimited", "rate_limited"])
def test_a_rate_limit_without_the_status_is_waited_for_too(running: Desk, code: str) -> None:
    running.slack.fail("chat.postMessage", error=code)
    ts = running.mention(running.watched, ASKED["vpn"])
    until(lambda: running.question(ts).error == "ratelimited", "the limit is noticed")
    assert running.question(ts).state is QuestionState.RECEIVED


def test_a_rate_limited_post_needs_no_look_into_the_thread(running: Desk) -> None:
    running.slack.fail("chat.postMessage", status=429, retry_after=1)
    ts = running.mention(running.watched, ASKED["vpn"])
    assert answers(running.reply(running.watched, ts), "vpn")
    assert running.slack.calls("conversations.replies") == []


def test_a_reply_whose_metadata_got_lost_is_known_by_its_buttons(desk: Desk) -> None:
    running = desk.start()
    ts = running.mention(running.watched, ASKED["vpn"])
    reply = running.reply(running.watched, ts)
    question = running.question(ts)
    message = {"ts": reply.ts, "blocks": list(reply.blocks)}
    assert is_reply_to(question.id, message)
    assert not is_reply_to("another", message)
