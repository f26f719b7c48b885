"""The buttons below an answer."""

import time
import uuid
from contextlib import closing

import pytest
import sqlalchemy as sa

from bot.cards import wording
from bot.feedback import redraw
from index.store import Store
from index.store.tables import questions
from index.store.types import Status, Verdict
from playground.client import Channel, Message
from tests.bot.desk import ASKED, UNANSWERABLE, Desk, answer_to, first_section
from tests.support.waiting import until


@pytest.fixture
def card(shared: Desk) -> tuple[Channel, str, Message]:
    """An answered question: its channel, its ts, and the answer."""
    channel = shared.slack.create_channel(f"clicks-{uuid.uuid4().hex[:8]}")
    ts = shared.mention(channel, ASKED["password"])
    return channel, ts, shared.reply(channel, ts)


Card = tuple[Channel, str, Message]


def test_solved_is_recorded_and_counted_on_the_card(shared: Desk, card: Card) -> None:
    channel, ts, reply = card
    assert shared.ann.click(channel, reply, "faq_solved").acked
    shared.slack.wait_for_message(channel, reply, lambda m: "Solved for 1 person" in m.all_text)
    other = shared.slack.create_user(f"other-{ts}")
    other.click(channel, reply, "faq_solved")
    shown = shared.slack.wait_for_message(
        channel, reply, lambda m: "Solved for 2 people" in m.all_text
    )
    assert first_section(shown) == answer_to("password")
    assert shared.tally(ts) == (2, 0)


def test_a_persons_last_click_counts(shared: Desk, card: Card) -> None:
    channel, ts, reply = card
    shared.ann.click(channel, reply, "faq_solved")
    shared.slack.wait_for_message(channel, reply, lambda m: "Solved for 1" in m.all_text)
    shared.ann.click(channel, reply, "faq_not_it")
    shown = shared.slack.wait_for_message(
        channel, reply, lambda m: "Not it for 1 person" in m.all_text
    )
    assert "Solved for" not in shown.all_text
    assert shared.tally(ts) == (0, 1)
    shared.ann.click(channel, reply, "faq_not_it")
    shared.ann.click(channel, reply, "faq_solved")
    shared.slack.wait_for_message(channel, reply, lambda m: "Solved for 1" in m.all_text)
    assert shared.tally(ts) == (1, 0)


def test_not_it_shows_the_other_answers(shared: Desk, card: Card) -> None:
    channel, ts, reply = card
    shared.ann.click(channel, reply, "faq_not_it")
    shown = shared.slack.wait_for_message(channel, reply, lambda m: "faq_less" in m.action_ids)
    candidates = shared.store.pairs.get(shared.question(ts).candidates)
    assert len(candidates) == 3
    assert all(pair.answer in shown.all_text for pair in candidates.values())


def test_more_unfolds_the_others_and_less_folds_them_again(shared: Desk, card: Card) -> None:
    channel, ts, reply = card
    assert reply.element("faq_more")["text"]["text"] == "2 more answers"
    shared.ann.click(channel, reply, "faq_more")
    unfolded = shared.slack.wait_for_message(channel, reply, lambda m: "faq_less" in m.action_ids)
    assert answer_to("wifi") in unfolded.all_text
    # A vote leaves it as it is.
    shared.ann.click(channel, reply, "faq_solved")
    voted = shared.slack.wait_for_message(channel, reply, lambda m: "Solved for" in m.all_text)
    assert "faq_less" in voted.action_ids
    shared.ann.click(channel, reply, "faq_less")
    folded = shared.slack.wait_for_message(channel, reply, lambda m: "faq_more" in m.action_ids)
    assert answer_to("wifi") not in folded.all_text
    assert shared.tally(ts) == (1, 0)


def test_clicks_of_several_people_at_once_are_all_counted(shared: Desk, card: Card) -> None:
    channel, ts, reply = card
    people = [shared.slack.create_user(f"voter-{n}-{ts}") for n in range(8)]
    for person in people:
        person.click(channel, reply, "faq_solved", wait=False)
    shared.slack.wait_until_idle()
    shared.slack.wait_for_message(channel, reply, lambda m: "Solved for 8 people" in m.all_text)
    assert shared.tally(ts) == (8, 0)


