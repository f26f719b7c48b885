"""Where the bot is not sure which answer is meant, people pick one; it learns their words."""

import uuid
from collections.abc import Callable

import pytest
from slack_sdk import WebClient

from bot.answering.reply import reply_message
from bot.slack.lookup import is_public
from index.ranking.decision import Decision
from index.searcher import Searcher
from index.store import Store
from index.store.types import QuestionState, Status, Verdict
from playground.client import Channel, Message, Person, Playground
from tests.bot.desk import ASKED, FAQ, Desk, answer_to, answers, draft, first_section
from tests.bot.picking import (
    MACHINES,
    UNKNOWN,
    VAGUE,
    ask,
    fill,
    id_of,
    learn_from_picks,
    pick,
    picks,
    wait,
    wordings,
)
from tests.support.matches import matches
from tests.support.waiting import until

UNSURE = "don't have an approved answer"

Threshold = Callable[[float | None], None]


@pytest.fixture
def threshold(monkeypatch: pytest.MonkeyPatch) -> Threshold:
    """Sets the confidence from which the bot answers; None: it asks first."""

    def set_it(value: float | None) -> None:
        monkeypatch.setattr(Searcher, "threshold", lambda self, precision: value)

    set_it(0.6)
    return set_it


@pytest.fixture
def filled(either_desk: Desk, threshold: Threshold) -> Desk:
    """A bot in each mode, whose FAQ has two entries of a kind."""
    return fill(either_desk).start()


@pytest.fixture
def machines(desk: Desk, threshold: Threshold) -> Desk:
    """The same in Socket Mode only; the test starts it."""
    return fill(desk)


def verdicts(desk: Desk, ts: str) -> list[tuple[str, Verdict, str | None]]:
    votes = desk.store.feedback.votes(desk.question(ts).id)
    return [(vote.user, vote.verdict, vote.pair_id) for vote in votes]


# -- what is offered -------------------------------------------------------------------


def test_a_near_tie_is_offered_also_where_nobody_asked_the_bot(filled: Desk) -> None:
    ts = filled.ann.post(filled.watched, VAGUE)
    card = filled.reply(filled.watched, ts)
    assert "not sure which of these" in first_section(card)
    for question, answer in MACHINES.values():
        assert question in card.all_text
        assert answer.split("\n")[0].split("<")[0] in card.all_text
    assert "Then wipe it." not in card.all_text, "only how the answers begin"
    assert card.action_ids == ("faq_pick", "faq_pick", "faq_none")
    question = filled.question(ts)
    assert (question.state, question.pair_id) == (QuestionState.OFFERED, None)
    assert set(question.candidates) == set(picks(card)) == {id_of(name) for name in MACHINES}


def test_a_picked_answer_takes_the_card_s_place_word_for_word(filled: Desk) -> None:
    ts, card = ask(filled)
    shown = pick(filled, filled.ann, card, "floor2")
    assert first_section(shown) == "Hold the &lt;red&gt; button."
    assert "Picked by 1 person" in shown.all_text
    assert shown.action_ids == ("faq_solved", "faq_not_it", "faq_more")
    assert filled.ann.id not in shown.all_text
    assert verdicts(filled, ts) == [(filled.ann.id, Verdict.PICKED, id_of("floor2"))]


def test_a_single_sure_one_is_offered_too_while_nothing_is_proven(
    machines: Desk, threshold: Threshold
) -> None:
    threshold(None)
    desk = machines.start()
    ts = desk.ann.post(desk.watched, ASKED["vpn"])
    card = desk.reply(desk.watched, ts)
    assert list(picks(card)) == [id_of("vpn")]
    assert card.element("faq_none")["text"]["text"] == "Not this one"
    assert desk.ann.click(desk.watched, card, "faq_pick").acked
    shown = desk.slack.wait_for_message(desk.watched, card, lambda m: answers(m, "vpn"))
    assert shown.action_ids == ("faq_solved", "faq_not_it")


