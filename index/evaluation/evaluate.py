"""How well questions find their answers: asked of a throw-away index, and measured."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.engines.base import Hit, Retriever
from index.engines.edge import EdgeEngine
from index.engines.points import texts_of
from index.evaluation.datasets import LabelledQuery
from index.evaluation.metrics import Evaluation, summarise
from index.generations.catch_up import catch_up
from index.model.embedder import Embedder
from index.query.spelling import Speller, base_words
from index.ranking.features import Entry, gather
from index.ranking.ranker import Candidate, Ranker
from index.ranking.ranker_file import shipped
from index.searcher import DEPTH as PRODUCT_DEPTH
from index.searcher import Searcher
from index.store import Store
from index.store.database import Database
from index.store.pairs import Pairs
from index.store.types import Pair, PairDraft, pair_id
from index.text import fold

# Answers beyond this rank count as not found: they add less than 0.01 each to the MRR.
DEPTH = 100


@dataclass(frozen=True)
class RawRanker(Ranker):
    """One retriever's own order, its score for confidence: what the learned ranker is up against.

    BM25 scores are not from 0 to 1; half of the confidence is reached at a score of 10.
    """

    retriever: Retriever

    def rank(
        self, text: str, hits: Mapping[Retriever, Sequence[Hit]], pairs: Mapping[str, Entry]
    ) -> list[Candidate]:
        ranked = []
        for evidence in gather(hits, pairs):
            score: float = getattr(evidence, self.retriever.value) or 0.0
            confidence = score / (score + 10) if self.retriever is Retriever.BM25 else score
            ranked.append(Candidate(evidence, score, min(1.0, max(0.0, confidence))))
        return sorted(ranked, key=lambda c: (-c.score, c.evidence.pair_id))

    def threshold(self, precision: float) -> float | None:
        return None


def evaluate(
    drafts: Sequence[PairDraft],
    queries: Sequence[LabelledQuery],
    embedder: Embedder,
    *,
    retriever: Retriever | None = None,
    ranker: Ranker | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Evaluation:
    """Index the pairs in a temporary folder, ask the queries, and measure.

    A query's rank is that of the first answer with any relevant id; pairs with the same answer
    share a rank.

    Args:
        retriever: Ask this one alone; None for all, as the bot does.
        ranker: Of all retrievers' hits; None for the shipped one.
        progress: Called with (what is going on, done, in all).
    """
    report = progress or (lambda what, done, total: None)
    with tempfile.TemporaryDirectory(prefix="faqbot-evaluate-") as folder:
        store = Store.open("sqlite://")
        for start in range(0, len(drafts), 500):
            store.pairs.upsert(drafts[start : start + 500])
        engine = EdgeEngine(Path(folder))
        collection = engine.create("evaluation", embedder.model.dimension)
        try:
            catch_up(
                store.pairs,
                0,
                embedder,
                collection,
                progress=lambda done, total: report("indexing", done, total),
            )
            pairs = _ReadOnce(store.database)
            speller = Speller.of(
                (text for draft in drafts for text in texts_of(draft)),
                base_words(embedder.model.vocabulary()),
            )
            chosen: Ranker = RawRanker(retriever) if retriever else ranker or shipped()
            searcher = Searcher(embedder, collection, chosen, pairs, speller)
            same_answer = _ids_by_answer(drafts)
            asked = [searcher.read(query.text) for query in queries]
            vectors = embedder.embed_queries([query.text for query in asked])
            ranks, confidence = [], []
            for done, (labelled, query, vector) in enumerate(
                zip(queries, asked, vectors, strict=True), 1
            ):
                matches = searcher.search(
                    query,
                    limit=DEPTH,
                    retrievers=(retriever,) if retriever else tuple(Retriever),
                    # The bot's own depth decides what it answers, and how sure it is.
                    depth=DEPTH if retriever else PRODUCT_DEPTH,
                    vector=vector,
                )
                relevant = {pair_id("evaluation", key) for key in labelled.relevant}
                hits = (r for r, m in enumerate(matches, 1) if same_answer[m.pair.id] & relevant)
                ranks.append(next(hits, 0))
                confidence.append(matches[0].confidence if matches else 0.0)
                report("asking", done, len(queries))
        finally:
            collection.close()
            store.close()
    return summarise(
        np.array(ranks, dtype=int),
        np.array(confidence),
        np.array([bool(query.relevant) for query in queries]),
    )


class _ReadOnce(Pairs):
    """Pairs that nobody changes: what was read is not read again."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._known: dict[str, Pair] = {}

    def get(self, ids: Sequence[str]) -> dict[str, Pair]:
        self._known |= super().get([i for i in ids if i not in self._known])
        return {i: self._known[i] for i in ids if i in self._known}


def _ids_by_answer(drafts: Sequence[PairDraft]) -> dict[str, set[str]]:
    by_answer: dict[str, set[str]] = {}
    for draft in drafts:
        by_answer.setdefault(fold(draft.answer), set()).add(draft.id)
    return {key: ids for ids in by_answer.values() for key in ids}
