"""The article's experiment: fine-tunes on the cloud FAQ's training side, tests on the other.

The split is the article's (scikit-learn's, stratified by provider, seed 42): 6,373 pairs to train
on, one in fifty of them kept for early stopping, and 2,125 to test on. Training is what the
nightly job runs. "evaluator_..." are the article's figures (Quaterion's Evaluator: questions and
answers in one pool, asked both ways); "answer_precision_at_1" is for a question among the answers.
Under "with_topic" the same with the page's name before each answer, as the index has it.

    python benchmarks/cloud_faq.py --data ../shared/data/cloud_faq.jsonl --depth head
"""

import argparse
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from quaterion_models import SimilarityModel
from quaterion_models.encoders import Encoder
from sklearn.model_selection import train_test_split

import train.finetune.compat  # noqa: F401
from index.errors import FaqbotError
from index.model.base import BASE_VERSION, ensure_base_version
from index.model.embedder import Embedder
from index.model.manifest import SERVABLE
from index.model.served import ServedModel, load_head
from index.model.versions import Provenance, write_version
from index.store import Store
from index.store.types import Pair, Status, pair_id
from train.data import Split, Texts, texts_of_pairs
from train.finetune.fit import FitContext, Fitted, fit
from train.finetune.model import Encodings
from train.settings import TrainSettings

from quaterion.dataset import SimilarityPairSample  # isort: skip
from quaterion.eval.evaluator import Evaluator  # isort: skip
from quaterion.eval.pair import RetrievalPrecision, RetrievalReciprocalRank  # isort: skip
from quaterion.eval.samplers.pair_sampler import PairSampler  # isort: skip

BASE_MODEL = "all-MiniLM-L6-v2"
# One in so many training pairs says when to stop.
DEVELOP = 50
KEYS = ("source", "filename", "question", "answer")
# Parts of the pages' file names that say nothing of the topic.
NO_TOPIC = {"faq", "faqs", "qa", "docs", "general", "overview", "what", "is", "hl", "id", "view"}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="cloud_faq.jsonl")
    parser.add_argument("--depth", choices=["head", "full"], default="head")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    try:
        result = experiment(read(options.data), options.depth, options.seed)
    except FaqbotError as error:
        sys.exit(f"{error}")
    print(json.dumps(result))


def read(path: Path) -> list[dict[str, str]]:
    """The rows of the data set.

    Raises:
        FaqbotError: The file is missing, or is another one.
    """
    try:
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    except OSError:
        raise FaqbotError(
            f"{path} cannot be read; it is github.com/qdrant/dataset-cloud-platform-faq's file"
        ) from None
    except ValueError as error:
        raise FaqbotError(f"{path} is no JSON Lines file: {error}") from None
    if not rows or not all(isinstance(row, dict) and set(KEYS) <= row.keys() for row in rows):
        raise FaqbotError(f"{path} is not the cloud FAQ: each row needs {', '.join(KEYS)}")
    return rows


def experiment(rows: Sequence[dict[str, str]], depth: str, seed: int) -> dict[str, Any]:
    """All figures, before and after training."""
    try:
        trained_on, tested_on = train_test_split(
            [_pair(i, row) for i, row in enumerate(rows)],
            stratify=[row["source"] for row in rows],
            random_state=42,
        )
    except ValueError as error:
        raise FaqbotError(f"too few rows for the article's split: {error}") from None
    split = Split(
        train=[pair for i, pair in enumerate(trained_on) if i % DEVELOP],
        develop=trained_on[::DEVELOP],
    )
    settings = TrainSettings(depth=depth, seed=seed)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory(prefix="faqbot-cloud-") as scratch:
        folder = Path(scratch)
        models = folder / "models"
        ensure_base_version(models, BASE_MODEL)
        store = Store.open(f"sqlite:///{folder / 'faqbot.db'}")
        result: dict[str, Any] = {}
        for name, with_topic in (("", False), ("with_topic", True)):
            tested = texts_of_pairs(tested_on, with_topic=with_topic)
            figures: dict[str, Any] = {"baseline": measure(store, models, BASE_VERSION, tested)}
            fitted = fit(
                split,
                settings,
                FitContext(models, BASE_VERSION, store.embeddings, folder / f"run-{name}"),
                progress=show(name or "without topic"),
                with_topic=with_topic,
            )
            version = f"trained-{name}"
            _keep(models, version, fitted)
            figures["trained"] = measure(store, models, version, tested) | {
                "train_seconds": round(fitted.train_seconds, 1),
                "encode_seconds": round(fitted.encode_seconds, 1),
            }
            print(f"{name or 'without topic'}: {figures}", file=sys.stderr)
            result |= {name: figures} if name else figures
        store.close()
    return {"depth": depth, "seed": seed, "tested_on": len(tested_on)} | result