def test_a_click_with_a_foreign_question_or_channel_changes_nothing(either_desk: Desk) -> None:
    desk = either_desk.start()
    other = desk.slack.create_channel("other")
    ts = desk.mention(desk.watched, ASKED["vpn"])
    desk.reply(desk.watched, ts)
    question_id = desk.question(ts).id

    def planted(channel: Channel, value: str) -> str:
        button = {
            "type": "button",
            "action_id": "faq_not_it",
            "text": {"type": "plain_text", "text": "Not it"},
            "value": value,
        }
        blocks = [{"type": "actions", "elements": [button]}]
        posted = desk.api.chat_postMessage(channel=channel.id, text="planted", blocks=blocks)
        return str(posted["ts"])

    targets = [
        (desk.watched, planted(desk.watched, str(uuid.uuid4()))),
        (desk.watched, planted(desk.watched, "' OR 1=1 --")),
        (other, planted(other, question_id)),
    ]
    for channel, target in targets:
        assert desk.ann.click(channel, target, "faq_not_it").acked
    desk.stop()  # which waits for what the clicks set off
    assert desk.slack.calls("chat.update") == []
    for channel, count in ((desk.watched, 2), (other, 1)):
        told = desk.ann.wait_for_ephemeral(channel, count=count)
        assert [message.text for message in told] == [wording.CARD_TOO_OLD] * count
    assert all(desk.slack.message(channel, target).text == "planted" for channel, target in targets)
    store = Store(desk.index_settings.store_url)
    assert set(store.feedback.tally().values()) == {0}
    store.close()


def test_a_button_that_this_version_does_not_know_is_answered(shared: Desk) -> None:
    channel = shared.slack.create_channel(f"old-{uuid.uuid4().hex[:8]}")
    button = {
        "type": "button",
        "action_id": "of_an_older_version",
        "text": {"type": "plain_text", "text": "?"},
    }
    posted = shared.api.chat_postMessage(
        channel=channel.id, text="old", blocks=[{"type": "actions", "elements": [button]}]
    )
    assert shared.ann.click(channel, str(posted["ts"]), "of_an_older_version").acked
    (told,) = shared.ann.wait_for_ephemeral(channel)
    assert told.text == wording.CARD_TOO_OLD


def test_clicks_are_acknowledged_at_once_when_slack_updates_slowly(either_desk: Desk) -> None:
    desk = either_desk.start()
    ts = desk.mention(desk.watched, ASKED["vpn"])
    reply = desk.reply(desk.watched, ts)
    slow_s = 1.5
    desk.slack.slow("chat.update", slow_s, times=6)
    people = [desk.slack.create_user(f"voter-{n}") for n in range(6)]
    seconds = [person.click(desk.watched, reply, "faq_solved").seconds for person in people]
    # More than Bolt has threads, and all before the first update came back.
    assert all(s is not None for s in seconds)
    assert sum(s for s in seconds if s) < slow_s
    store = desk.store
    question_id = desk.question(ts).id
    desk.slack.recover()
    desk.slack.wait_for_message(
        desk.watched, reply, lambda m: "Solved for 6 people" in m.all_text, timeout=20
    )
    assert store.feedback.tally(question_id)[Verdict.SOLVED] == 6


def test_a_vote_counts_although_the_card_cannot_be_updated(shared: Desk, card: Card) -> None:
    channel, ts, reply = card
    before = len(shared.slack.calls("chat.update"))
    shared.slack.fail("chat.update", error="cant_update_message")
    shared.ann.click(channel, reply, "faq_solved")
    shared.slack.wait_for_calls("chat.update", count=before + 1)
    shared.ann.click(channel, reply, "faq_more")
    shown = shared.slack.wait_for_message(channel, reply, lambda m: "faq_less" in m.action_ids)
    assert "Solved for 1 person" in shown.all_text
    assert shared.tally(ts) == (1, 0)


