"""An entry's texts are made mrkdwn once a card, however often they are measured and shown."""

from collections import Counter
from collections.abc import Callable
from types import ModuleType

import pytest

from bot.cards.answers import (
    AnswerCard,
    OfferCard,
    UnsureCard,
    answer_message,
    offer_message,
    unsure_message,
)
from bot.cards.entry import Entry
from bot.slack import chunks, mrkdwn
from bot.slack.message import Message

# Each too long for a card, so that it is measured, shared out and cut.
ENTRIES = tuple(
    Entry(f"p{n}", f"Question {n}?", f"matched {n}", f"Answer {n}. " * 2000, f"https://h{n}.a.b")
    for n in range(3)
)


@pytest.mark.parametrize(
    "make",
    [
        lambda: answer_message(AnswerCard("q", ENTRIES[0], ENTRIES[1:], expanded=True)),
        lambda: answer_message(AnswerCard("q", ENTRIES[0], ENTRIES[1:], expanded=True, picked=1)),
        lambda: unsure_message(UnsureCard("q", ENTRIES, expanded=True)),
        lambda: offer_message(OfferCard("q", ENTRIES)),
    ],
    ids=["answer", "picked", "unsure", "offer"],
)
def test_no_text_is_made_mrkdwn_twice_for_a_card(
    make: Callable[[], Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: Counter[tuple[object, ...]] = Counter()

    def counted(module: ModuleType, name: str) -> None:
        function = getattr(module, name)

        def call(*args: object) -> object:
            calls[name, *args] += 1
            return function(*args)

        monkeypatch.setattr(module, name, call)

    for name in ("to_mrkdwn", "line", "link"):
        counted(mrkdwn, name)
    counted(chunks, "split")
    make()
    assert calls
    assert [call for call, times in calls.items() if times > 1] == []
    rendered = [call for call in calls if call[0] == "to_mrkdwn"]
    assert len(rendered) in (0, len(ENTRIES)), "an offer shows no whole answer"