def test_the_closest_can_be_picked_where_nothing_is_sure(
    machines: Desk, threshold: Threshold
) -> None:
    threshold(2.0)
    desk = machines.start()
    ts, card = ask(desk)
    assert UNSURE in first_section(card)
    assert desk.question(ts).state is QuestionState.UNSURE
    assert set(picks(card)) >= {id_of(name) for name in MACHINES}
    desk.ann.click(desk.watched, card, "faq_more")
    unfolded = desk.slack.wait_for_message(desk.watched, card, lambda m: "faq_less" in m.action_ids)
    assert "Then wipe it." in unfolded.all_text
    shown = pick(desk, desk.ann, card, "floor1")
    assert "Hold the" not in shown.all_text, "what was unfolded is folded again"


def test_two_sure_answers_of_one_message_are_both_seen() -> None:
    def is_expanded(threshold: float | None, *confidences: float) -> bool:
        message = reply_message("q1", matches(*confidences), Decision.ANSWER, threshold)
        return "faq_less" in str(message.blocks)

    assert is_expanded(0.8, 0.95, 0.85)
    assert is_expanded(0.8, 0.95, 0.1, 0.85)
    assert not is_expanded(0.8, 0.95, 0.1, 0.05)
    assert not is_expanded(0.8, 0.95)


