"""Searching: a question to ranked answers."""

from collections.abc import Collection as Container
from dataclasses import replace

from index.engines import bm25
from index.engines.base import Collection, Hit, Lookup, Retriever
from index.model.embedder import Embedder
from index.query.cleaning import Query, read
from index.query.spelling import Speller
from index.ranking.explanation import Explanation, explain
from index.ranking.features import without_picks
from index.ranking.match import Match
from index.ranking.ranker import Candidate, LearnedRanker, Ranker
from index.store.pairs import Pairs
from index.store.types import Pair
from index.store.visibility import Place, may_show
from index.text import fold
from index.vectors import Matrix

# Hits taken from each retriever. The right answer is among them or nowhere near.
DEPTH = 20
# Of wordings more are taken: a pair may have many, and would leave no room for its rivals.
WORDINGS = 3


class Searcher:
    """One generation's model, collection and ranker, used together."""

    def __init__(
        self,
        embedder: Embedder,
        collection: Collection,
        ranker: Ranker,
        pairs: Pairs,
        speller: Speller | None = None,
    ) -> None:
        """Args:
        speller: Mends typos in questions; None leaves them.
        """
        self._embedder = embedder
        self._collection = collection
        self._ranker = ranker
        self._pairs = pairs
        self._speller = speller

    def read(self, question: str) -> Query:
        """What is searched for a question, its typos mended by the FAQ's words.

        It is read once, and what was read is passed on to `search` and `explain`.

        Args:
            question: As typed, without a chat system's markup.
        """
        return read(question, self._speller)

    def search(
        self,
        query: Query,
        *,
        place: Place | None = None,
        limit: int = 5,
        retrievers: Container[Retriever] = tuple(Retriever),
        depth: int = DEPTH,
        vector: Matrix | None = None,
    ) -> list[Match]:
        """The answers nearest to a question, best first.

        Pairs with the same answer count once: the best stands for them. Of a message with several
        questions each is searched, too, and an answer counts by the part it fits best.

        Args:
            query: The question as `read` gave it; one with an empty text finds nothing.
            place: Only pairs that may be shown there; None: an operator, who sees all.
            limit: How many answers at most.
            retrievers: Which retrievers take part.
            depth: Hits taken from each retriever.
            vector: The embedding of the query's text, where it is known already; shape
                (dimension,).
        """
        if not query.text:
            return []
        matches = self._search(query.text, place, limit, retrievers, depth, vector)
        if not query.parts:
            return matches
        best = {fold(match.pair.answer): match for match in matches}
        for number, text in enumerate(query.parts, start=1):
            for match in self._search(text, place, limit, retrievers, depth, None):
                key = fold(match.pair.answer)
                if key not in best or match.confidence > best[key].confidence:
                    best[key] = replace(match, part=number)
        return sorted(best.values(), key=lambda match: -match.confidence)[:limit]

    def _search(
        self,
        text: str,
        place: Place | None,
        limit: int,
        retrievers: Container[Retriever],
        depth: int,
        vector: Matrix | None,
    ) -> list[Match]:
        """The answers nearest to a text, as it is."""
        hits, pairs = self._found(text, place, retrievers, depth, vector)
        ranked = self._ranker.rank(text, hits, pairs)[:limit]
        without = None
        if (plain := without_picks(hits, pairs)) is not None:
            without = {
                candidate.evidence.answer_key: candidate.confidence
                for candidate in self._ranker.rank(text, plain, pairs)
            }
        return [
            _match(
                candidate,
                pairs[candidate.evidence.pair_id],
                None if without is None else without.get(candidate.evidence.answer_key, 0.0),
            )
            for candidate in ranked
        ]

    def explain(self, query: Query, *, place: Place | None = None) -> Explanation:
        """Why `search` answers as it does; of several questions in a message, for all of it.

        Args:
            query: The question as `read` gave it.
            place: As for `search`.

        Raises:
            TypeError: The ranker is none that can be taken apart.
        """
        if not isinstance(self._ranker, LearnedRanker):
            raise TypeError("only the learned ranker can be explained")
        if not query.text:
            return explain(query, self._ranker, None)
        hits, pairs = self._found(query.text, place, tuple(Retriever), DEPTH, None)
        return explain(query, self._ranker, self._ranker.rank_in_detail(query.text, hits, pairs))

    def _found(
        self,
        text: str,
        place: Place | None,
        retrievers: Container[Retriever],
        depth: int,
        vector: Matrix | None,
    ) -> tuple[dict[Retriever, list[Hit]], dict[str, Pair]]:
        """What the retrievers have for a text, and the pairs that may be shown."""
        lookups = self.lookups(text, retrievers, depth, vector)
        found = self._collection.search(lookups, place=place)
        hits = {lookup.retriever: found for lookup, found in zip(lookups, found, strict=True)}
        ids = list(dict.fromkeys(hit.pair_id for found in hits.values() for hit in found))
        # The store has the last word: an index may be a moment behind it.
        pairs = {
            pair_id: pair for pair_id, pair in self._pairs.get(ids).items() if may_show(pair, place)
        }
        return hits, pairs

    def threshold(self, precision: float) -> float | None:
        """The confidence from which at least this share of answers is right.

        None where too few held-out answers are known to say so.
        """
        return self._ranker.threshold(precision)

    def lookups(
        self,
        text: str,
        retrievers: Container[Retriever] = tuple(Retriever),
        depth: int = DEPTH,
        vector: Matrix | None = None,
    ) -> list[Lookup]:
        """What the collection is asked for a searchable text."""
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


def _match(candidate: Candidate, pair: Pair, without_picks: float | None) -> Match:
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
        without_picks=without_picks,
    )