def measure(store: Store, models: Path, version: str, pairs: Sequence[Texts]) -> dict[str, float]:
    """A model version's figures on pairs, by Quaterion's Evaluator."""
    served = ServedModel.load(models, version)
    print(f"measuring {version} ...", file=sys.stderr)
    texts = list(dict.fromkeys(text for pair in pairs for text in (pair.wordings[0], pair.answer)))
    encodings = Encodings(texts, Embedder(served, store.embeddings).encodings(texts))
    head = load_head(models / version / SERVABLE)
    model = SimilarityModel(encoders=Known(encodings), head=head)
    samples = [SimilarityPairSample(pair.wordings[0], pair.answer) for pair in pairs]
    pooled = Evaluator(
        {"precision": RetrievalPrecision(k=1), "mrr": RetrievalReciprocalRank()},
        _sampler(samples, distinguish=False),
    ).evaluate(samples, model)
    answers = Evaluator(
        {"precision": RetrievalPrecision(k=1)}, _sampler(samples, distinguish=True)
    ).evaluate(samples, model)
    return {
        "evaluator_precision_at_1": round(float(pooled["precision"]), 4),
        "evaluator_mrr": round(float(pooled["mrr"]), 4),
        "answer_precision_at_1": round(float(answers["precision"]), 4),
    }


def _sampler(samples: Sequence[SimilarityPairSample], *, distinguish: bool) -> PairSampler:
    # All in one batch: with several, it takes questions for answers (distinguish=True).
    return PairSampler(
        distinguish=distinguish, encode_batch_size=2 * len(samples), log_progress=False
    )


class Known(Encoder):  # type: ignore[misc]
    """An encoder that looks texts up: the Evaluator's own way takes minutes."""

    def __init__(self, encodings: Encodings) -> None:
        super().__init__()
        self._encodings = encodings

    @property
    def trainable(self) -> bool:
        return False

    @property
    def embedding_size(self) -> int:
        return int(self._encodings.vectors.shape[1])

    def get_collate_fn(self) -> Callable[[list[str]], torch.Tensor]:
        return lambda texts: torch.from_numpy(self._encodings.of(texts))

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        return batch


def _keep(models: Path, version: str, fitted: Fitted) -> None:
    write_version(
        models,
        version,
        lambda folder: shutil.copytree(fitted.servable, folder),
        Provenance(
            base_encoder=BASE_MODEL,
            dimension=ServedModel.load(models, BASE_VERSION, "cpu").dimension,
            parent=BASE_VERSION,
        ),
    )


def show(name: str) -> Callable[[str, float], None]:
    """Progress on standard error, in steps of 10 %."""
    shown: dict[str, int] = {}

    def progress(what: str, share: float) -> None:
        step = int(share * 10)
        if step > shown.get(what, -1):
            shown[what] = step
            print(f"{name}: {what} {step * 10} %", file=sys.stderr)

    return progress


def _pair(number: int, row: dict[str, str]) -> Pair:
    name = str(number)
    now = datetime.now(UTC)
    return Pair(
        id=pair_id("cloud_faq", name),
        source="cloud_faq",
        external_id=name,
        question=row["question"],
        answer=row["answer"],
        phrasings=(),
        topic=_topic(row["filename"]),
        url=None,
        tags=(),
        audience=(),
        status=Status.ACTIVE,
        author=None,
        created_at=now,
        updated_at=now,
        revision=1,
    )


def _topic(filename: str | None) -> str | None:
    words = re.split(r"[\W_]+", (filename or "").lower())
    return " ".join(dict.fromkeys(w for w in words if w and w not in NO_TOPIC)) or None


if __name__ == "__main__":
    main()