def test_a_click_on_a_card_that_the_store_does_not_know_is_answered(either_desk: Desk) -> None:
    desk = either_desk.start()
    reply = desk.reply(desk.watched, desk.mention(desk.watched, ASKED["vpn"]))
    desk.stop()
    with closing(Store(desk.index_settings.store_url)) as store, store.database.write() as write:
        write.execute(sa.delete(questions))
    desk.start()
    for count, action_id in enumerate(("faq_solved", "faq_more"), start=1):
        desk.ann.click(desk.watched, reply, action_id)
        told = desk.ann.wait_for_ephemeral(desk.watched, count=count)
        assert told[-1].text == wording.CARD_TOO_OLD
    assert desk.slack.calls("chat.update") == []


def test_a_click_on_an_answer_that_is_gone_is_answered(desk: Desk) -> None:
    desk.start()
    ts = desk.mention(desk.watched, UNANSWERABLE)
    reply = desk.reply(desk.watched, ts)
    offered = desk.question(ts).candidates
    desk.store.pairs.set_status(offered, Status.RETIRED)
    desk.ann.click(desk.watched, reply, "faq_pick")
    (told,) = desk.ann.wait_for_ephemeral(desk.watched)
    assert told.text == wording.ANSWER_GONE


def test_a_click_whose_update_meets_a_limit_is_shown_when_the_limit_is_over(
    shared: Desk, card: Card
) -> None:
    channel, _, reply = card
    before = len(shared.slack.calls("chat.update"))
    shared.slack.fail("chat.update", status=429, retry_after=1)
    shared.ann.click(channel, reply, "faq_solved")
    shown = shared.slack.wait_for_message(channel, reply, lambda m: "Solved for 1" in m.all_text)
    assert first_section(shown) == answer_to("password")
    assert len(shared.slack.calls("chat.update")) == before + 2


def test_what_is_clicked_during_a_limit_is_shown_with_it_and_slack_left_alone(
    shared: Desk, card: Card
) -> None:
    channel, ts, reply = card
    before = len(shared.slack.calls("chat.update"))
    shared.slack.fail("chat.update", status=429, retry_after=2)
    shared.ann.click(channel, reply, "faq_more")
    shared.slack.wait_for_calls("chat.update", count=before + 1)
    shared.ann.click(channel, reply, "faq_solved")
    shared.slack.create_user(f"late-{ts}").click(channel, reply, "faq_solved")
    shown = shared.slack.wait_for_message(channel, reply, lambda m: "Solved for 2" in m.all_text)
    assert "faq_less" in shown.action_ids
    assert len(shared.slack.calls("chat.update")) == before + 2


def test_a_limit_that_does_not_end_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redraw, "MAX_TRIES", 2)
    desk.start()
    reply = desk.reply(desk.watched, desk.mention(desk.watched, ASKED["vpn"]))
    desk.slack.fail("chat.update", status=429, retry_after=1, times=3)
    desk.ann.click(desk.watched, reply, "faq_solved")
    desk.slack.wait_for_calls("chat.update", count=3)
    # The next click shows both.
    until(lambda: _clicked(desk, reply), "the card is drawn by another click")
    assert len(desk.slack.calls("chat.update")) >= 4


def _clicked(desk: Desk, reply: Message) -> bool:
    desk.ann.click(desk.watched, reply, "faq_more")
    shown = desk.slack.message(desk.watched, reply)
    return "Solved for 1" in shown.all_text and "faq_less" in shown.action_ids


def test_a_stop_does_not_wait_for_what_slack_has_put_off(desk: Desk) -> None:
    desk.start()
    reply = desk.reply(desk.watched, desk.mention(desk.watched, ASKED["vpn"]))
    desk.slack.fail("chat.update", status=429, retry_after=60)
    desk.ann.click(desk.watched, reply, "faq_solved")
    desk.slack.wait_for_calls("chat.update")
    started = time.monotonic()
    desk.stop()
    assert time.monotonic() - started < 10


def test_more_that_slack_does_not_take_as_a_card_is_shown_to_the_clicker(
    shared: Desk, card: Card
) -> None:
    channel, _, reply = card
    shared.slack.fail("chat.update", error="msg_blocks_too_long")
    shared.ann.click(channel, reply, "faq_more")
    (told,) = shared.ann.wait_for_ephemeral(channel)
    assert answer_to("password") in told.text
