"""Searching: a question to ranked answers."""

from collections.abc import Collection as Container
from collections.abc import Sequence
from dataclasses import dataclass

from index.model.embedder import Embedder
from index.search import bm25
from index.search.collection import Collection, Hit, Lookup, Retriever
from index.search.ranking import Candidate, Ranker
from index.store.pairs import Pairs
from index.store.types import Pair, Status
from index.text import MAX_QUESTION, fold, one_line
from index.vectors import Matrix

# Hits taken from each retriever. The right answer is among them or nowhere near.
DEPTH = 20
# Of wordings more are taken: a pair may have many, and would leave no room for its rivals.
WORDINGS = 3


@dataclass(frozen=True)
class Match:
    """A pair that may answer the question.

    Attributes:
        matched_text: The stored wording nearest to the question.
        confidence: Estimated probability that this answer is right.
        score: What the order follows; comparable within one search only.
        scores: Raw score by retriever, for those that found the pair.
    """

    pair: Pair
    matched_text: str
    confidence: float
    score: float
    scores: dict[Retriever, float]


class Searcher:
    """One generation's model, collection and ranker, used together."""

    def __init__(
        self, embedder: Embedder, collection: Collection, ranker: Ranker, pairs: Pairs
    ) -> None:
        self._embedder = embedder
        self._collection = collection
        self._ranker = ranker
        self._pairs = pairs

    def search(
        self,
        question: str,
        *,
        channel: str | None = None,
        limit: int = 5,
        retrievers: Container[Retriever] = tuple(Retriever),
        depth: int = DEPTH,
        vector: Matrix | None = None,
    ) -> list[Match]:
        """The answers nearest to a question, best first.

        Pairs with the same answer count once: the best stands for them.

        Args:
            channel: Only pairs that may be seen in this channel; None for all.
            limit: How many answers at most.
            retrievers: Which retrievers take part.
            depth: Hits taken from each retriever.
            vector: The embedding of `searchable(question)`, where it is known already; shape
                (dimension,).
        """
        text = searchable(question)
        if not text:
            return []
        lookups = self._lookups(text, retrievers, depth, vector)
        hits = self._collection.search(lookups, channel=channel)
        found = {
            lookup.retriever: _best_by_pair(hits)
            for lookup, hits in zip(lookups, hits, strict=True)
        }
        ids = list(dict.fromkeys(pair_id for best in found.values() for pair_id in best))
        # The store has the last word: an index may be a moment behind it.
        pairs = {
            pair_id: pair
            for pair_id, pair in self._pairs.get(ids).items()
            if pair.status is Status.ACTIVE and pair.visible_in(channel)
        }
        candidates = [_candidate(pairs[i], found) for i in ids if i in pairs]
        matches: dict[str, Match] = {}
        for candidate in self._ranker.rank(candidates):
            if len(matches) == limit:
                break
            if candidate.answer_key not in matches:
                matches[candidate.answer_key] = _match(candidate, pairs[candidate.pair_id])
        return list(matches.values())

    def _lookups(
        self, text: str, retrievers: Container[Retriever], depth: int, vector: Matrix | None
    ) -> list[Lookup]:
        lookups: list[Lookup] = []
        dense = [r for r in (Retriever.QUESTION, Retriever.ANSWER) if r in retrievers]
        if dense:
            vector = self._embedder.embed_query(text) if vector is None else vector
            depths = {Retriever.QUESTION: WORDINGS * depth, Retriever.ANSWER: depth}
            lookups += [Lookup(retriever, vector, depths[retriever]) for retriever in dense]
        if Retriever.BM25 in retrievers:
            terms = bm25.query(text)
            if terms.indices:
                lookups.append(Lookup(Retriever.BM25, terms, depth))
        return lookups


def searchable(question: str) -> str:
    """The text that is searched for a question: on one line, of a bounded length."""
    return one_line(question)[:MAX_QUESTION]


def _best_by_pair(hits: Sequence[Hit]) -> dict[str, Hit]:
    best: dict[str, Hit] = {}
    for hit in hits:
        best.setdefault(hit.pair_id, hit)
    return best


def _candidate(pair: Pair, found: dict[Retriever, dict[str, Hit]]) -> Candidate:
    hits = {r: best[pair.id] for r, best in found.items() if pair.id in best}
    scores = {retriever: hit.score for retriever, hit in hits.items()}
    nearest = hits.get(Retriever.QUESTION)
    return Candidate(
        pair_id=pair.id,
        matched_text=nearest.text if nearest else pair.question,
        question=scores.get(Retriever.QUESTION),
        answer=scores.get(Retriever.ANSWER),
        bm25=scores.get(Retriever.BM25),
        answer_key=fold(pair.answer),
    )


def _match(candidate: Candidate, pair: Pair) -> Match:
    scores = {
        Retriever.QUESTION: candidate.question,
        Retriever.ANSWER: candidate.answer,
        Retriever.BM25: candidate.bm25,
    }
    return Match(
        pair=pair,
        matched_text=candidate.matched_text,
        confidence=candidate.confidence,
        score=candidate.score,
        scores={retriever: score for retriever, score in scores.items() if score is not None},
    )
