"""Fits the ranker that a fresh install starts with, and writes it to index/ranking/shipped.json.

Fitted on the pairs of two intent sets, of the cloud FAQ's training side and of the example FAQ,
all with the base model. The intent sets' own queries and the cloud
FAQ's validation side take no part. (What is shipped are some forty numbers and a curve, none of
the texts.)

    python benchmarks/shipped_ranker.py --data ../shared/data
"""

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from article import drafts_of, rows_of, sides

from index.evaluation.datasets import read_pairs
from index.generations.setup import load_embedder
from index.model.base import ensure_base_version
from index.model.embedder import Embedder
from index.ranking.features import FEATURES
from index.ranking.names import published
from index.ranking.ranker import SIGNALS, LearnedRanker
from index.ranking.ranker_file import SHIPPED, write_ranker
from index.settings import IndexSettings
from index.store import Store
from index.store.types import PairDraft
from train.data import pairs_of
from train.ranker.examples import MOST_QUESTIONS, Example, examples_for
from train.ranker.fit import fit_ranker
from train.ranker.simulated_search import SimulatedSearch

EXAMPLES = Path(__file__).parents[1] / "examples" / "helpdesk.jsonl"
# Nearly as many questions as the sets with several wordings have together, so that neither kind of
# FAQ prevails. (This and `WITHHELD` of `train.ranker.examples` were weighed on the rest of
# the training side.)
CLOUD_PAIRS = 3000
# More than for a team's own ranker: half of these questions are simulated, which is the easier
# half, and nothing is known of the FAQ it will meet.
OUTSIDE = 0.25


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    data = parser.parse_args().data
    if not (data / "clinc150").is_dir():
        sys.exit(f"{data} has no clinc150 folder: see its README for what belongs there")
    sets = {
        "clinc150": read_pairs(data / "clinc150" / "faq.jsonl"),
        "banking77": read_pairs(data / "banking77" / "faq.jsonl"),
        "cloud_faq": cloud(data / "cloud_faq.jsonl"),
        "helpdesk": read_pairs(EXAMPLES),
    }
    with tempfile.TemporaryDirectory() as folder:
        settings = IndexSettings(data_dir=Path(folder))
        ensure_base_version(settings.models_dir, settings.base_model)
        embedder = load_embedder(settings, Store.open("sqlite://"), "base")
        examples: list[Example] = []
        groups = 0
        for name, drafts in sets.items():
            print(f"{name} ...", file=sys.stderr)
            most = CLOUD_PAIRS if name == "cloud_faq" else MOST_QUESTIONS
            found = asked(drafts, embedder, most)
            own = [e for e in found if e.group >= 0]
            # Groups of different sets are different; a set counts by its questions, not its size.
            examples += [
                replace(e, group=e.group + groups if e.group >= 0 else e.group) for e in found
            ]
            groups += 1 + max(e.group for e in own)
    neutral = LearnedRanker((0.0,) * len(FEATURES), 0.0, (0.0,) * len(SIGNALS), 0.0)
    fit = fit_ranker(examples, neutral, outside=OUTSIDE)
    # Not the team's own questions: reports must not count them as such.
    write_ranker(SHIPPED, replace(fit.ranker, questions=0))
    print(
        json.dumps(
            {
                "questions": fit.questions,
                "weights": named(FEATURES, fit.ranker.weights),
                "none": fit.ranker.none,
                "signals": named(SIGNALS, fit.ranker.signal_weights),
                "calibration": fit.ranker.calibration.method,
                "threshold_90": fit.ranker.threshold(0.9),
                "threshold_95": fit.ranker.threshold(0.95),
            }
        )
    )


def cloud(path: Path) -> list[PairDraft]:
    """Pairs of the article's training side."""
    rows = rows_of(path)
    trained_on, _ = sides(rows)
    return drafts_of([rows[i] for i in trained_on[:CLOUD_PAIRS]])


def named(names: tuple[str, ...], weights: tuple[float, ...]) -> dict[str, float]:
    """Weights by the names that the file has them under."""
    return {published(name): weight for name, weight in zip(names, weights, strict=True)}


def asked(drafts: list[PairDraft], embedder: Embedder, most: int) -> list[Example]:
    """A set's questions with their candidates."""
    search = SimulatedSearch(pairs_of(drafts))
    vectors = embedder.embed(list(search.texts))
    return examples_for(search, search.pairs, embedder, vectors, most=most, simulated=True)


if __name__ == "__main__":
    main()
