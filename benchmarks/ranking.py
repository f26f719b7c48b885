"""The whole pipeline against each retriever alone and plain reciprocal rank fusion.

Parts, each with its baselines in the same run:

- `noise`: the cloud FAQ's validation questions (the article's split), each asked with seeded noise
  of five kinds against the stored questions; and asked as they are with the stored question
  withheld, so that only the answer can be found. These answers have one wording each, so the
  shipped ranker holds, which was fitted on none of them.
- `clinc150`, `banking77`: real queries; the ranker is fitted on the pairs alone. `one_wording`:
  the same with one wording for each answer, to which no ranker is fitted: the shipped one holds.
- `half`: the noisy questions with a random half of the pairs removed: on topic, but not in the
  FAQ. Nothing is right for those whose pair is gone.
- `latency`: what ranking adds to the retrieval at 10,000 pairs, in milliseconds.

`precision_at_1` is over the queries that have an answer; `auroc`, `ece` and the answer rates are
over all of them (see docs/ranking.md).

    python benchmarks/ranking.py --data ../shared/data
"""

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from article import drafts_of, rows_of, sides
from noise import NOISE, Noise

from index.engines.base import Hit, Retriever
from index.engines.edge import EdgeEngine
from index.evaluation.datasets import read_pairs, read_queries
from index.evaluation.metrics import measures
from index.generations.catch_up import catch_up
from index.generations.setup import load_embedder
from index.model.base import ensure_base_version
from index.model.embedder import Embedder
from index.query import cleaning as queries
from index.query.spelling import Speller, base_words
from index.ranking.features import Entry
from index.ranking.ranker import LearnedRanker
from index.ranking.ranker_file import shipped
from index.searcher import Searcher
from index.settings import IndexSettings
from index.store import Store
from index.store.types import PairDraft
from index.text import fold
from index.vectors import Matrix
from train.data import pairs_of
from train.ranker.examples import examples_for, speller_of
from train.ranker.fit import fit_ranker
from train.ranker.simulated_search import SimulatedQuestion, SimulatedSearch, embedded

PARTS = ("noise", "clinc150", "banking77", "one_wording", "half", "latency")
# Constant of reciprocal rank fusion (Cormack et al. 2009).
RRF = 60
SEED = 4
LATENCY_PAIRS = 10_000
LATENCY_QUESTIONS = 300


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--part", choices=PARTS, action="append", help="only this one; repeatable")
    parser.add_argument("--pairs", type=int, help="at most so many pairs of the cloud FAQ")
    options = parser.parse_args()
    if not (options.data / "clinc150").is_dir():
        sys.exit(f"{options.data} has no clinc150 folder: see its README for what belongs there")
    with tempfile.TemporaryDirectory(prefix="faqbot-ranking-") as folder:
        bench = Bench.create(Path(folder), options.data, options.pairs)
        result = {part: getattr(bench, part)() for part in options.part or PARTS}
    print(json.dumps(result))


@dataclass(frozen=True)
class Answer:
    """The best answer to a query: how sure, and whether it is right."""

    confidence: float
    right: bool


Method = Callable[[str, Mapping[Retriever, Sequence[Hit]], Mapping[str, Entry]], tuple[str, float]]


