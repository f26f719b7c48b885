"""From a question to ranked matches, over real vectors and a real collection."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from index.engines.base import Retriever
from index.engines.edge import EdgeEngine
from index.generations.catch_up import catch_up
from index.model.embedder import Embedder
from index.model.served import ServedModel
from index.ranking.match import Match
from index.ranking.ranker_file import shipped
from index.searcher import Searcher
from index.store import Store
from index.store.types import PairDraft, Phrasing, Status
from index.store.visibility import Place

PASSWORD = PairDraft(
    "it",
    "password",
    "How do I reset my password?",
    "Open id.example.com and choose Forgotten password.",
    phrasings=(Phrasing("I am locked out of my account"),),
)
VPN = PairDraft("it", "vpn", "Why does the VPN disconnect?", "Update the client to version 5.")
UPDATE = PairDraft(
    "it", "update", "What is error 0x80070057?", "Clear the update cache, then restart."
)
PAYROLL = PairDraft(
    "hr", "payroll", "When are salaries paid?", "On the 25th of each month.", audience=("C-HR",)
)
FAQ = (PASSWORD, VPN, UPDATE, PAYROLL)


@pytest.fixture
def search(
    served: ServedModel, sqlite_store: Store, tmp_path: Path
) -> Iterator[Callable[..., list[Match]]]:
    """Reads a question, and searches the FAQ above for it."""
    sqlite_store.pairs.upsert(FAQ)
    embedder = Embedder(served, sqlite_store.embeddings)
    collection = EdgeEngine(tmp_path / "collections").create("faq", served.dimension)
    catch_up(sqlite_store.pairs, 0, embedder, collection)
    searcher = Searcher(embedder, collection, shipped(), sqlite_store.pairs)
    yield lambda question, **options: searcher.search(searcher.read(question), **options)
    collection.close()


Search = Callable[..., list[Match]]


def ids(matches: list[Match]) -> list[str]:
    return [match.pair.external_id for match in matches]


def test_the_right_answer_comes_first_with_the_wording_that_matched(search: Search) -> None:
    best = search("locked out of account")[0]

    assert best.pair.id == PASSWORD.id
    assert best.pair.answer == PASSWORD.answer
    assert best.matched_text == "I am locked out of my account"


def test_each_retrievers_raw_score_is_told(search: Search) -> None:
    best = search("Why does the VPN disconnect?")[0]

    assert best.pair.id == VPN.id
    assert set(best.scores) == set(Retriever)
    assert best.scores[Retriever.QUESTION] == pytest.approx(1, abs=1e-4)
    assert -1 <= best.scores[Retriever.ANSWER] < 1
    assert best.scores[Retriever.BM25] > 0
    assert 0 <= best.confidence <= 1


def test_matches_come_in_the_order_of_their_score(search: Search) -> None:
    matches = search("reset password of the vpn")

    scores = [match.score for match in matches]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("retriever", Retriever)
def test_one_retriever_alone(search: Search, retriever: Retriever) -> None:
    matches = search("error 0x80070057 update cache", retrievers=[retriever])

    assert ids(matches)[0] == "update"
    assert all(set(match.scores) == {retriever} for match in matches)


def test_no_retriever_finds_nothing(search: Search) -> None:
    assert search("vpn", retrievers=[]) == []


def test_the_limit_is_kept(search: Search) -> None:
    assert len(search("password", limit=2)) == 2
    assert len(search("password", limit=50)) == 4


def test_the_audience_is_kept(search: Search) -> None:
    assert "payroll" in ids(search("When are salaries paid?", place=None))
    assert "payroll" in ids(search("When are salaries paid?", place=Place("C-HR")))
    assert "payroll" not in ids(search("When are salaries paid?", place=Place("C-IT")))


def test_the_stores_audience_has_the_last_word(search: Search, sqlite_store: Store) -> None:
    # The index is not brought up to date here: it still says that everybody may see it.
    sqlite_store.pairs.upsert(
        [PairDraft("it", "vpn", VPN.question, VPN.answer, audience=("C-OPS",))]
    )

    assert "vpn" not in ids(search("Why does the VPN disconnect?", place=Place("C-IT")))
    assert "vpn" in ids(search("Why does the VPN disconnect?", place=Place("C-OPS")))


@pytest.mark.parametrize("status", [Status.RETIRED, Status.DRAFT])
def test_the_stores_status_has_the_last_word(
    search: Search, sqlite_store: Store, status: Status
) -> None:
    sqlite_store.pairs.set_status([VPN.id], status)

    assert "vpn" not in ids(search("Why does the VPN disconnect?"))


def test_an_answer_changed_meanwhile_is_shown_as_it_is_now(
    search: Search, sqlite_store: Store
) -> None:
    sqlite_store.pairs.upsert([PairDraft("it", "vpn", VPN.question, "Call us.")])

    assert search("Why does the VPN disconnect?")[0].pair.answer == "Call us."


def test_duplicates_of_an_answer_count_once(
    served: ServedModel, sqlite_store: Store, tmp_path: Path
) -> None:
    copies = [
        PairDraft("it", f"copy{i}", f"VPN drops, case {i}", f"{'  ' * i}update THE client.")
        for i in range(4)
    ]
    sqlite_store.pairs.upsert([*copies, PASSWORD])
    embedder = Embedder(served, sqlite_store.embeddings)
    collection = EdgeEngine(tmp_path / "collections").create("faq", served.dimension)
    catch_up(sqlite_store.pairs, 0, embedder, collection)
    searcher = Searcher(embedder, collection, shipped(), sqlite_store.pairs)

    matches = searcher.search(searcher.read("VPN drops, case 2"), limit=2)

    assert ids(matches) == ["copy2", "password"], "the best one stands for all of them"
    collection.close()


@pytest.mark.parametrize("question", ["", "   ", "\n\t", "\u202e\x00"])
def test_an_empty_question_finds_nothing(search: Search, question: str) -> None:
    assert search(question) == []


@pytest.mark.parametrize(
    "question",
    [
        "🙂🙂🙂",
        "what is the",
        "?!...",
        "日本語だけ",
        "vpn " * 20_000,
        "a\udcffb vpn",
        "<@U123> *vpn*",
    ],
    ids=["emoji", "stop words", "punctuation", "no Latin", "huge", "lone surrogate", "markup"],
)
def test_any_text_can_be_asked(search: Search, question: str) -> None:
    matches = search(question)

    assert 1 <= len(matches) <= 4
    assert all(0 <= match.confidence <= 1 for match in matches)


def test_stop_words_alone_are_no_keywords(search: Search) -> None:
    assert search("what is the", retrievers=[Retriever.BM25]) == []
    assert all(Retriever.BM25 not in match.scores for match in search("what is the"))


def test_a_known_vector_is_not_computed_again(
    search: Search, served: ServedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    vector = served.embed("Why does the VPN disconnect?")
    expected = search("Why does the VPN disconnect?")
    monkeypatch.setattr(served, "encode", None)

    assert search("Why does the VPN disconnect?", vector=vector) == expected
