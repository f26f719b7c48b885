"""Fits the constants of `index.search.ranking.BaselineRanker`, and shows how well they do.

Fitted on the pairs of two intent sets, each asked with itself left out (right: another wording of
the intent) and with its whole intent left out (right: nothing); and on seeded noise over cloud
FAQ questions, with their pair in the index and without. Shown on the intent sets' queries, which
take no part in the fit.

    python benchmarks/baseline_ranker.py --data ../shared/data
"""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from index import evaluation
from index.model.base import ensure_base_version
from index.model.embedder import Embedder
from index.search import bm25
from index.search.collection import Collection, Hit, Lookup, Retriever
from index.search.edge import EdgeEngine
from index.search.points import catch_up
from index.search.ranking import BaselineRanker, Candidate
from index.settings import IndexSettings
from index.setup import load_embedder
from index.store import Store
from index.store.types import PairDraft
from index.text import clean, fold, one_line
from index.vectors import Matrix

DEPTH = 40
STOP_WORDS = {"a", "an", "the", "is", "are", "do", "does", "how", "what", "can", "in", "of", "to"}


@dataclass(frozen=True)
class Asked:
    """A question, the key of its right answer (None: nothing is right), and its candidates."""

    right: str | None
    candidates: list[Candidate]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    data = parser.parse_args().data
    if not (data / "clinc150").is_dir():
        sys.exit(f"{data} has no clinc150 folder: see its README for what belongs there")
    with tempfile.TemporaryDirectory() as folder:
        settings = IndexSettings(data_dir=Path(folder))
        ensure_base_version(settings.models_dir, settings.base_model)
        store = Store.open("sqlite://")
        embedder = load_embedder(settings, store, "base")
        fitted, shown = {}, {}
        for name in ("clinc150", "banking77"):
            print(f"{name} ...", file=sys.stderr)
            fitted[name], shown[name] = intents(data / name, embedder)
        print("cloud_faq ...", file=sys.stderr)
        fitted["cloud_faq"] = noisy(data / "cloud_faq.jsonl", embedder)
    ranker = BaselineRanker()
    features = {
        name: [x for x in (judged(q, ranker) for q in rows) if x] for name, rows in fitted.items()
    }
    x = np.array([row[:2] for rows in features.values() for row in rows])
    y = np.array([row[2] for rows in features.values() for row in rows])
    weight = np.concatenate([np.full(len(rows), 1000 / len(rows)) for rows in features.values()])
    model = LogisticRegression(C=1e4).fit(x, y, sample_weight=weight)
    result = {
        "intercept": round(float(model.intercept_[0]), 2),
        "score_weight": round(float(model.coef_[0][0]), 2),
        "margin_weight": round(float(model.coef_[0][1]), 2),
    }
    for name, rows in (fitted | {f"{n}_queries": r for n, r in shown.items()}).items():
        result[name] = figures(rows, ranker, model)
    print(json.dumps(result))


def judged(asked: Asked, ranker: BaselineRanker) -> tuple[float, float, int] | None:
    """Score, margin and whether the best candidate is right."""
    ranked = ranker.rank(asked.candidates)
    if not ranked:
        return None
    best = ranked[0]
    rival = next((c.score for c in ranked if c.answer_key != best.answer_key), 0.0)
    margin = best.score - max(rival, ranker.rival_floor)
    return best.score, margin, int(best.answer_key == asked.right)


def figures(
    rows: Sequence[Asked], ranker: BaselineRanker, model: LogisticRegression
) -> dict[str, float]:
    """How well order and confidence do on a set."""
    found = [row for row in (judged(asked, ranker) for asked in rows) if row]
    right = np.array([row[2] for row in found])
    confidence = model.predict_proba(np.array([row[:2] for row in found]))[:, 1]
    given = confidence >= 0.5
    answerable = sum(asked.right is not None for asked in rows)
    return {
        "precision_at_1": round(float(right.sum() / answerable), 4),
        "auroc": round(float(roc_auc_score(right, confidence)), 4),
        "answered_at_half": round(float(given.mean()), 4),
        "right_of_those": round(float(right[given].mean()), 4),
    }