def test_a_channel_can_ask_for_more_precision(
    machines: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = machines.slack.create_channel("strict")
    machines.settings |= {"answer_precision": 0.8, "channel_precision": {strict.id: 0.99}}
    monkeypatch.setattr(
        Searcher, "threshold", lambda self, precision: 0.5 if precision == 0.8 else None
    )
    desk = machines.start()
    _, card = ask(desk, ASKED["vpn"])
    assert answers(card, "vpn")
    _, card = ask(desk, ASKED["vpn"], strict)
    assert list(picks(card)) == [id_of("vpn")], "it asks first there"


# -- clicks ----------------------------------------------------------------------------


def test_a_person_s_last_pick_counts_and_most_people_decide(filled: Desk) -> None:
    ts, card = ask(filled)
    bob = filled.slack.create_user("bob")
    pick(filled, filled.ann, card, "floor1")
    # Who thinks otherwise unfolds the others, and picks one there.
    bob.click(filled.watched, card, "faq_not_it")
    wait(filled, card, "Picked by 1 person · Not it for 1")
    shown = pick(filled, bob, card, "floor2")
    assert "Picked by 1 person" in shown.all_text, "among equals the last one shows"
    filled.ann.click(filled.watched, card, "faq_more")
    filled.slack.wait_for_message(filled.watched, card, lambda m: "faq_less" in m.action_ids)
    filled.ann.click(filled.watched, card, "faq_solved")
    wait(filled, card, "Picked by 1 person · Solved for 1")
    assert sorted(verdicts(filled, ts)) == sorted(
        [
            (filled.ann.id, Verdict.SOLVED, id_of("floor2")),
            (bob.id, Verdict.PICKED, id_of("floor2")),
        ]
    )


def test_taking_a_pick_back_offers_the_choice_again(filled: Desk) -> None:
    ts, card = ask(filled)
    pick(filled, filled.ann, card, "floor1")
    filled.ann.click(filled.watched, card, "faq_not_it")
    shown = wait(filled, card, "not sure which of these")
    assert shown.all_text == card.all_text
    assert verdicts(filled, ts) == [(filled.ann.id, Verdict.NOT_IT, id_of("floor1"))]


def test_none_of_these_is_recorded_of_the_question(filled: Desk) -> None:
    ts, card = ask(filled)
    filled.ann.click(filled.watched, card, "faq_none")
    shown = wait(filled, card, "None of these for 1 person")
    assert set(picks(shown)) == set(picks(card))
    assert verdicts(filled, ts) == [(filled.ann.id, Verdict.NOT_IT, None)]
    assert filled.store.suggestions.waiting() == []


def test_a_pick_repeated_or_made_after_a_restart_counts_once(machines: Desk) -> None:
    desk = machines.start()
    ts, card = ask(desk)
    pick(desk, desk.ann, card, "floor1")
    desk.restart()
    bob = desk.slack.create_user("bob")
    bob.click(desk.watched, card, "faq_solved")
    wait(desk, card, "Picked by 1 person · Solved for 1")
    desk.ann.click(desk.watched, card, "faq_more")
    desk.slack.wait_for_message(desk.watched, card, lambda m: "faq_less" in m.action_ids)
    pick(desk, desk.ann, card, "floor2")
    for _ in range(3):
        desk.ann.click(desk.watched, card, "faq_solved")
    until(lambda: len(verdicts(desk, ts)) == 2, "two people have said something")
    assert (bob.id, Verdict.SOLVED, id_of("floor1")) in verdicts(desk, ts)


def test_picks_of_several_people_at_once_are_all_counted(filled: Desk) -> None:
    ts, card = ask(filled)
    people = [filled.slack.create_user(f"picker-{n}") for n in range(6)]
    block = picks(card)[id_of("floor1")]
    filled.slack.slow("chat.update", 1.0)  # all of them still see the offer
    for person in people:
        person.click(filled.watched, card, "faq_pick", block_id=block, wait=False)
    filled.slack.wait_until_idle()
    wait(filled, card, "Picked by 6 people")
    assert len(verdicts(filled, ts)) == 6


def planted(desk: Desk, channel: Channel, action_id: str, value: str) -> str:
    """A message with a button that no card has; returns its ts."""
    button = {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": "x"},
        "value": value,
    }
    blocks = [{"type": "actions", "elements": [button]}]
    posted = desk.api.chat_postMessage(channel=channel.id, text="planted", blocks=blocks)
    return str(posted["ts"])


def test_what_was_not_offered_cannot_be_picked(filled: Desk) -> None:
    other = filled.slack.create_channel("other")
    offered, _ = ask(filled)
    answered, _ = ask(filled, ASKED["vpn"])
    offer, answer = filled.question(offered).id, filled.question(answered).id
    foreign, known = id_of("badge"), id_of("floor1")
    values = [
        ("faq_pick", f"{offer} {foreign}"),
        ("faq_pick", f"{offer} {uuid.uuid4()}"),
        ("faq_pick", f"{offer} ' OR 1=1 --"),
        ("faq_pick", offer),
        ("faq_pick", f"{uuid.uuid4()} {known}"),
        ("faq_pick", f"{answer} {known}"),
        ("faq_pick", f"{answer} {id_of('vpn')}"),
        ("faq_solved", offer),
        ("faq_solved", f"{offer} {foreign}"),
        ("faq_none", answer),
        ("faq_none", f"{offer} {known}"),
    ]
    for action_id, value in values:
        message = planted(filled, filled.watched, action_id, value)
        assert filled.ann.click(filled.watched, message, action_id).acked
    message = planted(filled, other, "faq_pick", f"{offer} {known}")
    assert filled.ann.click(other, message, "faq_pick").acked
    filled.stop()  # which waits for what the clicks set off
    assert filled.slack.calls("chat.update") == []
    store = Store(filled.index_settings.store_url)
    assert set(store.feedback.tally().values()) == {0}
    store.close()


def test_an_entry_retired_since_cannot_be_picked(machines: Desk) -> None:
    desk = machines.start()
    ts, card = ask(desk)
    block = picks(card)[id_of("floor1")]
    desk.store.pairs.set_status([id_of("floor1")], Status.RETIRED)
    assert desk.ann.click(desk.watched, card, "faq_pick", block_id=block).acked
    pick(desk, desk.ann, card, "floor2")
    assert verdicts(desk, ts) == [(desk.ann.id, Verdict.PICKED, id_of("floor2"))]


# -- from pick to phrasing -------------------------------------------------------------


def is_known(desk: Desk, asked: str, name: str) -> bool:
    """Whether the index finds an answer by that very wording."""
    with desk.service.serving.use() as live:  # type: ignore[union-attr]
        (match, *_) = live.searcher.search(live.searcher.read(asked), limit=1)
        return match.pair.id == id_of(name) and match.matched_text.casefold() == asked.casefold()


def test_what_enough_people_pick_is_answered_at_once_from_then_on(filled: Desk) -> None:
    learn_from_picks(filled)
    until(lambda: is_known(filled, UNKNOWN, "wifi"), "the index follows")
    _, reply = ask(filled, UNKNOWN)
    assert answers(reply, "wifi")
    assert filled.store.suggestions.waiting() == []


def test_what_was_a_near_tie_is_still_offered_when_people_have_picked_one(filled: Desk) -> None:
    learn_from_picks(filled, VAGUE, "floor2")
    until(lambda: is_known(filled, VAGUE, "floor2"), "the index follows")
    _, card = ask(filled)
    assert "not sure which of these" in first_section(card)
    assert set(picks(card)) == {id_of(name) for name in MACHINES}


# -- told and taken back ---------------------------------------------------------------


@pytest.fixture
def told(machines: Desk) -> tuple[Desk, Channel, Message]:
    """A bot that has told its admins of a wording: where, and the message."""
    room = machines.slack.create_channel("admins")
    machines.settings |= {"admin_channel": room.id, "admins": (machines.ann.id,)}
    desk = machines.start()
    learn_from_picks(desk)
    desk.slack.wait_until(lambda: desk.bot_posts(room), what="the message to the admins")
    desk.slack.wait_until_idle()
    (message,) = desk.bot_posts(room)
    return desk, room, message


def test_admins_are_told_once_of_what_was_learnt(told: tuple[Desk, Channel, Message]) -> None:
    desk, _, message = told
    (learnt,) = desk.store.suggestions.learnt()
    assert f"“{learnt[1]}”" in message.all_text
    assert "What is the guest wifi password?" in message.all_text
    assert f"faqbot suggestions undo {learnt[0].id}" in message.all_text
    assert message.action_ids == ("faq_suggestion_undo",)


def test_an_admin_takes_a_wording_back_and_the_index_follows_within_a_second(
    told: tuple[Desk, Channel, Message],
) -> None:
    desk, room, message = told
    until(lambda: is_known(desk, UNKNOWN, "wifi"), "the index follows")
    assert desk.ann.click(room, message, "faq_suggestion_undo").acked
    until(lambda: not wordings(desk, "wifi"), "it is taken back")
    until(lambda: not is_known(desk, UNKNOWN, "wifi"), "the index follows", timeout=2.0)
    shown = desk.slack.wait_for_message(room, message, lambda m: "Taken back" in m.all_text)
    assert desk.ann.id in shown.all_text
    assert shown.action_ids == ()
    _, reply = ask(desk, UNKNOWN)
    assert not answers(reply, "wifi")


def test_only_admins_take_a_wording_back(told: tuple[Desk, Channel, Message]) -> None:
    desk, room, message = told
    cleo = desk.slack.create_user("cleo")
    assert cleo.click(room, message, "faq_suggestion_undo").acked

    def is_refused() -> bool:
        return any("for my admins only" in m.all_text for m in cleo.sees(room))

    desk.slack.wait_until(is_refused, what="the refusal")
    assert wordings(desk, "wifi")
    (still,) = [m for m in desk.bot_posts(room) if not m.ephemeral_to]
    assert still.action_ids == ("faq_suggestion_undo",)


def test_the_admins_channel_is_shown_no_entry_that_is_not_for_it(machines: Desk) -> None:
    room = machines.slack.create_channel("admins")
    machines.settings["admin_channel"] = room.id
    store = Store(machines.index_settings.store_url)
    store.pairs.upsert([draft("wifi", *FAQ["wifi"], audience=(machines.watched.id,))])
    store.close()
    desk = machines.start()
    learn_from_picks(desk)
    (message,) = desk.slack.wait_until(lambda: desk.bot_posts(room), what="the message")
    assert "an entry that is not for this channel" in message.all_text
    assert "guest wifi password" not in message.all_text


def waits_for_an_admin(desk: Desk, bob: Person, channel: Channel) -> bool:
    """Whether what two people pick in a channel becomes no wording by itself."""
    _, card = ask(desk, channel=channel)
    pick(desk, desk.ann, card, "floor1", channel)
    bob.click(channel, card, "faq_solved")
    desk.slack.wait_for_message(channel, card, lambda m: "Solved for 1" in m.all_text)
    desk.stop()  # which waits for what the clicks set off
    store = Store(desk.index_settings.store_url)
    waiting = [(suggestion.text, suggestion.picks) for suggestion in store.suggestions.waiting()]
    store.close()
    return waiting == [(VAGUE, 2)]


def test_what_is_asked_in_private_waits_for_an_admin(machines: Desk) -> None:
    bob = machines.slack.create_user("bob")
    people = [machines.ann, bob]
    private = machines.slack.create_channel("secret", private=True, members=people)
    assert waits_for_an_admin(machines.start(), bob, private)


@pytest.mark.parametrize("error", ["missing_scope", "channel_not_found", "internal_error"])
def test_what_may_be_private_for_all_that_slack_says_waits_too(machines: Desk, error: str) -> None:
    bob = machines.slack.create_user("bob")
    machines.slack.fail("conversations.info", error=error, times=10)
    assert waits_for_an_admin(machines.start(), bob, machines.watched)


def test_a_direct_message_is_not_public(slack: Playground) -> None:
    client = WebClient(slack.bot_token, base_url=slack.api_url)
    ann = slack.create_user("ann")
    direct = client.conversations_open(users=ann.id)["channel"]["id"]
    assert not is_public(client, direct)
    assert not is_public(client, slack.create_channel("secret", private=True).id)
    assert is_public(client, slack.create_channel("open").id)


def test_without_the_rule_only_admins_add_wordings(machines: Desk) -> None:
    machines.settings["picks_needed"] = 0
    desk = machines.start()
    _, card = ask(desk)
    bob = desk.slack.create_user("bob")
    pick(desk, desk.ann, card, "floor1")
    bob.click(desk.watched, card, "faq_solved")
    wait(desk, card, "Solved for 1")
    (waiting,) = desk.store.suggestions.waiting()
    assert (waiting.text, waiting.picks, waiting.pair_id) == (VAGUE, 2, id_of("floor1"))
    assert wordings(desk, "floor1") == []


def test_votes_on_the_bots_own_answers_suggest_nothing(machines: Desk) -> None:
    desk = machines.start()
    _, card = ask(desk, ASKED["vpn"])
    assert first_section(card) == answer_to("vpn")
    desk.ann.click(desk.watched, card, "faq_solved")
    wait(desk, card, "Solved for 1")
    assert desk.store.suggestions.waiting() == []


def test_what_does_not_ask_one_thing_by_itself_suggests_nothing(
    machines: Desk, threshold: Threshold
) -> None:
    threshold(2.0)
    desk = machines.start()
    for text in (
        "How do I clean the coffee machine? And where can I park my car in the morning?",
        "and how do I clean it?",
    ):
        ts, card = ask(desk, text)
        block = next(iter(picks(card).values()))
        desk.ann.click(desk.watched, card, "faq_pick", block_id=block)
        wait(desk, card, "Picked by 1 person")
        assert len(verdicts(desk, ts)) == 1
    assert desk.store.suggestions.waiting() == []