@dataclass(frozen=True)
class Bench:
    """The parts, over one embedder."""

    folder: Path
    data: Path
    embedder: Embedder
    most: int | None

    @classmethod
    def create(cls, folder: Path, data: Path, most: int | None) -> "Bench":
        settings = IndexSettings(data_dir=folder)
        ensure_base_version(settings.models_dir, settings.base_model)
        return cls(folder, data, load_embedder(settings, Store.open("sqlite://"), "base"), most)

    def noise(self) -> dict[str, Any]:
        """Right at once, by kind of noise and by method."""
        _, tested_on = self._cloud()
        faq = SimulatedSearch(pairs_of(tested_on))
        ranker = self._fit(faq)
        vectors = self.embedder.embed(list(faq.texts))
        result: dict[str, Any] = {}
        rows = []
        for kind, change in NOISE.items():
            say(f"noise: {kind}")
            texts = noisy(faq, kind, change)
            asked = [SimulatedQuestion(text, i, unseen=False) for i, text in enumerate(texts)]
            found = self._answers(faq, asked, vectors, ranker)
            result[kind] = {name: precision(answers) for name, answers in found.items()}
            rows.append(result[kind])
        result["all"] = {name: mean(row[name] for row in rows) for name in rows[0]}
        say("stored question withheld")
        withheld = [
            SimulatedQuestion(pair.question, i, unseen=True) for i, pair in enumerate(faq.pairs)
        ]
        found = self._answers(faq, withheld, vectors, ranker)
        result["withheld"] = {name: precision(answers) for name, answers in found.items()}
        return result

    def clinc150(self) -> dict[str, Any]:
        """The queries of CLINC150, which has some that nothing answers."""
        return self._queries("clinc150")

    def banking77(self) -> dict[str, Any]:
        """The queries of BANKING77."""
        return self._queries("banking77")

    def one_wording(self) -> dict[str, Any]:
        """The intent sets with the first wording of each answer only."""
        return {name: self._queries(name, one_wording=True) for name in ("clinc150", "banking77")}

    def _queries(self, name: str, *, one_wording: bool = False) -> dict[str, Any]:
        say(f"{name}, one wording an answer" if one_wording else name)
        drafts = read_pairs(self.data / name / "faq.jsonl")
        known = {draft.external_id: draft.id for draft in drafts}
        rows = read_queries(self.data / name / "queries.jsonl", known)
        if one_wording:
            first = {fold(draft.answer): draft for draft in reversed(drafts)}
            known = {draft.external_id: first[fold(draft.answer)].id for draft in drafts}
            drafts = list(first.values())
        faq = SimulatedSearch(pairs_of(drafts))
        asked = [
            SimulatedQuestion(row.text, faq.position[known[next(iter(row.relevant))]], unseen=False)
            if row.relevant
            else SimulatedQuestion(row.text, -1, unseen=False)
            for row in rows
        ]
        vectors = self.embedder.embed(list(faq.texts))
        found = self._answers(faq, asked, vectors, self._fit(faq))
        answerable = np.array([bool(row.relevant) for row in rows])
        return {method: figures(answers, answerable) for method, answers in found.items()}

    def half(self) -> dict[str, Any]:
        """With half of the pairs removed."""
        say("half of the pairs removed")
        _, tested_on = self._cloud()
        whole = SimulatedSearch(pairs_of(tested_on))
        generator = random.Random(SEED)
        kept = sorted(generator.sample(range(len(whole.pairs)), len(whole.pairs) // 2))
        faq = SimulatedSearch([whole.pairs[i] for i in kept])
        kinds = list(NOISE)
        by_answer = {fold(pair.answer): i for i, pair in enumerate(faq.pairs)}
        asked = []
        for i, pair in enumerate(whole.pairs):
            kind = kinds[i % len(kinds)]
            text = NOISE[kind](pair.question, random.Random(f"{SEED}{kind}{pair.question}"))
            # A removed pair whose very answer another one has can still be answered.
            asked.append(
                SimulatedQuestion(text, by_answer.get(fold(pair.answer), -1), unseen=False)
            )
        vectors = self.embedder.embed(list(faq.texts))
        found = self._answers(faq, asked, vectors, self._fit(faq))
        answerable = np.array([question.pair >= 0 for question in asked])
        return {method: figures(answers, answerable) for method, answers in found.items()}

    def latency(self) -> dict[str, Any]:
        """Median milliseconds of a search, and what of it is ranking."""
        say("latency")
        trained_on, tested_on = self._cloud()
        drafts = [*trained_on, *tested_on]
        drafts += [
            replace(draft, external_id=f"{draft.external_id}-again", question=f"{draft.question} 2")
            for draft in drafts[: LATENCY_PAIRS - len(drafts)]
        ]
        store = Store.open(f"sqlite:///{self.folder / 'latency.db'}")
        for start in range(0, len(drafts), 500):
            store.pairs.upsert(drafts[start : start + 500])
        collection = EdgeEngine(self.folder / "latency").create(
            "latency", self.embedder.model.dimension
        )
        catch_up(store.pairs, 0, self.embedder, collection)
        speller = Speller.of(
            (text for draft in drafts for text in (draft.question, draft.answer)),
            base_words(self.embedder.model.vocabulary()),
        )
        searcher = Searcher(self.embedder, collection, shipped(), store.pairs, speller)
        kinds = list(NOISE.items())
        texts = []
        for i, draft in enumerate(tested_on[:LATENCY_QUESTIONS]):
            kind, change = kinds[i % len(kinds)]
            texts.append(change(draft.question, random.Random(f"{SEED}{kind}{i}")))
        vectors = self.embedder.embed_queries([searcher.read(text).text for text in texts])
        times: dict[str, list[float]] = {"retrieval": [], "search": []}
        for text, vector in zip(texts, vectors, strict=True):
            # Interleaved, so that whatever else the machine does falls on both.
            started = time.perf_counter()
            lookups = [
                replace(lookup, with_vectors=False)
                for lookup in searcher.lookups(text, vector=vector)
            ]
            hits = collection.search(lookups, place=None)
            store.pairs.get(list({hit.pair_id for found in hits for hit in found}))
            times["retrieval"].append(time.perf_counter() - started)
            started = time.perf_counter()
            searcher.search(searcher.read(text), vector=vector)
            times["search"].append(time.perf_counter() - started)
        collection.close()
        store.close()
        medians = {name: 1000 * statistics.median(values) for name, values in times.items()}
        return {
            "pairs": len(drafts),
            "retrieval_ms": round(medians["retrieval"], 2),
            "search_ms": round(medians["search"], 2),
            "added_ms": round(medians["search"] - medians["retrieval"], 2),
        }

    def _cloud(self) -> tuple[list[PairDraft], list[PairDraft]]:
        """The article's two sides."""
        rows = rows_of(self.data / "cloud_faq.jsonl")[: self.most]
        drafts = drafts_of(rows)
        trained_on, tested_on = sides(rows)
        return [drafts[i] for i in trained_on], [drafts[i] for i in tested_on]

    def _fit(self, faq: SimulatedSearch) -> LearnedRanker:
        """A ranker fitted on pairs alone."""
        vectors = self.embedder.embed(list(faq.texts))
        return fit_ranker(examples_for(faq, faq.pairs, self.embedder, vectors), shipped()).ranker

    def _answers(
        self,
        faq: SimulatedSearch,
        asked: Sequence[SimulatedQuestion],
        vectors: Matrix,
        ranker: LearnedRanker,
    ) -> dict[str, list[Answer]]:
        """Every method's best answers; the retrievers alone see the text as it was typed."""
        typed = self._asked(faq, asked, vectors, METHODS)
        speller = speller_of(faq, self.embedder)
        read = [
            question
            if question.unseen
            else replace(question, text=queries.read(question.text, speller).text)
            for question in asked
        ]
        return typed | self._asked(faq, read, vectors, {"pipeline": learned(ranker)})

    def _asked(
        self,
        faq: SimulatedSearch,
        asked: Sequence[SimulatedQuestion],
        vectors: Matrix,
        methods: Mapping[str, Method],
    ) -> dict[str, list[Answer]]:
        of_questions = embedded(self.embedder, faq, asked, vectors)
        pairs = {pair.id: pair for pair in faq.pairs}
        found: dict[str, list[Answer]] = {name: [] for name in methods}
        for question, hits in zip(asked, faq.found(asked, of_questions, vectors), strict=True):
            right = fold(faq.pairs[question.pair].answer) if question.pair >= 0 else None
            for name, method in methods.items():
                answer, confidence = method(question.text, hits, pairs)
                found[name].append(Answer(confidence, answer == right))
        return found


def alone(retriever: Retriever) -> Method:
    """One retriever's best hit; its score for confidence."""

    def method(
        _: str, hits: Mapping[Retriever, Sequence[Hit]], pairs: Mapping[str, Entry]
    ) -> tuple[str, float]:
        if not hits[retriever]:
            return "", 0.0
        best = hits[retriever][0]
        # BM25 scores have no upper end; this keeps their order.
        score = best.score / (best.score + 10) if retriever is Retriever.BM25 else best.score
        return fold(pairs[best.pair_id].answer), score

    return method


def fused(
    _: str, hits: Mapping[Retriever, Sequence[Hit]], pairs: Mapping[str, Entry]
) -> tuple[str, float]:
    """Reciprocal rank fusion, with equal weights."""
    scores: dict[str, float] = {}
    for found in hits.values():
        answers = list(dict.fromkeys(fold(pairs[hit.pair_id].answer) for hit in found))
        for rank, answer in enumerate(answers, 1):
            scores[answer] = scores.get(answer, 0.0) + 1 / (RRF + rank)
    return max(scores.items(), key=lambda item: item[1]) if scores else ("", 0.0)


def learned(ranker: LearnedRanker) -> Method:
    """The bot's own ranking."""

    def method(
        text: str, hits: Mapping[Retriever, Sequence[Hit]], pairs: Mapping[str, Entry]
    ) -> tuple[str, float]:
        ranked = ranker.rank(text, hits, pairs)
        return (ranked[0].evidence.answer_key, ranked[0].confidence) if ranked else ("", 0.0)

    return method


METHODS: dict[str, Method] = {
    "question": alone(Retriever.QUESTION),
    "answer": alone(Retriever.ANSWER),
    "bm25": alone(Retriever.BM25),
    "rank_fusion": fused,
}


def figures(answers: Sequence[Answer], answerable: Any) -> dict[str, float | None]:
    """A method's figures over queries of which some have no answer."""
    confidence = np.array([answer.confidence for answer in answers])
    right = np.array([answer.right for answer in answers])
    measured = measures(np.clip(confidence, 0.0, 1.0), right)
    return {"precision_at_1": round(float(right[answerable].mean()), 4)} | {
        # A precision that no threshold reaches has no answers to be right.
        name: None if np.isnan(value) else round(value, 4)
        for name, value in measured.items()
    }


def precision(answers: Sequence[Answer]) -> float:
    return mean(answer.right for answer in answers)


def mean(values: Any) -> float:
    return round(float(np.mean(list(values))), 4)


def noisy(faq: SimulatedSearch, kind: str, change: Noise) -> list[str]:
    """Each pair's question with noise, the same in every run."""
    return [
        change(pair.question, random.Random(f"{SEED}{kind}{pair.question}")) or pair.question
        for pair in faq.pairs
    ]


def say(what: str) -> None:
    print(f"{what} ...", file=sys.stderr)


if __name__ == "__main__":
    main()
