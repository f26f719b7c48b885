"""The buttons below an answer."""

import uuid

import pytest

from index.store import Store
from index.store.types import Verdict
from playground.client import Channel, Message
from tests.bot.desk import ASKED, Desk, answer_to, first_section


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
    assert all(desk.slack.message(channel, target).text == "planted" for channel, target in targets)
    store = Store(desk.index_settings.store_url)
    assert set(store.feedback.tally().values()) == {0}
    store.close()


def test_a_button_that_this_version_does_not_know_is_acknowledged(shared: Desk) -> None:
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
