"""Night after night: an FAQ that grows, retrained each night by the real steps on a real store.

Starts with some pairs, adds new ones each simulated night, and runs what `faqbot retrain` runs.
Shows the held-out quality by night (of the untrained base model, of the model that was live, of
the one trained that night), the share of each night that went into encoding new texts, and the
time per night against a retrain of the last night's data from nothing.

    python benchmarks/nights.py --data ../shared/data/cloud_faq.jsonl --nights 10 --depth head
"""

import argparse
import json
import random
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from article import rows_of

from index.errors import FaqbotError
from index.generations.live import Live
from index.generations.setup import initialise, live_generation, load_embedder, open_engine
from index.jobs.protocol import JobEnding, JobOrder
from index.jobs.results import RetrainResult
from index.model.embedder import Embedder
from index.settings import IndexSettings
from index.store import Store
from index.store.leases import Claim
from index.store.types import JobKind, PairDraft
from index.text import clean, one_line
from train.data import take_snapshot
from train.promotion.compare import MOST_QUESTIONS, Model
from train.ranker.simulated_search import SimulatedSearch
from train.run import retrain

ME = "benchmark"


@dataclass(frozen=True)
class Grown:
    """New pairs on their way into the live index.

    Attributes:
        encode_seconds: For encoding their texts; `index_seconds` for all the rest.
    """

    encode_seconds: float
    index_seconds: float


class Faqbot:
    """A bot's store, model and index in a folder of its own, without Slack."""

    def __init__(self, folder: Path) -> None:
        self.settings = IndexSettings(data_dir=folder)
        self.store = Store.open(self.settings.store_url)
        initialise(self.settings, self.store, open_engine(self.settings))

    def add(self, drafts: list[PairDraft]) -> Grown:
        """Import pairs, and bring them to the live index as the running bot would."""
        started = time.perf_counter()
        for start in range(0, len(drafts), 500):
            self.store.pairs.upsert(drafts[start : start + 500])
        snapshot = take_snapshot(self.store)
        version = live_generation(self.store).model_version
        embedder = load_embedder(self.settings, self.store, version)
        encoding = time.perf_counter()
        embedder.encodings(list(SimulatedSearch(snapshot.pairs).texts))
        encoded = time.perf_counter() - encoding
        with closing(Live.open(self.settings, self.store, open_engine(self.settings))) as live:
            live.catch_up()
        return Grown(encoded, time.perf_counter() - started - encoded)

    def retrain(self, **arguments: Any) -> tuple[JobEnding, float]:
        """One run; how it ended and how many seconds it took."""
        job = self.store.jobs.begin(JobKind.RETRAIN, ME, arguments=arguments)
        order = JobOrder(Claim(job.id, ME), JobKind.RETRAIN, arguments, self.settings, None)
        started = time.perf_counter()
        told = ""

        def report(share: float, what: str) -> None:
            nonlocal told
            self.store.jobs.renew(order.claim, share, what)
            if (step := what.partition(",")[0]) != told:
                told = step
                print(f"    {share:4.0%} {step}", file=sys.stderr)

        ending = retrain(order, report)
        seconds = time.perf_counter() - started
        result = ending.result.to_json()
        self.store.jobs.finish(job.id, ending.state, result, ending.detail, owner=ME)
        return ending, seconds

    def held_out(self, version: str) -> dict[str, float]:
        """Quality of a model version on the held-out questions there are now."""
        snapshot = take_snapshot(self.store)
        search = SimulatedSearch(snapshot.pairs)
        embedder: Embedder = load_embedder(self.settings, self.store, version)
        vectors = embedder.embed(list(search.texts))
        row = {text: i for i, text in enumerate(search.texts)}
        questions = search.questions(snapshot.held_out, MOST_QUESTIONS)
        own = vectors[[row[question.text] for question in questions]]
        # As a retrain compares models, so the figures of a night can be put side by side.
        model = Model.on_equal_terms(search, snapshot.develop, embedder, vectors)
        ranks = search.ranks(questions, own, vectors, model.ranker)
        return {
            "precision_at_1": round(float((ranks == 1).mean()), 4),
            "mrr": round(float((1 / ranks).mean()), 4),
        }

    def close(self) -> None:
        self.store.close()


