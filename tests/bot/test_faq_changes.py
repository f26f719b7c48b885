"""What is changed in the store while the bot runs is answered with, without a restart."""

from collections.abc import Iterator

import pytest

from bot.timing import Timing
from index.store import Store
from index.store.types import Phrasing, Status
from tests.bot.desk import ASKED, FAQ, UNANSWERABLE, Desk, answers, draft, first_section
from tests.support.waiting import until


@pytest.fixture
def elsewhere(desk: Desk) -> Iterator[Store]:
    """The store as another process opens it."""
    store = Store(desk.index_settings.store_url)
    yield store
    store.close()


def followed(desk: Desk, store: Store) -> None:
    """Wait until the bot has taken over what the store holds now."""
    revision = store.pairs.revision()

    def caught_up() -> bool:
        live = store.generations.live()
        return live is not None and live.indexed_revision >= revision

    until(caught_up, "the index has followed the store")


def ask(desk: Desk, text: str) -> str:
    ts = desk.mention(desk.watched, text)
    return first_section(desk.reply(desk.watched, ts))


def test_added_changed_and_retired_pairs_change_the_answers(desk: Desk, elsewhere: Store) -> None:
    desk.start()
    assert "don't have an approved answer" in ask(desk, UNANSWERABLE)

    new = draft("giraffe", "How do I train a giraffe to play chess?", "With patience, and e4.")
    elsewhere.pairs.upsert([new])
    followed(desk, elsewhere)
    assert ask(desk, UNANSWERABLE) == "With patience, and e4."

    elsewhere.pairs.upsert([draft("giraffe", new.question, "With acacia leaves.")])
    followed(desk, elsewhere)
    assert ask(desk, UNANSWERABLE) == "With acacia leaves."

    elsewhere.pairs.set_status([new.id], Status.RETIRED)
    followed(desk, elsewhere)
    assert "don't have an approved answer" in ask(desk, UNANSWERABLE)


def test_a_new_wording_is_matched(desk: Desk, elsewhere: Store) -> None:
    desk.start()
    question, answer = FAQ["canteen"]
    odd = "At what hour does the trough fill up?"
    elsewhere.pairs.upsert([draft("canteen", question, answer, phrasings=(Phrasing(odd),))])
    followed(desk, elsewhere)
    ts = desk.mention(desk.watched, "at what hour does the trough fill up")
    assert answers(desk.reply(desk.watched, ts), "canteen")
    assert desk.question(ts).matched_text == odd


def test_a_retired_answer_is_gone_at_once_even_before_the_index_follows(
    desk: Desk, elsewhere: Store
) -> None:
    desk.timing = Timing(follow_every_s=3600)
    desk.start()
    elsewhere.pairs.set_status([draft("vpn", "", "").id], Status.RETIRED)
    ts = desk.mention(desk.watched, ASKED["vpn"])
    reply = desk.reply(desk.watched, ts)
    assert FAQ["vpn"][1] not in reply.all_text
    assert draft("vpn", "", "").id not in desk.question(ts).candidates


def test_changes_made_while_the_bot_was_down_are_answered_with(
    desk: Desk, elsewhere: Store
) -> None:
    desk.start()
    desk.stop()
    elsewhere.pairs.upsert([draft("sauna", "Where is the sauna?", "Behind the server room.")])
    desk.start()
    assert ask(desk, "where is the sauna?") == "Behind the server room."
