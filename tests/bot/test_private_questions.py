"""`/faq` with a question: answered to whoever typed it, and to nobody else."""

from contextlib import closing

import pytest

from bot import private
from bot.answering.look_up import LookUp
from bot.cards import wording
from bot.commands import Typed, asks
from index.searcher import Searcher
from index.store import Store
from index.store.types import QuestionState
from playground.client import Channel, Message
from tests.bot.desk import (
    ASKED,
    ASKED_SECRET,
    SECRET,
    UNANSWERABLE,
    Desk,
    answer_to,
    answers,
    draft,
    first_section,
)

NAMES = ("help", "status", "suggestions", "retry", "retrain", "reindex", "rollback", "cancel")


def told(desk: Desk, channel: Channel, text: str, count: int = 1) -> Message:
    assert desk.ann.command(channel, "/faq", text).acked
    return desk.ann.wait_for_ephemeral(channel, count=count)[-1]


def test_a_question_is_answered_to_its_asker_only(shared: Desk) -> None:
    channel = shared.slack.create_channel(f"private-{shared.mode}")
    told_ann = told(shared, channel, "How do I reset my password?")
    assert answers(told_ann, "password")
    assert told_ann.ephemeral_to == shared.ann.id
    assert shared.bot_posts(channel) == [told_ann]
    joe = shared.slack.create_user(f"joe-{shared.mode}")
    assert told_ann.ts not in {message.ts for message in joe.sees(channel)}


def test_it_is_recorded_as_answered_and_nothing_waits_in_the_inbox(desk: Desk) -> None:
    desk.start()
    told(desk, desk.watched, ASKED["vpn"])
    (question,) = desk.store.inbox.latest(QuestionState.ANSWERED)
    assert (question.user, question.channel, question.private) == (
        desk.ann.id,
        desk.watched.id,
        True,
    )
    assert desk.open_questions() == 0
    desk.restart()
    desk.settle()
    assert len(desk.bot_posts(desk.watched)) == 1


def test_what_has_no_sure_answer_is_told_as_that(shared: Desk) -> None:
    channel = shared.slack.create_channel(f"private-unsure-{shared.mode}")
    assert "don't have an approved answer" in told(shared, channel, UNANSWERABLE).all_text


def test_what_a_channel_may_not_see_is_not_shown_in_it(either_desk: Desk) -> None:
    desk = either_desk
    team = desk.slack.create_channel("managers")
    with closing(Store(desk.index_settings.store_url)) as store:
        store.pairs.upsert(
            [draft("bonus", "When is the bonus round decided?", SECRET, audience=(team.id,))]
        )
    desk.start()
    assert first_section(told(desk, team, ASKED_SECRET)) == SECRET
    assert SECRET not in told(desk, desk.watched, ASKED_SECRET).all_text


def test_its_buttons_work_and_the_card_stays_private(shared: Desk) -> None:
    channel = shared.slack.create_channel(f"private-clicks-{shared.mode}")
    card = told(shared, channel, ASKED["password"])
    updates = len(shared.slack.calls("chat.update"))
    shared.ann.click(channel, card, "faq_more")
    shown = shared.slack.wait_until(
        lambda: [m for m in shared.ann.sees(channel) if answer_to("wifi") in m.all_text],
        what="the other answers",
    )
    assert [message.ephemeral_to for message in shown] == [shared.ann.id]
    shared.ann.click(channel, shown[0], "faq_solved")
    shared.slack.wait_until(
        lambda: [m for m in shared.ann.sees(channel) if "Solved for 1" in m.all_text],
        what="the vote",
    )
    assert len(shared.bot_posts(channel)) == 1
    assert len(shared.slack.calls("chat.update")) == updates


def test_what_was_asked_in_private_becomes_no_wording_by_picks(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Searcher, "threshold", lambda self, precision: None)
    desk.settings["picks_needed"] = 1
    desk.start()
    card = told(desk, desk.watched, ASKED["vpn"])
    desk.ann.click(desk.watched, card, "faq_pick")
    desk.slack.wait_until(
        lambda: [m for m in desk.ann.sees(desk.watched) if "Picked by 1" in m.all_text],
        what="the pick",
    )
    desk.stop()
    with closing(Store(desk.index_settings.store_url)) as store:
        assert store.suggestions.count_waiting() == 1, "it waits for an admin"


def test_before_the_index_is_complete_nothing_is_answered_from_half_of_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(private, "START_PATIENCE_S", 0.1)
    monkeypatch.setattr(LookUp, "complete", lambda self: None)
    desk.start()
    assert told(desk, desk.watched, ASKED["vpn"]).text == wording.STARTING


def test_a_failure_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.start()
    monkeypatch.setattr(Searcher, "search", lambda *_, **__: 1 / 0)
    assert told(desk, desk.watched, ASKED["vpn"]).text.startswith("Sorry, that did not work.")


@pytest.mark.parametrize(
    "text",
    [
        "how do I reset my password?",
        "vpn",
        "guest wifi password",
        "status of my laptop order",
        "help me reset my password",
        "cancel my holiday please, how?",
        "wie ändere ich mein Passwort?",
    ],
)
def test_this_is_a_question(text: str) -> None:
    assert asks(Typed.parse({"text": text}), NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "help",
        "help me",
        "hi",
        "thanks!",
        "status",
        "statsu",
        "Stauts",
        "cancle",
        "cancle retrain",
        "retrian full",
        "retrain head full",
        "rolback 3",
        "rollback 1 2",
        "cancel everything",
        "<!channel>",
    ],
)
def test_this_is_a_command_or_a_slip_of_the_keys_in_one(text: str) -> None:
    assert not asks(Typed.parse({"text": text}), NAMES)


def test_a_slip_of_the_keys_is_answered_with_the_command_that_was_meant(shared: Desk) -> None:
    channel = shared.slack.create_channel(f"typo-{shared.mode}")
    answer = told(shared, channel, "statsu").all_text
    assert answer.startswith("I don't know “statsu”. Did you mean `/faq status`? Ask me by")
