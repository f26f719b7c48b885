"""Searching: a question to ranked answers."""

from collections.abc import Collection as Container
from dataclasses import dataclass

from index.model.embedder import Embedder
from index.search import bm25
from index.search.collection import Collection, Lookup, Retriever
from index.search.ranking import Candidate, Ranker
from index.store.pairs import Pairs
from index.store.types import Pair, Status
from index.text import MAX_QUESTION, one_line
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
        found = self._collection.search(lookups, channel=channel)
        hits = {lookup.retriever: found for lookup, found in zip(lookups, found, strict=True)}
        ids = list(dict.fromkeys(hit.pair_id for found in hits.values() for hit in found))
        # The store has the last word: an index may be a moment behind it.
        pairs = {
            pair_id: pair
            for pair_id, pair in self._pairs.get(ids).items()
            if pair.status is Status.ACTIVE and pair.visible_in(channel)
        }
        ranked = self._ranker.rank(text, hits, pairs)[:limit]
        return [_match(candidate, pairs[candidate.evidence.pair_id]) for candidate in ranked]

    def threshold(self, precision: float) -> float | None:
        """The confidence from which at least this share of answers is right.

        None where too few held-out answers are known to say so.
        """
        return self._ranker.threshold(precision)

    def _lookups(
        self, text: str, retrievers: Container[Retriever], depth: int, vector: Matrix | None
    ) -> list[Lookup]:
        lookups: list[Lookup] = []
        dense = [r for r in (Retriever.QUESTION, Retriever.ANSWER) if r in retrievers]
        if dense:
            vector = self._embedder.embed_query(text) if vector is None else vector
            depths = {Retriever.QUESTION: WORDINGS * depth, Retriever.ANSWER: depth}
            lookups += [
                # The mean of an answer's wordings is a feature of its own.
                Lookup(retriever, vector, depths[retriever], retriever is Retriever.QUESTION)
                for retriever in dense
            ]
        if Retriever.BM25 in retrievers:
            terms = bm25.query(text)
            if terms.indices:
                lookups.append(Lookup(Retriever.BM25, terms, depth))
        return lookups


def searchable(question: str) -> str:
    """The text that is searched for a question: on one line, of a bounded length."""
    return one_line(question)[:MAX_QUESTION]


def _match(candidate: Candidate, pair: Pair) -> Match:
    evidence = candidate.evidence
    scores = {
        Retriever.QUESTION: evidence.question,
        Retriever.ANSWER: evidence.answer,
        Retriever.BM25: evidence.bm25,
    }
    return Match(
        pair=pair,
        matched_text=evidence.matched_text,
        confidence=candidate.confidence,
        score=candidate.score,
        scores={retriever: score for retriever, score in scores.items() if score is not None},
    )
