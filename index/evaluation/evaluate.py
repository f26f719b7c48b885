"""How well questions find their answers, and whether confidence knows it.

Precision@1, MRR and recall@k over a throw-away index, with the measures of
`index.evaluation.metrics`.
"""

import json
import math
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.engines.base import Hit, Retriever
from index.engines.edge import EdgeEngine
from index.engines.points import catch_up, texts_of
from index.errors import FaqbotError
from index.evaluation.bootstrap import Estimate, bootstrap, estimate_mean
from index.evaluation.metrics import measures
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
from index.store.types import Pair, PairDraft, Phrasing, pair_id
from index.text import clean, fold, one_line

# Answers beyond this rank count as not found: they add less than 0.01 each to the MRR.
DEPTH = 100
# Fewer than for means: each takes a sort.
CONFIDENCE_RESAMPLES = 200


@dataclass(frozen=True)
class Query:
    """A question and the ids of the pairs that answer it; none where silence is right."""

    text: str
    relevant: frozenset[str]


@dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Attributes:
        n: Queries with a right answer: what precision@1, MRR and recall are means over.
        n_without_answer: Queries where nothing is right. They count in the measures of
            confidence: whatever is answered there is wrong.
        of_confidence: By name, over all queries; see `index.evaluation.metrics.measures`.
    """

    n: int
    n_without_answer: int
    precision_at_1: Estimate
    mrr: Estimate
    recall_at_3: Estimate
    recall_at_5: Estimate
    of_confidence: dict[str, Estimate]

    def estimates(self) -> dict[str, Estimate]:
        """All figures by name."""
        names = ("precision_at_1", "mrr", "recall_at_3", "recall_at_5")
        return {name: getattr(self, name) for name in names} | self.of_confidence

    def as_dict(self) -> dict[str, Any]:
        """One flat JSON object: each figure, and its interval beside it.

        Figures that no query says anything of are null.
        """
        flat: dict[str, Any] = {"n": self.n, "n_without_answer": self.n_without_answer}
        for name, figure in self.estimates().items():
            flat[name] = _rounded(figure.value)
            flat[f"{name}_ci95"] = [_rounded(figure.low), _rounded(figure.high)]
        return flat


@dataclass(frozen=True)
class RawRanker:
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


def read_pairs(path: Path) -> list[PairDraft]:
    """Rows `{"id", "question", "answer"}` of a JSONL file as pairs, `"phrasings"` if any.

    Raises:
        FaqbotError: A row is not of that form; the message names its line.
    """
    drafts: dict[str, PairDraft] = {}
    for line, row in _rows(path):
        key = row.get("id")
        question, answer = row.get("question"), row.get("answer")
        if not (isinstance(question, str) and isinstance(answer, str) and key is not None):
            raise FaqbotError(f'{path}:{line}: expected {{"id", "question", "answer"}}')
        phrasings = row.get("phrasings") or []
        if not (isinstance(phrasings, list) and all(isinstance(text, str) for text in phrasings)):
            raise FaqbotError(f'{path}:{line}: expected "phrasings" to be a list of texts')
        if str(key) in drafts:
            raise FaqbotError(f"{path}:{line}: id {key!r} was used before")
        drafts[str(key)] = PairDraft(
            "evaluation",
            str(key),
            one_line(question),
            clean(answer),
            tuple(Phrasing(one_line(text)) for text in phrasings if text.strip()),
        )
    if not drafts:
        raise FaqbotError(f"{path} has no pairs")
    return list(drafts.values())


def read_queries(path: Path, known: Collection[str]) -> list[Query]:
    """Rows `{"query", "relevant": [ids]}` of a JSONL file.

    Args:
        known: The ids of the pairs; a query that names another is a mistake in the files.

    Raises:
        FaqbotError: A row is not of that form; the message names its line.
    """
    queries = []
    for line, row in _rows(path):
        text, relevant = row.get("query"), row.get("relevant")
        if not (isinstance(text, str) and isinstance(relevant, list)):
            raise FaqbotError(f'{path}:{line}: expected {{"query", "relevant": [ids]}}')
        ids = frozenset(str(key) for key in relevant)
        if unknown := sorted(ids - set(known)):
            raise FaqbotError(f"{path}:{line}: relevant id {unknown[0]!r} is not among the pairs")
        queries.append(Query(text, ids))
    if not queries:
        raise FaqbotError(f"{path} has no queries")
    return queries


def evaluate(
    drafts: Sequence[PairDraft],
    queries: Sequence[Query],
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
            texts = [searcher.read(query.text).text for query in queries]
            vectors = embedder.embed_queries(texts)
            ranks, confidence = [], []
            for done, (query, vector) in enumerate(zip(queries, vectors, strict=True), 1):
                matches = searcher.search(
                    query.text,
                    limit=DEPTH,
                    retrievers=(retriever,) if retriever else tuple(Retriever),
                    # The bot's own depth decides what it answers, and how sure it is.
                    depth=DEPTH if retriever else PRODUCT_DEPTH,
                    vector=vector,
                )
                relevant = {pair_id("evaluation", key) for key in query.relevant}
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


def summarise(
    ranks: npt.NDArray[np.int_],
    confidence: npt.NDArray[np.float64],
    answerable: npt.NDArray[np.bool_],
) -> Evaluation:
    """The figures for the ranks of the right answers and the confidence in the best ones.

    Args:
        ranks: Shape (n,); 1 is best, 0 means not found.
        confidence: Of the answer that came first, from 0 to 1; shape (n,).
        answerable: Whether the query has a right answer; shape (n,).
    """
    known = ranks[answerable]
    found = known > 0
    reciprocal = np.where(found, 1 / np.maximum(known, 1), 0.0)
    return Evaluation(
        n=len(known),
        n_without_answer=len(ranks) - len(known),
        precision_at_1=estimate_mean(known == 1),
        mrr=estimate_mean(reciprocal),
        recall_at_3=estimate_mean(found & (known <= 3)),
        recall_at_5=estimate_mean(found & (known <= 5)),
        of_confidence=_of_confidence(confidence, (ranks == 1) & answerable),
    )


def _of_confidence(
    confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]
) -> dict[str, Estimate]:
    """The measures of confidence, with their intervals over queries."""
    figures = measures(confidence, right)

    def resampled(rows: npt.NDArray[np.int_]) -> list[float]:
        return list(measures(confidence[rows], right[rows], halvings=1).values())

    estimates = bootstrap(resampled, list(figures.values()), len(right), CONFIDENCE_RESAMPLES)
    return dict(zip(figures, estimates, strict=True))


class _ReadOnce(Pairs):
    """Pairs that nobody changes: what was read is not read again."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._known: dict[str, Pair] = {}

    def get(self, ids: Sequence[str]) -> dict[str, Pair]:
        self._known |= super().get([i for i in ids if i not in self._known])
        return {i: self._known[i] for i in ids if i in self._known}


def _rounded(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)


def _ids_by_answer(drafts: Sequence[PairDraft]) -> dict[str, set[str]]:
    by_answer: dict[str, set[str]] = {}
    for draft in drafts:
        by_answer.setdefault(fold(draft.answer), set()).add(draft.id)
    return {key: ids for ids in by_answer.values() for key in ids}


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    row = json.loads(line)
                except ValueError as error:
                    raise FaqbotError(f"{path}:{number}: not JSON ({error})") from None
                if not isinstance(row, dict):
                    raise FaqbotError(f"{path}:{number}: not a JSON object")
                yield number, row
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise FaqbotError(f"{path} cannot be read: {why}") from None
