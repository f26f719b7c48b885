"""A new topic: answerable at once with no retrain, better after one; a classifier cannot do that.

Holds one provider of the cloud FAQ out and trains on the rest. Then its pairs are added, and its
held-out questions are asked: reworded (with typos, words left out, chatter), as a wording that is
not stored, and against the answers only. At first by the model that has never seen the provider,
then after one retrain (by the trained model also where it does not go live: over the whole FAQ a
small topic may change too little to be proven). Every answer of the whole FAQ is a candidate.

Beside it a classifier: logistic regression on the same embeddings, one class for each answer. It
cannot name the new answers until it is trained again with them as classes. It is given an easier
task: of the other providers only some pairs are classes.

    python benchmarks/new_topic.py --data ../shared/data/cloud_faq.jsonl --topic ibm
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from nights import Faqbot, cloud_faq
from sklearn.linear_model import LogisticRegression

from index.engines.points import answer_text
from index.errors import FaqbotError
from index.generations.setup import live_generation, load_embedder
from index.jobs.protocol import JobOrder
from index.jobs.results import RetrainResult
from index.model.embedder import Embedder
from index.model.served import ServedModel
from index.ranking.ranker import LearnedRanker
from index.ranking.ranker_file import read_ranker
from index.store.leases import Claim
from index.store.sides import side
from index.store.types import JobKind, Pair, PairDraft
from index.text import fold
from train.data import take_snapshot
from train.promotion.candidate import train_candidate
from train.promotion.context import RetrainRun, Steps
from train.ranker.augmentation import augmented
from train.ranker.simulated_search import SimulatedQuestion, SimulatedSearch, View
from train.run import settings_for


def main() -> None:
    options = arguments()
    drafts = cloud_faq(options.data)
    counts = Counter(draft.source for draft in drafts)
    if options.topic not in counts:
        sys.exit(f"{options.data} has no source {options.topic!r}; it has {dict(counts)}")
    if options.rest:
        others = [draft for draft in drafts if draft.source != options.topic]
        chosen = set(random.Random(options.seed).sample(range(len(others)), options.rest))
        others = [draft for i, draft in enumerate(others) if i in chosen]
        drafts = [*others, *(draft for draft in drafts if draft.source == options.topic)]
    topic = [draft for draft in drafts if draft.source == options.topic]
    rest = [draft for draft in drafts if draft.source != options.topic]
    with (
        tempfile.TemporaryDirectory(prefix="faqbot-topic-") as folder,
        closing(Faqbot(Path(folder) / "data")) as bot,
    ):
        print(f"{len(rest)} pairs without {options.topic}: training", file=sys.stderr)
        bot.add(rest)
        first, _ = bot.retrain(depth=options.depth)
        print(f"  {first.detail}", file=sys.stderr)
        print(f"adding {len(topic)} pairs of {options.topic}", file=sys.stderr)
        started = time.perf_counter()
        bot.add(topic)
        added = time.perf_counter() - started
        at_once = measured(bot, topic, live_model(bot), live_ranker(bot))
        print(f"  at once: {at_once}", file=sys.stderr)
        second, seconds = bot.retrain(depth=options.depth)
        print(f"  {second.detail}", file=sys.stderr)
        promoted = RetrainResult.from_json(second.result.to_json()).promoted
        if promoted:
            after = measured(bot, topic, live_model(bot), live_ranker(bot))
        else:
            after = measured(bot, topic, *refused_model(bot, options.depth))
        print(f"  after a retrain: {after}", file=sys.stderr)
        classes = random.Random(options.seed).sample(rest, min(options.classes, len(rest)))
        classifier = classified(bot, classes, topic)
    print(
        json.dumps(
            {
                "topic": options.topic,
                "pairs": len(topic),
                "pairs_of_others": len(rest),
                "depth": options.depth,
                "seconds_until_answerable": round(added, 1),
                "at_once": at_once,
                "after_retrain": after,
                "retrain_promoted": promoted,
                "retrain_seconds": round(seconds, 1),
                "classifier": classifier,
            }
        )
    )


def live_model(bot: Faqbot) -> Embedder:
    return load_embedder(bot.settings, bot.store, live_generation(bot.store).model_version)


def live_ranker(bot: Faqbot) -> LearnedRanker:
    return read_ranker(bot.settings.models_dir / live_generation(bot.store).model_version)


def refused_model(bot: Faqbot, depth: str) -> tuple[Embedder, LearnedRanker]:
    """What the last retrain trained, which did not go live: trained once more, to be measured."""
    order = JobOrder(Claim(0, ""), JobKind.RETRAIN, {"depth": depth}, bot.settings, None)
    run = RetrainRun(
        order,
        settings_for(order),
        bot.store,
        take_snapshot(bot.store),
        live_generation(bot.store),
        "refused",
        Steps(lambda share, what: None),
    )
    run.scratch.mkdir(parents=True)
    candidate = train_candidate(run)
    served = ServedModel.load(candidate.models_dir, candidate.version, bot.settings.device)
    return Embedder(served, bot.store.embeddings), candidate.fit.ranker


def measured(
    bot: Faqbot, topic: list[PairDraft], embedder: Embedder, ranker: LearnedRanker
) -> dict[str, float]:
    """A model's precision@1 and MRR on the topic's held-out pairs, among all answers."""
    search = SimulatedSearch(take_snapshot(bot.store).pairs)
    vectors = embedder.embed(list(search.texts))
    pairs = [search.pairs[search.position[draft.id]] for draft in topic if held_out(draft)]
    unseen = [
        SimulatedQuestion(pair.question, search.position[pair.id], unseen=True) for pair in pairs
    ]
    reworded = [SimulatedQuestion(augmented(q.text), q.pair, unseen=False) for q in unseen]
    stored = embedder.embed([question.text for question in unseen])
    new = embedder.embed_queries([question.text for question in reworded])
    found = {
        "reworded_question": search.ranks(reworded, new, vectors, ranker, View.BOT),
        "unseen_wording": search.ranks(unseen, stored, vectors, ranker, View.BOT),
        "question_to_answer": search.ranks(unseen, stored, vectors, ranker, View.TO_ANSWERS),
    }
    figures: dict[str, float] = {"questions": len(unseen)}
    for name, ranks in found.items():
        figures[f"{name}_precision_at_1"] = round(float((ranks == 1).mean()), 4)
        figures[f"{name}_mrr"] = round(float((1 / ranks).mean()), 4)
    return figures


def classified(bot: Faqbot, others: list[PairDraft], topic: list[PairDraft]) -> dict[str, Any]:
    """The classifier's precision@1 on the same reworded questions, before and after retraining."""
    embedder = load_embedder(bot.settings, bot.store, "base")
    stored = bot.store.pairs.get([draft.id for draft in (*others, *topic)])
    asked = [stored[draft.id] for draft in topic if held_out(draft)]
    questions = embedder.embed_queries([augmented(pair.question) for pair in asked])
    right = [fold(pair.answer) for pair in asked]
    result: dict[str, Any] = {"classes_of_others": len({fold(d.answer) for d in others})}
    for name, drafts in (("before", others), ("after_retraining", [*others, *topic])):
        pairs = [stored[draft.id] for draft in drafts]
        print(f"  classifier {name}: {len(pairs)} pairs", file=sys.stderr)
        vectors = embedder.embed(texts_of(pairs))
        labels = [fold(pair.answer) for pair in pairs for _ in range(2)]
        started = time.perf_counter()
        model = LogisticRegression(C=100.0, max_iter=60).fit(vectors, labels)
        seconds = time.perf_counter() - started
        hits = np.array(model.predict(questions)) == np.array(right)
        result[name] = {
            "precision_at_1": round(float(hits.mean()), 4),
            "train_seconds": round(seconds, 1),
            "classes": len(set(labels)),
        }
    return result


def texts_of(pairs: list[Pair]) -> list[str]:
    """Two examples of each class: its question and its answer."""
    return [text for pair in pairs for text in (pair.question, answer_text(pair))]


def held_out(draft: PairDraft) -> bool:
    return side(draft.id) == "held_out"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="Example: python benchmarks/new_topic.py --data cloud_faq.jsonl --topic hetzner",
    )
    parser.add_argument("--data", type=Path, required=True, help="cloud_faq.jsonl")
    parser.add_argument("--topic", default="ibm", help="the source that is held out")
    parser.add_argument("--depth", choices=["head", "full"], default="head")
    parser.add_argument("--rest", type=int, help="pairs of the others; default: all")
    parser.add_argument(
        "--classes", type=int, default=1000, help="pairs of the others the classifier knows"
    )
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except FaqbotError as error:
        sys.exit(f"{error}")
