"""Stand-ins for what takes long in a retrain; as a command, a retrain with them.

`python -m tests.train.stand_ins FITTED` does what `python -m train` does, but trains nothing: the
file says what came of the training.
"""

import os
import pickle
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from index.generations.setup import load_embedder
from index.jobs import child
from index.jobs.protocol import JobEnding, JobOrder
from index.model.embedder import Embedder
from index.model.served import ServedModel
from index.progress import Report
from index.settings import IndexSettings
from index.store import Store
from train import run
from train.finetune.fit import FitContext, Fitted
from train.promotion import candidate


def use_stand_ins(patch: pytest.MonkeyPatch, trained: Fitted, base: ServedModel) -> None:
    """Training, loading the base model and drawing have been done before."""

    def fit_at_once(data: Any, settings: Any, context: FitContext, **options: Any) -> Fitted:
        shutil.copytree(trained.servable, context.folder, copy_function=os.link)
        return replace(trained, servable=context.folder)

    def load_at_once(settings: IndexSettings, store: Store, version: str) -> Embedder:
        if version == "base":
            return Embedder(base, store.embeddings)
        return load_embedder(settings, store, version)

    def draw_nothing(folder: Path, *args: Any) -> dict[str, Path]:
        (folder / "nights.png").touch()
        return {"nights.png": folder / "nights.png"}

    patch.setattr(candidate, "fit", fit_at_once)
    patch.setattr(candidate, "load_embedder", load_at_once)
    patch.setattr(run.report, "draw", draw_nothing)


def _task(order: JobOrder, report: Report) -> JobEnding:
    trained = pickle.loads(Path(sys.argv[1]).read_bytes())
    base = ServedModel.load(order.index.models_dir, "base", "cpu")
    with pytest.MonkeyPatch.context() as patch:
        use_stand_ins(patch, trained, base)
        return run.retrain(order, report)


if __name__ == "__main__":
    sys.exit(child.run(_task))
