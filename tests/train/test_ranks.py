"""Ranks on paper: the same as a real index gives, with a question's own wording withheld."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from index.model.embedder import Embedder
from index.model.served import ServedModel
from index.search.edge import EdgeEngine
from index.search.points import catch_up
from index.search.ranking import BaselineRanker
from index.search.searcher import Searcher
from index.store import Store
from index.store.types import Pair, PairDraft, Phrasing, Status
from index.text import fold
from index.vectors import Matrix
from train import ranks as module
from train.data import Snapshot, wordings_of
from train.ranks import TO_ANSWERS, TO_QUESTIONS, Asked, Faq

WITHOUT_KEYWORDS = BaselineRanker(bm25_weight=0.0)


def pair(key: str, question: str, answer: str, *phrasings: str) -> Pair:
    now = datetime.now(UTC)
    return Pair(
        id=key,
        source="test",
        external_id=key,
        question=question,
        answer=answer,
        phrasings=tuple(Phrasing(text) for text in phrasings),
        topic=None,
        url=None,
        tags=(),
        audience=(),
        status=Status.ACTIVE,
        author=None,
        created_at=now,
        updated_at=now,
        revision=1,
    )


def vectors_for(faq: Faq, directions: dict[str, list[float]]) -> Matrix:
    """Unit vectors of an FAQ's texts, as given by text."""
    rows = np.array([directions[text] for text in faq.texts], dtype=np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture(scope="module")
def embedder(base_models: Path, helpdesk_store: Store) -> Embedder:
    return Embedder(ServedModel.load(base_models, "base", "cpu"), helpdesk_store.embeddings)


@contextmanager
def searching(pairs: list[Pair], embedder: Embedder, folder: Path) -> Iterator[Searcher]:
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
        yield Searcher(embedder, collection, BaselineRanker(), store.pairs)


def found(searcher: Searcher, text: str, right: str) -> tuple[int, float, float]:
    """The rank and the score of the right answer, and the best other answer's score."""
    matches = searcher.search(text, limit=500)
    is_right = [fold(match.pair.answer) == fold(right) for match in matches]
    own = is_right.index(True)
    return own + 1, matches[own].score, matches[is_right.index(False)].score


def test_a_stored_question_ranks_as_in_a_real_index(
    reworded: Snapshot, embedder: Embedder, tmp_path: Path
) -> None:
    faq = Faq(reworded.pairs)
    vectors = embedder.embed(list(faq.texts))
    texts = ["vpn phone please", "laptop is slow since yesterday", "who can reset passwords"]
    asked = [Asked(text, position, unseen=False) for position, text in enumerate(texts)]

    ranks = faq.ranks(asked, embedder.embed_queries(texts), vectors, BaselineRanker())

    with searching(list(reworded.pairs), embedder, tmp_path) as searcher:
        for i, question in enumerate(asked):
            right = faq.pairs[question.pair].answer
            matches = searcher.search(question.text, limit=500)
            # These three are among the hits or not; the best of the others always is.
            others = [m.score for m in matches if fold(m.pair.answer) != fold(right)]
            assert ranks.first[i] == pytest.approx(others[0], abs=1e-4)
            assert ranks.second[i] == pytest.approx(others[1], abs=1e-4)


def test_a_withheld_question_ranks_as_in_an_index_that_never_had_it(
    reworded: Snapshot, embedder: Embedder, tmp_path: Path
) -> None:
    faq = Faq(reworded.pairs)
    vectors = embedder.embed(list(faq.texts))
    row = {text: i for i, text in enumerate(faq.texts)}
    asked = [
        question
        for question in faq.questions(reworded.pairs, 200)
        if len(wordings_of(faq.pairs[question.pair])) > 1
    ][:40:10]

    ranks = faq.ranks(asked, vectors[[row[q.text] for q in asked]], vectors, BaselineRanker())

    for i, question in enumerate(asked):
        own = faq.pairs[question.pair]
        left = [text for text in wordings_of(own) if text != question.text]
        without = replace(
            own, question=left[0], phrasings=tuple(Phrasing(text) for text in left[1:])
        )
        pairs = [without if p.id == own.id else p for p in reworded.pairs]
        with searching(pairs, embedder, tmp_path / str(i)) as searcher:
            rank, score, other = found(searcher, question.text, own.answer)
        assert ranks.rank[i] == rank
        assert ranks.own[i] == pytest.approx(score, abs=1e-4)
        # The words of the withheld question still count in the words' rarity.
        assert ranks.first[i] == pytest.approx(other, abs=0.02)


def test_pairs_with_the_same_answer_count_as_one() -> None:
    faq = Faq([pair("1", "p", "Same."), pair("2", "q", "same. "), pair("3", "r", "Other.")])
    vectors = vectors_for(
        faq, {"p": [1, 0], "q": [0.9, 0.1], "r": [0, 1], "Same.": [0, 1], "same. ": [0, 1],
              "Other.": [0, 1]}
    )  # fmt: skip

    ranks = faq.ranks(
        [Asked("p", faq.position["1"], unseen=True)],
        np.array([[1, 0]], dtype=np.float32),
        vectors,
        WITHOUT_KEYWORDS,
    )

    assert ranks.rank.tolist() == [1], "the other pair with this answer is as good"
    assert ranks.own[0] == pytest.approx(0.9 / np.hypot(0.9, 0.1), abs=1e-5)


def test_a_wording_is_withheld_wherever_it_is_stored() -> None:
    faq = Faq([pair("1", "p", "One."), pair("2", "q", "Two.", "P ")])
    vectors = vectors_for(
        faq, {"p": [1, 0], "P ": [1, 0], "q": [0, 1], "One.": [1, 1], "Two.": [0, 1]}
    )
    question = Asked("p", faq.position["1"], unseen=True)

    ranks = faq.ranks([question], vectors[[faq.texts.index("p")]], vectors, WITHOUT_KEYWORDS)

    assert ranks.rank.tolist() == [1]
    assert ranks.own[0] == pytest.approx(0.9 * np.sqrt(0.5), abs=1e-5)
    assert ranks.first[0] == pytest.approx(0, abs=1e-5)


def test_each_view_searches_its_own_texts() -> None:
    faq = Faq([pair("1", "p", "One.", "p2"), pair("2", "q", "Two.", "q2")])
    vectors = vectors_for(
        faq,
        {"p": [0, 1], "p2": [1, 0.1], "q": [1, 1], "q2": [1, 0], "One.": [1, 0.2], "Two.": [0, 1]},
    )
    asked = [Asked("p2", faq.position["1"], unseen=True)]
    own = vectors[[faq.texts.index("p2")]]

    assert faq.ranks(asked, own, vectors, WITHOUT_KEYWORDS).rank.tolist() == [2], "q2 is nearer"
    assert faq.ranks(asked, own, vectors, WITHOUT_KEYWORDS, TO_ANSWERS).rank.tolist() == [1]
    assert faq.ranks(asked, own, vectors, WITHOUT_KEYWORDS, TO_QUESTIONS).rank.tolist() == [2]


def test_in_a_tie_the_right_answer_comes_last() -> None:
    faq = Faq([pair("1", "p", "One."), pair("2", "q", "Two."), pair("3", "r", "Three.")])
    vectors = np.ones((len(faq.texts), 1), dtype=np.float32)

    ranks = faq.ranks(
        [Asked("x", 0, unseen=False)], np.ones((1, 1), dtype=np.float32), vectors, WITHOUT_KEYWORDS
    )

    assert ranks.rank.tolist() == [3]


def test_chunks_change_nothing(
    reworded: Snapshot, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    faq = Faq(reworded.pairs)
    vectors = embedder.embed(list(faq.texts))
    row = {text: i for i, text in enumerate(faq.texts)}
    asked = faq.questions(reworded.held_out, 1000)
    own = vectors[[row[q.text] for q in asked]]
    at_once = faq.ranks(asked, own, vectors, BaselineRanker())

    monkeypatch.setattr(module, "_CHUNK_BYTES", 10_000)
    in_chunks = faq.ranks(asked, own, vectors, BaselineRanker())

    assert at_once.rank.tolist() == in_chunks.rank.tolist()
    assert np.allclose(at_once.first, in_chunks.first, atol=1e-5)


def test_a_limit_takes_whole_pairs_and_always_the_same(reworded: Snapshot) -> None:
    faq = Faq(reworded.pairs)

    few = faq.questions(reworded.pairs, 20)

    assert 20 <= len(few) < 40
    assert few == faq.questions(tuple(reversed(reworded.pairs)), 20)
    for position in {q.pair for q in few}:
        asked = [q.text for q in few if q.pair == position]
        assert asked == wordings_of(faq.pairs[position])
