"""`python -m train.ranker`: a ranker fitted on the pairs of a file alone.

    stdin   one JSON object: {"pairs": path of JSONL, "index": index settings, "model": version,
            "ranker": path to write}
    stderr  what is going on, and where it fails one line that says why
    exit    0 where the ranker is written, 1 where it is not

`faqbot evaluate --fit` starts it: no query is known here, so none can have been fitted on. The base
model has seen no pairs. A trained one may have been trained on some of those in the file; what it
says of them is too good, and the confidence that is fitted to it is too high then. For an honest
figure give such a model pairs that it does not know.
"""

import json
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from index.errors import FaqbotError
from index.evaluation.datasets import read_pairs
from index.generations.setup import load_embedder
from index.ranking.ranker_file import shipped, write_ranker
from index.settings import IndexSettings
from index.store import Store
from index.text import counted
from train.data import pairs_of
from train.ranker.examples import examples_for
from train.ranker.fit import MIN_ANSWERS, MIN_QUESTIONS, Fit, fit_ranker
from train.ranker.simulated_search import SimulatedSearch


def main() -> int:
    try:
        order = json.loads(sys.stdin.buffer.read())
        pairs, version, ranker = Path(order["pairs"]), str(order["model"]), Path(order["ranker"])
        index = IndexSettings(**order["index"])
    except (ValueError, KeyError, TypeError):
        return _failed("this command is started by faqbot itself: its order cannot be read")
    try:
        fit = _fit(pairs, index, version)
        write_ranker(ranker, fit.ranker)
    except (FaqbotError, OSError) as error:
        return _failed(str(error))
    if fit.fitted:
        _say(f"fitted on {counted(fit.questions, 'question')}")
    else:
        _say(
            f"{fit.questions} questions of answers with several wordings: {MIN_QUESTIONS} are "
            f"needed, of {MIN_ANSWERS} answers; the shipped constants stay"
        )
    return 0


def _fit(path: Path, index: IndexSettings, version: str) -> Fit:
    drafts = read_pairs(path)
    with closing(Store(index.store_url)) as store:
        store.require_schema()
        embedder = load_embedder(index, store, version)
        search = SimulatedSearch(pairs_of(drafts))
        _say(f"embedding {counted(len(search.texts), 'text')}")
        vectors = embedder.embed(search.texts)
        _say("fitting")
        return fit_ranker(examples_for(search, search.pairs, embedder, vectors), shipped())


def _failed(why: Any) -> int:
    _say(" ".join(str(why).split()))
    return 1


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
