"""A card drawn again shows nothing that may not be shown there by now."""

import dataclasses
import itertools
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from bot.cards.wording import HIDDEN
from bot.feedback.card import card
from bot.slack.message import Message
from index.store.types import Pair, Phrasing, Question, QuestionState, Status, Verdict, Vote
from index.store.visibility import Place

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = Place("C1")
SHARED = Place("C1", outside=True, answers_outsiders=True)
IDS = ("best", "second", "third")


def pair(pair_id: str, status: Status = Status.ACTIVE, audience: tuple[str, ...] = ()) -> Pair:
    """A pair whose every text names it."""
    return Pair(
        id=pair_id,
        source="test",
        external_id=pair_id,
        question=f"question-{pair_id}",
        answer=f"answer-{pair_id}",
        phrasings=(Phrasing(f"wording-{pair_id}"),),
        topic=None,
        url=f"https://url-{pair_id}.example/",
        tags=(),
        audience=audience,
        status=status,
        author=None,
        created_at=NOW,
        updated_at=NOW,
        revision=1,
    )


def asked(outcome: QuestionState, ids: Sequence[str] = IDS) -> Question:
    """A question in C1 that was answered with the first of the ids, or undecided."""
    answered = outcome is QuestionState.ANSWERED
    return Question(
        id="q1",
        team="T1",
        channel="C1",
        ts="1.0",
        thread_ts=None,
        user="U1",
        text="how?",
        direct=True,
        outside=False,
        state=outcome,
        attempts=1,
        posting_until=None,
        outcome=outcome,
        reply_ts="2.0",
        pair_id=ids[0] if answered else None,
        matched_text=f"wording-{ids[0]}",
        candidates=tuple(ids),
        confidence=0.9,
        model="base",
        generation=1,
        error=None,
        received_at=NOW,
        finished_at=NOW,
    )


def drawn(
    question: Question,
    pairs: Sequence[Pair],
    place: Place = PLACE,
    votes: Sequence[Vote] = (),
    *,
    expanded: bool = False,
) -> Message:
    """The card, from a store that holds these pairs and votes and nothing else."""
    held = {one.id: one for one in pairs}
    store: Any = SimpleNamespace(
        pairs=SimpleNamespace(get=lambda ids: {i: held[i] for i in ids if i in held}),
        feedback=SimpleNamespace(votes=lambda question_id: list(votes)),
    )
    return card(question, place, store, expanded=expanded)


def picked(pair_id: str) -> tuple[Vote, ...]:
    return (Vote("U1", pair_id, Verdict.PICKED, NOW),)


# Every card there is: an answer, an offer, the closest, each also after a pick.
SURFACES: dict[str, dict[str, Any]] = {
    "answer": {"outcome": QuestionState.ANSWERED},
    "offer": {"outcome": QuestionState.OFFERED},
    "unsure": {"outcome": QuestionState.UNSURE},
    "picked from an offer": {"outcome": QuestionState.OFFERED, "votes": picked("best")},
    "picked from the closest": {"outcome": QuestionState.UNSURE, "votes": picked("best")},
}
# What became of a pair, and whether a place may see it: None where it was deleted.
BECAME: dict[str, tuple[Pair | None, Place, bool]] = {
    "public": (pair("best"), PLACE, True),
    "public, from outside": (pair("best"), SHARED, False),
    "for here": (pair("best", audience=("C1",)), PLACE, True),
    "for elsewhere": (pair("best", audience=("C2",)), PLACE, False),
    "for outsiders": (pair("best", audience=("outsiders",)), SHARED, True),
    "for outsiders elsewhere": (pair("best", audience=("C2", "outsiders")), SHARED, False),
    "draft": (pair("best", Status.DRAFT), PLACE, False),
    "retired": (pair("best", Status.RETIRED), PLACE, False),
    "retired, for here": (pair("best", Status.RETIRED, ("C1",)), PLACE, False),
    "deleted": (None, PLACE, False),
}


@pytest.mark.parametrize("expanded", [False, True])
@pytest.mark.parametrize(
    ("surface", "became"), list(itertools.product(SURFACES, BECAME)), ids=" / ".join
)
def test_a_card_drawn_again_shows_a_pair_only_where_it_may_be_seen_now(
    surface: str, became: str, expanded: bool
) -> None:
    now, place, seen = BECAME[became]
    others = [pair("second", audience=("outsiders",)), pair("third", audience=("outsiders",))]
    message = drawn(
        asked(SURFACES[surface]["outcome"]),
        [*others, now] if now else others,
        place,
        SURFACES[surface].get("votes", ()),
        expanded=expanded,
    )
    everything = f"{message.text} {message.blocks}"
    assert ("best" in everything) == seen
    if surface == "answer" and not seen:
        assert message.text == HIDDEN
        (block,) = message.blocks
        assert block["text"]["text"] == HIDDEN, "one plain line, and no buttons"


@pytest.mark.parametrize("surface", SURFACES)
def test_a_card_whose_entries_are_all_gone_still_says_something(surface: str) -> None:
    question = asked(SURFACES[surface]["outcome"])
    message = drawn(question, [], PLACE, SURFACES[surface].get("votes", ()))
    assert message.text
    assert not any(block["type"] == "actions" for block in message.blocks)


def test_a_wording_that_was_taken_back_is_not_shown_as_what_matched() -> None:
    question = asked(QuestionState.ANSWERED)
    assert "wording-best" in str(drawn(question, [pair("best")]).blocks)
    without = dataclasses.replace(pair("best"), phrasings=())
    assert "wording-best" not in str(drawn(question, [without]).blocks)


def test_of_ten_thousand_random_cards_none_leaks() -> None:
    choose = random.Random(9)
    audiences = [(), ("C1",), ("C2",), ("outsiders",), ("C1", "outsiders"), ("C2", "outsiders")]
    shown = 0
    for _ in range(10_000):
        ids = IDS[: choose.randint(1, 3)]
        place = Place("C1", choose.random() < 0.5, choose.random() < 0.5)
        pairs, hidden = [], set(ids)
        for pair_id in ids:
            if choose.random() < 0.1:
                continue  # deleted
            status, audience = choose.choice(list(Status)), choose.choice(audiences)
            if choose.random() < 0.5:
                status = Status.ACTIVE
            pairs.append(pair(pair_id, status, audience))
            channel_ok = "C1" in audience or "C2" not in audience
            others_ok = not place.outside or (place.answers_outsiders and "outsiders" in audience)
            if status == "active" and channel_ok and others_ok:
                hidden.discard(pair_id)
        votes = [
            Vote(f"U{n}", choose.choice([*ids, None]), choose.choice(list(Verdict)), NOW)
            for n in range(choose.randint(0, 3))
        ]
        outcome = choose.choice(
            [QuestionState.ANSWERED, QuestionState.OFFERED, QuestionState.UNSURE]
        )
        expanded = choose.random() < 0.5
        message = drawn(asked(outcome, ids), pairs, place, votes, expanded=expanded)
        everything = f"{message.text} {message.blocks}"
        assert not any(pair_id in everything for pair_id in hidden)
        shown += len(hidden) < len(ids) and message.text != HIDDEN
    assert shown > 1000, "and what may be shown is"
