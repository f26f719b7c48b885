"""Explanations: their parts add up to what the search said, over a real model and collection."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from index.engines.base import Collection, Retriever
from index.engines.edge import EdgeEngine
from index.engines.points import texts_of
from index.evaluation.evaluate import RawRanker
from index.generations.catch_up import catch_up
from index.model.embedder import Embedder
from index.model.served import ServedModel
from index.query.cleaning import Query
from index.query.spelling import Speller, base_words
from index.ranking.explanation import Explanation, explain
from index.ranking.features import FEATURES
from index.ranking.match import Match
from index.ranking.names import published
from index.ranking.ranker import SIGNALS, LearnedRanker, Ranker
from index.ranking.ranker_file import shipped
from index.searcher import Searcher
from index.store import Store
from index.store.types import PairDraft, Phrasing
from index.store.visibility import Place

FAQ = (
    PairDraft(
        "it",
        "password",
        "How do I reset my password?",
        "Open id.example.com and choose Forgotten password.",
        phrasings=(Phrasing("I am locked out of my account"),),
    ),
    PairDraft("it", "vpn", "Why does the VPN disconnect?", "Update the client to version 5."),
    PairDraft("it", "update", "What is error 0x80070057?", "Clear the update cache."),
    PairDraft("hr", "payroll", "When are salaries paid?", "On the 25th.", audience=("C-HR",)),
)
QUESTIONS = (
    "How do I reset my password?",
    "hi, locked out of the account :(",
    "vpn drops, update it?",
    "0x80070057",
    "what is the capital of France",
)


class Ask:
    """The FAQ above, searched with any ranker."""

    def __init__(self, embedder: Embedder, collection: Collection, store: Store) -> None:
        self._embedder, self._collection, self._store = embedder, collection, store
        self._speller = Speller.of(
            (text for draft in FAQ for text in texts_of(draft)),
            base_words(embedder.model.vocabulary()),
        )

    def by(self, ranker: Ranker) -> "Asked":
        """Asks a searcher with that ranker."""
        return Asked(
            Searcher(self._embedder, self._collection, ranker, self._store.pairs, self._speller)
        )


@dataclass(frozen=True)
class Asked:
    """A searcher that is asked what people type."""

    searcher: Searcher

    def search(self, question: str, limit: int = 5) -> list[Match]:
        return self.searcher.search(self.searcher.read(question), limit=limit)

    def explain(self, question: str, place: Place | None = None) -> Explanation:
        return self.searcher.explain(self.searcher.read(question), place=place)


@pytest.fixture
def ask(served: ServedModel, sqlite_store: Store, tmp_path: Path) -> Iterator[Ask]:
    sqlite_store.pairs.upsert(FAQ)
    embedder = Embedder(served, sqlite_store.embeddings)
    collection = EdgeEngine(tmp_path / "collections").create("faq", served.dimension)
    catch_up(sqlite_store.pairs, 0, embedder, collection)
    yield Ask(embedder, collection, sqlite_store)
    collection.close()


def isotonic(ranker: LearnedRanker) -> LearnedRanker:
    """The ranker with the other kind of calibration, and none of its constants at 0."""
    curve = replace(ranker.calibration, method="isotonic", points=((-9.0, 0.05), (9.0, 0.9)))
    return replace(
        ranker,
        weights=tuple(weight + 0.5 for weight in ranker.weights),
        signal_weights=tuple(weight + 0.1 for weight in ranker.signal_weights),
        calibration=curve,
        questions=321,
    )


RANKERS = pytest.mark.parametrize("ranker", [shipped(), isotonic(shipped())], ids=["own", "other"])


@RANKERS
@pytest.mark.parametrize("question", QUESTIONS)
def test_features_add_up_to_each_score(ask: Ask, ranker: LearnedRanker, question: str) -> None:
    explanation = ask.by(ranker).explain(question)

    assert explanation.candidates
    for row in explanation.candidates:
        assert tuple(part.name for part in row.features) == tuple(map(published, FEATURES))
        assert sum(part.adds for part in row.features) == pytest.approx(row.candidate.score)
    shares = [row.share for row in explanation.candidates]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) < 1, "the rest is that of none of them"


@RANKERS
@pytest.mark.parametrize("question", QUESTIONS)
def test_signals_add_up_to_the_log_odds(ask: Ask, ranker: LearnedRanker, question: str) -> None:
    explanation = ask.by(ranker).explain(question)

    assert tuple(part.name for part in explanation.signals) == tuple(map(published, SIGNALS))
    added = sum(part.adds for part in explanation.signals)
    assert explanation.intercept + added == pytest.approx(explanation.log_odds)
    calibrated = ranker.calibration.probability(explanation.log_odds)
    assert calibrated == pytest.approx(explanation.confidence)
    assert explanation.calibration == ranker.calibration.method
    assert explanation.fitted_on == ranker.questions


@RANKERS
@pytest.mark.parametrize("question", QUESTIONS)
def test_it_explains_what_the_search_found(ask: Ask, ranker: LearnedRanker, question: str) -> None:
    searcher = ask.by(ranker)

    matches = searcher.search(question, limit=50)
    candidates = [row.candidate for row in searcher.explain(question).candidates]

    assert [c.evidence.pair_id for c in candidates] == [match.pair.id for match in matches]
    assert [c.confidence for c in candidates] == [match.confidence for match in matches]
    assert [c.score for c in candidates] == [match.score for match in matches]
    assert [c.evidence.matched_text for c in candidates] == [m.matched_text for m in matches]


def test_what_a_channel_may_not_see_is_not_explained_there(ask: Ask) -> None:
    def found(channel: str) -> set[str]:
        rows = ask.by(shipped()).explain("When are salaries paid?", Place(channel)).candidates
        return {row.candidate.evidence.pair_id for row in rows}

    assert found("C-HR") - found("C-IT") == {FAQ[3].id}


def test_nothing_found_is_explained_too(ask: Ask) -> None:
    explanation = explain(Query("anything"), shipped(), None)

    assert explanation.candidates == ()
    assert explanation.signals == ()
    assert explanation.confidence == 0
    assert explanation.log_odds == explanation.intercept
    nothing = ask.by(shipped()).explain("")
    assert isinstance(nothing, Explanation)
    assert nothing.confidence == 0


def test_corrections_are_told(ask: Ask) -> None:
    query = ask.by(shipped()).explain("hey team, how do I reset my pasword?").query

    assert query.corrections == (("pasword", "password"),)
    assert query.text == "how do I reset my password?"


def test_of_several_questions_all_of_the_message_is_explained(ask: Ask) -> None:
    searcher = ask.by(shipped())
    message = "How do I reset my password? And why does the VPN disconnect?"

    explanation = searcher.explain(message)

    assert len(explanation.query.parts) == 2
    best = searcher.search(message)
    # The parts are surer than the whole; each is explained by itself.
    assert {match.part for match in best[:2]} == {1, 2}
    for match in best[:2]:
        part = searcher.explain(explanation.query.parts[match.part - 1])
        assert part.candidates[0].candidate.evidence.pair_id == match.pair.id
        assert part.confidence == pytest.approx(match.confidence)


def test_a_raw_score_has_nothing_to_explain(ask: Ask) -> None:
    with pytest.raises(TypeError, match="learned"):
        ask.by(RawRanker(Retriever.QUESTION)).explain("vpn")