@dataclass(frozen=True)
class Night:
    """What one night came to."""

    pairs: int
    promoted: bool
    base: dict[str, float]
    live: dict[str, float]
    trained: dict[str, float]
    seconds: float
    encode_seconds: float
    train_seconds: float


def main() -> None:
    options = arguments()
    drafts = cloud_faq(options.data)
    random.Random(options.seed).shuffle(drafts)
    last = options.start + options.nights * options.new
    if last > len(drafts):
        sys.exit(f"{options.data} has {len(drafts)} pairs, {last} are asked for; lower --nights")
    with tempfile.TemporaryDirectory(prefix="faqbot-nights-") as folder:
        nights = []
        with closing(Faqbot(Path(folder) / "growing")) as bot:
            for number in range(options.nights + 1):
                begin = options.start + (number - 1) * options.new if number else 0
                end = options.start + number * options.new
                print(f"night {number}: {end - begin} new pairs", file=sys.stderr)
                nights.append(one_night(bot, drafts[begin:end], options.depth))
        print(f"from nothing: {last} pairs", file=sys.stderr)
        with closing(Faqbot(Path(folder) / "fresh")) as bot:
            nothing = one_night(bot, drafts[:last], options.depth)
    after = nights[1:]
    each = sum(night.seconds for night in after) / len(after)
    print(
        json.dumps(
            {
                "depth": options.depth,
                "nights": [asdict(night) for night in nights],
                "seconds_per_night": round(each, 1),
                "share_on_new_texts": round(
                    sum(n.encode_seconds for n in after) / sum(n.seconds for n in after), 4
                ),
                "seconds_from_nothing": nothing.seconds,
                "times_faster": round(nothing.seconds / each, 2),
                "from_nothing": asdict(nothing),
            }
        )
    )


def one_night(bot: Faqbot, drafts: list[PairDraft], depth: str) -> Night:
    """Add pairs, retrain, and measure."""
    grown = bot.add(drafts)
    ending, seconds = bot.retrain(depth=depth)
    print(f"  {ending.detail} ({seconds:.0f} s)", file=sys.stderr)
    result = RetrainResult.from_json(ending.result.to_json())
    if result.skipped:
        raise FaqbotError(ending.detail)
    assert result.precision_at_1
    assert result.mrr
    assert result.seconds
    return Night(
        pairs=len(take_snapshot(bot.store).pairs),
        promoted=result.promoted,
        base=bot.held_out("base"),
        live={"precision_at_1": result.precision_at_1.live, "mrr": result.mrr.live},
        trained={"precision_at_1": result.precision_at_1.candidate, "mrr": result.mrr.candidate},
        seconds=round(grown.encode_seconds + grown.index_seconds + seconds, 1),
        encode_seconds=round(grown.encode_seconds, 1),
        train_seconds=result.seconds["training"],
    )


def cloud_faq(path: Path) -> list[PairDraft]:
    """The cloud FAQ's rows as pairs; the page's name is the topic."""
    return [
        PairDraft(
            row["source"],
            str(i),
            one_line(row["question"]),
            clean(row["answer"]),
            topic=row["filename"],
        )
        for i, row in enumerate(rows_of(path))
    ]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="Example: python benchmarks/nights.py --data cloud_faq.jsonl --nights 3",
    )
    parser.add_argument("--data", type=Path, required=True, help="cloud_faq.jsonl")
    parser.add_argument("--start", type=int, default=5000, help="pairs before the first night")
    parser.add_argument("--new", type=int, default=250, help="new pairs each night")
    parser.add_argument("--nights", type=int, default=10)
    parser.add_argument("--depth", choices=["head", "full"], default="head")
    parser.add_argument("--seed", type=int, default=1, help="of the order of the pairs")
    options = parser.parse_args()
    if min(options.start, options.new, options.nights) < 1:
        parser.error("--start, --new and --nights are at least 1")
    return options


if __name__ == "__main__":
    try:
        main()
    except FaqbotError as error:
        sys.exit(f"{error}")