def intents(folder: Path, embedder: Embedder) -> tuple[list[Asked], list[Asked]]:
    """The pairs asked with themselves left out, and the queries."""
    drafts = evaluation.read_pairs(folder / "faq.jsonl")
    queries = evaluation.read_queries(folder / "queries.jsonl", {d.external_id for d in drafts})
    intent = {draft.id: fold(draft.answer) for draft in drafts}
    by_key = {draft.external_id: fold(draft.answer) for draft in drafts}
    with_index = index(drafts, embedder)
    fitted = []
    for draft, vector in zip(drafts, embedder.embed([d.question for d in drafts]), strict=True):
        own = intent[draft.id]
        hits = with_index(draft.question, vector)
        fitted.append(Asked(own, [c for c in hits if c.pair_id != draft.id]))
        fitted.append(Asked(None, [c for c in hits if c.answer_key != own]))
    vectors = embedder.embed_queries([query.text for query in queries])
    shown = [
        Asked(by_key[next(iter(q.relevant))] if q.relevant else None, with_index(q.text, vector))
        for q, vector in zip(queries, vectors, strict=True)
    ]
    return fitted, shown


def noisy(path: Path, embedder: Embedder) -> list[Asked]:
    """Cloud FAQ questions with noise, their pair in the index and left out."""
    generator = random.Random(1)
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    generator.shuffle(rows)
    drafts = [
        PairDraft("cloud", str(i), one_line(row["question"]), clean(row["answer"]))
        for i, row in enumerate(rows[:2500])
    ]
    with_index = index(drafts, embedder)
    asked = []
    texts = [noise(draft.question, generator) for draft in drafts[:1200]]
    for draft, text, vector in zip(drafts, texts, embedder.embed_queries(texts), strict=False):
        own, hits = fold(draft.answer), with_index(text, vector)
        asked.append(Asked(own, hits))
        asked.append(Asked(None, [c for c in hits if c.answer_key != own]))
    return asked


def noise(text: str, generator: random.Random) -> str:
    """A question as somebody in a hurry types it."""
    kind = generator.choice(["typos", "dropped", "keywords", "chat"])
    words = text.split()
    if kind == "typos":
        letters = list(text)
        for _ in range(max(1, len(letters) // 15)):
            i = generator.randrange(max(1, len(letters) - 1))
            letters[i : i + 2] = reversed(letters[i : i + 2])
        return "".join(letters)
    if kind == "dropped":
        return " ".join(w for w in words if generator.random() > 0.3) or text
    if kind == "keywords":
        return " ".join(w for w in words if w.strip("?").lower() not in STOP_WORDS) or text
    return f"hey team quick q: {text} thanks!"


def index(
    drafts: Sequence[PairDraft], embedder: Embedder
) -> Callable[[str, Matrix], list[Candidate]]:
    """Index pairs in a folder of their own; returns a function from a question to candidates."""
    store = Store.open("sqlite://")
    for start in range(0, len(drafts), 500):
        store.pairs.upsert(drafts[start : start + 500])
    folder = tempfile.TemporaryDirectory()
    collection = EdgeEngine(Path(folder.name)).create("pairs", embedder.model.dimension)
    catch_up(store.pairs, 0, embedder, collection)
    answers = {draft.id: fold(draft.answer) for draft in drafts}

    def candidates(text: str, vector: Matrix) -> list[Candidate]:
        _ = folder  # lives as long as this function
        return search(collection, answers, text, vector)

    return candidates


def search(
    collection: Collection, answers: dict[str, str], text: str, vector: Matrix
) -> list[Candidate]:
    """The candidates of all three retrievers."""
    lookups = [Lookup(r, vector, DEPTH) for r in (Retriever.QUESTION, Retriever.ANSWER)]
    if (terms := bm25.query(text)).indices:
        lookups.append(Lookup(Retriever.BM25, terms, DEPTH))
    found: dict[str, dict[Retriever, Hit]] = {}
    for lookup, hits in zip(lookups, collection.search(lookups, channel=None), strict=True):
        for hit in hits:
            found.setdefault(hit.pair_id, {}).setdefault(lookup.retriever, hit)
    scores = {
        pair: {retriever: hit.score for retriever, hit in hits.items()}
        for pair, hits in found.items()
    }
    return [
        Candidate(
            pair_id=pair,
            matched_text="",
            question=by.get(Retriever.QUESTION),
            answer=by.get(Retriever.ANSWER),
            bm25=by.get(Retriever.BM25),
            answer_key=answers[pair],
        )
        for pair, by in scores.items()
    ]


if __name__ == "__main__":
    main()
