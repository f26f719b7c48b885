"""Ranks on paper: the same as a real index gives, with a question's own wording withheld."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from index.engines.base import Hit, Retriever
from index.engines.edge import EdgeEngine
from index.generations.catch_up import catch_up
from index.model.embedder import Embedder
from index.model.served import ServedModel
from index.ranking.features import FEATURES, Entry, Features, features, floors_of, gather
from index.ranking.ranker import SIGNALS, Candidate, LearnedRanker
from index.ranking.ranker_file import shipped
from index.searcher import Searcher
from index.store import Store
from index.store.types import Pair, PairDraft, Phrasing
from index.text import fold
from index.vectors import Matrix
from tests.train.ranker.faqs import pair
from train.data import Snapshot
from train.ranker import simulated_search as module
from train.ranker.simulated_search import SimulatedQuestion, SimulatedSearch, View

# Orders by the nearer of wording and answer, by cosine alone.
BY_COSINE = LearnedRanker(
    tuple(float(name in ("question", "answer_lead")) for name in FEATURES),
    0.0,
    (0.0,) * len(SIGNALS),
    0.0,
)


def vectors_for(search: SimulatedSearch, directions: dict[str, list[float]]) -> Matrix:
    """Unit vectors of an FAQ's texts, as given by text."""
    rows = np.array([directions[text] for text in search.texts], dtype=np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture(scope="module")
def embedder(base_models: Path, helpdesk_store: Store) -> Embedder:
    return Embedder(ServedModel.load(base_models, "base", "cpu"), helpdesk_store.embeddings)


@dataclass
class Listening:
    """A ranker that keeps what it is given."""

    ranker: LearnedRanker
    text: str = ""
    hits: Mapping[Retriever, Sequence[Hit]] = field(default_factory=dict)

    def rank(
        self, text: str, hits: Mapping[Retriever, Sequence[Hit]], pairs: Mapping[str, Entry]
    ) -> list[Candidate]:
        self.text, self.hits = text, hits
        return self.ranker.rank(text, hits, pairs)

    def threshold(self, precision: float) -> float | None:
        return None


@contextmanager
def searching(
    pairs: Iterable[Pair], embedder: Embedder, folder: Path
) -> Iterator[tuple[Searcher, Listening]]:
    """A searcher over a real index of some pairs."""
    store = Store.open("sqlite://")
    store.pairs.upsert(
        [
            PairDraft(p.source, p.external_id, p.question, p.answer, p.phrasings, topic=p.topic)
            for p in pairs
        ]
    )
    with closing(store), closing(EdgeEngine(folder).create("faq", 384)) as collection:
        catch_up(store.pairs, 0, embedder, collection)
        listening = Listening(shipped())
        yield Searcher(embedder, collection, listening, store.pairs), listening


def rank_in(searcher: Searcher, question: SimulatedQuestion, right: str) -> int | None:
    """The rank of an answer in a real index; None where it is not found."""
    matches = searcher.search(searcher.read(question.text), limit=500)
    found = (i for i, m in enumerate(matches, 1) if fold(m.pair.answer) == fold(right))
    return next(found, None)


def features_of(
    text: str, hits: Mapping[Retriever, Sequence[Hit]], pairs: Mapping[str, Pair]
) -> dict[str, Features]:
    evidence = gather(hits, pairs)
    rows = features(text, evidence, floors_of(hits))
    return {e.answer_key: row for e, row in zip(evidence, rows, strict=True)}


def test_what_is_found_on_paper_is_what_a_real_index_finds(
    reworded: Snapshot, embedder: Embedder, tmp_path: Path
) -> None:
    search = SimulatedSearch(reworded.pairs)
    vectors = embedder.embed(list(search.texts))
    pairs = {pair.id: pair for pair in search.pairs}
    texts = [
        "vpn phone please",
        "laptop slow since yesterday",
        "who can reset passwords",
        search.pairs[5].question,
        "zzz",  # no keyword is found
    ]
    asked = [SimulatedQuestion(text, 0, unseen=False) for text in texts]

    found = list(search.found(asked, embedder.embed_queries(texts), vectors))

    with searching(reworded.pairs, embedder, tmp_path) as (searcher, listening):
        for text, hits in zip(texts, found, strict=True):
            matches = searcher.search(searcher.read(text), limit=500)
            assert listening.text == text
            for retriever, ours in hits.items():
                theirs = listening.hits.get(retriever, [])
                assert [h.score for h in ours] == pytest.approx([h.score for h in theirs], abs=1e-4)
                assert {h.pair_id for h in ours} == {h.pair_id for h in theirs}
            wordings = {(h.pair_id, h.text): h.vector for h in listening.hits[Retriever.QUESTION]}
            for hit in hits[Retriever.QUESTION]:
                assert hit.vector == pytest.approx(wordings[hit.pair_id, hit.text], abs=1e-4)
            theirs_by_answer = features_of(text, listening.hits, pairs)
            for key, row in features_of(text, hits, pairs).items():
                assert row == pytest.approx(theirs_by_answer[key], abs=1e-4)
            ranked = shipped().rank(text, hits, pairs)
            ours_by_answer = {c.evidence.answer_key: c.confidence for c in ranked}
            assert ours_by_answer == pytest.approx(
                {fold(match.pair.answer): match.confidence for match in matches}, abs=1e-4
            )


@pytest.mark.parametrize("taken_out", [False, True])
def test_what_is_withheld_is_as_in_an_index_that_never_had_it(
    reworded: Snapshot, embedder: Embedder, tmp_path: Path, taken_out: bool
) -> None:
    search = SimulatedSearch(reworded.pairs)
    by_id = {pair.id: pair for pair in search.pairs}
    vectors = embedder.embed(list(search.texts))
    row = {text: i for i, text in enumerate(search.texts)}
    asked = [
        replace(question, taken_out=taken_out)
        for question in search.questions(reworded.pairs, 200)
        if len(search.pairs[question.pair].wordings) > 1
    ][:40:10]
    own_vectors = vectors[[row[q.text] for q in asked]]

    found = list(search.found(asked, own_vectors, vectors))
    ranks = search.ranks(asked, own_vectors, vectors, shipped())

    for i, question in enumerate(asked):
        own = search.pairs[question.pair]
        left = [text for text in own.wordings if text != question.text]
        without = replace(
            own, question=left[0], phrasings=tuple(Phrasing(text) for text in left[1:])
        )
        kept = [] if taken_out else [without]
        pairs = [p for p in reworded.pairs if p.id != own.id] + kept
        with searching(pairs, embedder, tmp_path / str(i)) as (searcher, listening):
            rank = rank_in(searcher, question, own.answer)
        theirs = features_of(question.text, listening.hits, by_id)
        ours = features_of(question.text, found[i], by_id)
        assert ours.keys() == theirs.keys()
        for key in ours:
            # The words of what is withheld still count in the words' rarity.
            assert ours[key] == pytest.approx(theirs[key], abs=0.05)
        assert ranks[i] == (len(search.pairs) if rank is None else rank)


def ranks_of(
    search: SimulatedSearch,
    asked: SimulatedQuestion,
    own: Matrix,
    vectors: Matrix,
    view: View = View.BOT,
) -> int:
    (rank,) = search.ranks([asked], own, vectors, BY_COSINE, view)
    return int(rank)


def test_pairs_with_the_same_answer_count_as_one() -> None:
    search = SimulatedSearch(
        [pair("1", "p", "Same."), pair("2", "q", "same. "), pair("3", "r", "Other.")]
    )
    vectors = vectors_for(
        search, {"p": [1, 0], "q": [0.9, 0.1], "r": [0, 1], "Same.": [0, 1], "same. ": [0, 1],
              "Other.": [0, 1]}
    )  # fmt: skip
    asked = SimulatedQuestion("p", search.position["1"], unseen=True)
    own = np.array([[1, 0]], dtype=np.float32)

    assert ranks_of(search, asked, own, vectors) == 1, "the other pair with this answer is as good"
    (hits,) = search.found([replace(asked, taken_out=True)], own, vectors)
    assert {hit.pair_id for found in hits.values() for hit in found} == {"3"}


def test_a_wording_is_withheld_wherever_it_is_stored() -> None:
    search = SimulatedSearch([pair("1", "p", "One."), pair("2", "q", "Two.", "P ")])
    vectors = vectors_for(
        search, {"p": [1, 0], "P ": [1, 0], "q": [0, 1], "One.": [1, 1], "Two.": [0, 1]}
    )
    question = SimulatedQuestion("p", search.position["1"], unseen=True)

    (hits,) = search.found([question], vectors[[search.texts.index("p")]], vectors)

    assert [hit.text for hit in hits[Retriever.QUESTION]] == ["q"]
    assert not hits[Retriever.BM25]


def test_each_view_searches_its_own_texts() -> None:
    search = SimulatedSearch([pair("1", "p", "One.", "p2"), pair("2", "q", "Two.", "q2")])
    vectors = vectors_for(
        search,
        {"p": [0, 1], "p2": [1, 0.1], "q": [1, 1], "q2": [1, 0], "One.": [1, 0.3], "Two.": [0, 1]},
    )
    asked = SimulatedQuestion("p2", search.position["1"], unseen=True)
    own = vectors[[search.texts.index("p2")]]

    assert ranks_of(search, asked, own, vectors) == 2, "q2 is nearer"
    assert ranks_of(search, asked, own, vectors, View.TO_ANSWERS) == 1
    assert ranks_of(search, asked, own, vectors, View.TO_QUESTIONS) == 2


def test_among_equal_cosines_the_right_answer_comes_last() -> None:
    search = SimulatedSearch(
        [pair("1", "p", "One."), pair("2", "q", "Two."), pair("3", "r", "Three.")]
    )
    vectors = np.ones((len(search.texts), 1), dtype=np.float32)
    asked = SimulatedQuestion("x", 0, unseen=False)

    assert ranks_of(search, asked, vectors[:1], vectors, View.TO_ANSWERS) == 3


def test_an_answer_that_is_not_found_has_the_last_rank() -> None:
    pairs = [pair(str(i), f"q{i}", f"Answer {i}.") for i in range(100)]
    search = SimulatedSearch(pairs)
    near = {f"q{i}": [1.0, i / 100] for i in range(100)}
    vectors = vectors_for(search, near | {f"Answer {i}.": [1.0, i / 100] for i in range(100)})
    asked = SimulatedQuestion("x", search.position["99"], unseen=False)

    assert ranks_of(search, asked, np.array([[1, 0]], dtype=np.float32), vectors) == 100


@pytest.mark.parametrize("view", list(View))
def test_chunks_change_nothing(
    reworded: Snapshot, embedder: Embedder, monkeypatch: pytest.MonkeyPatch, view: View
) -> None:
    search = SimulatedSearch(reworded.pairs)
    vectors = embedder.embed(list(search.texts))
    row = {text: i for i, text in enumerate(search.texts)}
    asked = search.questions(reworded.held_out, 1000)
    own = vectors[[row[q.text] for q in asked]]
    at_once = search.ranks(asked, own, vectors, shipped(), view)

    monkeypatch.setattr(module, "_CHUNK_BYTES", 10_000)
    in_chunks = search.ranks(asked, own, vectors, shipped(), view)

    assert at_once.tolist() == in_chunks.tolist()


def test_no_questions_have_no_ranks(reworded: Snapshot, embedder: Embedder) -> None:
    search = SimulatedSearch(reworded.pairs)
    vectors = embedder.embed(list(search.texts))

    for view in View:
        assert len(search.ranks([], vectors[:0], vectors, shipped(), view)) == 0


def test_a_limit_takes_whole_pairs_and_always_the_same(reworded: Snapshot) -> None:
    search = SimulatedSearch(reworded.pairs)

    few = search.questions(reworded.pairs, 20)

    assert 20 <= len(few) < 40
    assert few == search.questions(tuple(reversed(reworded.pairs)), 20)
    for position in {q.pair for q in few}:
        asked = [q.text for q in few if q.pair == position]
        assert tuple(asked) == search.pairs[position].wordings
