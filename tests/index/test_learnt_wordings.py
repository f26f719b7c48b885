"""What was learnt from picks, searched for real in the example FAQ."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from index.engines.edge import EdgeEngine
from index.generations.catch_up import catch_up
from index.importing.importer import import_files
from index.model.embedder import Embedder
from index.model.served import ServedModel
from index.ranking.decision import MAX_SHOWN, Decision, decide
from index.ranking.ranker_file import shipped
from index.searcher import Searcher
from index.store import Store
from tests.index.picks import add_picked_wording

FAQ = Path(__file__).parents[2] / "examples" / "helpdesk.jsonl"
ON_WINDOWS = "How do I connect to the VPN on Windows?"
ON_A_MAC = "How do I connect to the VPN on a Mac?"

# A question to what the bot would do, and the questions of the entries that it would show.
Ask = Callable[[str], tuple[Decision, list[str]]]


@pytest.fixture
def ask(served: ServedModel, sqlite_store: Store, tmp_path: Path) -> Iterator[Ask]:
    import_files(sqlite_store, [FAQ])
    embedder = Embedder(served, sqlite_store.embeddings)
    collection = EdgeEngine(tmp_path / "collections").create("faq", served.dimension)
    searcher = Searcher(embedder, collection, shipped(), sqlite_store.pairs)
    reached = [0]

    def do(text: str) -> tuple[Decision, list[str]]:
        catch_up(sqlite_store.pairs, reached[-1], embedder, collection, reached=reached.append)
        matches = searcher.search(searcher.read(text), limit=MAX_SHOWN)
        threshold = searcher.threshold(0.9)
        decided = decide(matches, direct=True, precision=0.9, threshold=threshold)
        return decided.decision, [match.pair.question for match in matches[: decided.shown]]

    yield do
    collection.close()


def pick(store: Store, asked: str, question: str) -> None:
    (pair,) = [p for window in store.pairs.walk() for p in window if p.question == question]
    assert add_picked_wording(store, pair.id, asked)


@pytest.mark.parametrize("picked", [ON_WINDOWS, ON_A_MAC])
@pytest.mark.parametrize("again", ["", "Hello! "])
def test_a_near_tie_is_still_offered_after_people_picked_one(
    ask: Ask, sqlite_store: Store, picked: str, again: str
) -> None:
    asked = "How do I connect to the VPN from home?"
    decision, shown = ask(asked)
    assert (decision, set(shown)) == (Decision.OFFER, {ON_WINDOWS, ON_A_MAC})
    pick(sqlite_store, asked, picked)
    decision, shown = ask(again + asked)
    assert (decision, set(shown)) == (Decision.OFFER, {ON_WINDOWS, ON_A_MAC})
    assert shown[0] == picked, "what people picked comes first"


def test_nor_does_one_in_other_words_settle_it(ask: Ask, sqlite_store: Store) -> None:
    pick(sqlite_store, "How do I connect to the VPN from home?", ON_WINDOWS)
    assert ask("how can I connect to the VPN from home")[0] is Decision.OFFER


def test_where_nothing_was_sure_what_people_picked_is_answered(
    ask: Ask, sqlite_store: Store
) -> None:
    asked = "lost my token thing"
    assert ask(asked)[0] is Decision.UNSURE
    lost = "My laptop was lost or stolen. What do I do?"
    pick(sqlite_store, asked, lost)
    assert ask(asked) == (Decision.ANSWER, [lost])


def test_what_was_answered_before_does_not_become_another_s_answer(
    ask: Ask, sqlite_store: Store
) -> None:
    asked = "how do I install the printer"
    right = "How do I add a printer to my laptop?"
    assert ask(asked) == (Decision.ANSWER, [right])
    pick(sqlite_store, asked, "The printer shows as offline. What should I do?")
    decision, shown = ask(asked)
    assert decision is Decision.OFFER
    assert right in shown
