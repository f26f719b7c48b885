"""One training run by Lightning: evaluated after every epoch, resumable, its best weights kept."""

import importlib.util
import json
import shutil
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.loggers import TensorBoardLogger

import train.finetune.compat  # noqa: F401
from index.errors import SettingsError
from index.model.manifest import SERVABLE
from index.model.served import load_servable
from train.data import Sample, Texts
from train.finetune.evaluator import DevelopmentEvaluator
from train.finetune.hyperparameters import Hyperparameters
from train.finetune.model import Encodings, FaqModel, make_head
from train.finetune.sampler import HardNegativeSampler, Ints

from quaterion import Quaterion  # isort: skip
from quaterion.dataset import PairsSimilarityDataLoader, SimilarityPairSample  # isort: skip

LAST = "last.ckpt"
_BEST = "best.pt"
_KEY = "run.json"

# With fewer wordings to measure on, the differences between epochs are chance.
MIN_MEASURED = 40


@dataclass(frozen=True)
class TrainingTask:
    """All that a training run needs.

    Attributes:
        key: Stands for the data, the settings and the starting point; a checkpoint of another task
            is not continued.
        parent: Folder of the model version to start from.
        depth: "head" or "full".
        samples: Pairs of texts; `pairs` says of what they were made.
        groups: A number for each pair, shared by those that are not each other's negatives.
        encodings: Of all texts, by the parent's encoder.
        devices: How many to train on, or which one; `processes` is how many that are.
        neighbourhood: Unit vectors of the pairs, shape (pairs, dimension).
        logs: Folder for what is kept: TensorBoard's curves, the log of child processes.
    """

    key: str
    parent: Path
    depth: str
    head: str
    hyperparameters: Hyperparameters
    samples: Sequence[Sample]
    groups: Ints
    neighbourhood: Any
    encodings: Encodings
    develop: Sequence[Texts]
    seed: int
    precision: str
    accelerator: str
    devices: int | list[int]
    processes: int
    tensorboard: bool
    folder: Path
    logs: Path


@dataclass(frozen=True)
class TrainingOutcome:
    """How a run went; see `train.finetune.fit.Fitted`."""

    curves: list[dict[str, float]]
    best_epoch: int


def run(task: TrainingTask, progress: Callable[[float], None]) -> TrainingOutcome:
    """Train, and write the best weights as a servable to `task.folder / "servable"`.

    A run that was killed goes on from its last checkpoint in the folder. With several devices
    Lightning starts this process's command once more for each: see `train.finetune.distributed`.

    Args:
        progress: Called with the share (0 to 1) of the steps that are done.

    Raises:
        TrainingFailed: The loss is no number any more.
        SettingsError: TensorBoard is wanted and not installed.
    """
    resumed = _prepare(task)
    with _process_state_restored():
        pl.seed_everything(task.seed, workers=True)
        loader = _loader(task)
        model = _model(task)
        evaluation = EpochEvaluation(task, progress)
        trainer = _trainer(task, evaluation)
        try:
            Quaterion.fit(model, trainer, loader, ckpt_path=str(resumed) if resumed else None)
        except SystemExit:
            # Lightning makes one of an interruption.
            if isinstance(evaluation.stopped_by, KeyboardInterrupt):
                raise evaluation.stopped_by from None
            raise
        finally:
            model.unwrap_cache()
        if trainer.is_global_zero:
            model.load_trained_weights(
                torch.load(task.folder / _BEST, map_location="cpu", weights_only=True)
            )
            servable = task.folder / SERVABLE
            shutil.rmtree(servable, ignore_errors=True)
            model.save_servable(str(servable))
    return TrainingOutcome(evaluation.curves, evaluation.best_epoch)


class EpochEvaluation(pl.Callback):
    """Evaluates the model after each epoch, keeps the best weights, and stops a run in time."""

    def __init__(self, task: TrainingTask, progress: Callable[[float], None]) -> None:
        self.curves: list[dict[str, float]] = []
        self.stopped_by: BaseException | None = None
        self._task = task
        self._progress = progress
        self._development = DevelopmentEvaluator(task.develop)
        self._losses: list[torch.Tensor] = []
        self._started = 0.0

    @property
    def best_epoch(self) -> int:
        """The epoch with the best development MRR; the last where too few pairs measure it."""
        if len(self._development.wordings) < MIN_MEASURED:
            return len(self.curves)
        mrr = [row["develop_mrr"] for row in self.curves]
        return 1 + mrr.index(max(mrr))

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._started = time.perf_counter()
        self._losses = []

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, *args: Any
    ) -> None:
        self._losses.append(outputs["loss"].detach())
        if trainer.is_global_zero:
            self._progress(min(1.0, trainer.global_step / trainer.estimated_stepping_batches))

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, FaqModel)
        loss = trainer.strategy.reduce(torch.stack(self._losses).mean(), reduce_op="mean")
        mrr, precision = 0.0, 0.0
        if self._development.wordings:
            with trainer.precision_plugin.forward_context():
                vectors = pl_module.embed(self._development.texts)
            mrr, precision = self._development.evaluate(vectors)
        row = {
            "epoch": float(len(self.curves) + 1),
            "train_loss": float(loss),
            "develop_mrr": mrr,
            "develop_precision_at_1": precision,
            "seconds": time.perf_counter() - self._started,
        }
        self.curves.append(row)
        if trainer.logger is not None:
            trainer.logger.log_metrics(
                {key: row[key] for key in ("develop_mrr", "develop_precision_at_1")},
                step=trainer.global_step,
            )
        if self.best_epoch == len(self.curves) and trainer.is_global_zero:
            scratch = self._task.folder / f"{_BEST}.new"
            torch.save(pl_module.trained_weights(), scratch)
            scratch.replace(self._task.folder / _BEST)
        if len(self.curves) - self.best_epoch >= self._task.hyperparameters.patience:
            trainer.should_stop = True

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        self.stopped_by = exception

    def state_dict(self) -> dict[str, Any]:
        return {"curves": self.curves}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.curves = list(state_dict["curves"])


def _prepare(task: TrainingTask) -> Path | None:
    """The checkpoint to go on from, if the folder has one of this very task."""
    task.folder.mkdir(parents=True, exist_ok=True)
    key = task.folder / _KEY
    last = task.folder / LAST
    try:
        same = json.loads(key.read_text("utf-8"))["key"] == task.key
    except (OSError, ValueError, KeyError, TypeError):
        same = False
    if same and last.is_file() and (task.folder / _BEST).is_file():
        return last
    for stale in (last, task.folder / _BEST):
        stale.unlink(missing_ok=True)
    key.write_text(json.dumps({"key": task.key}) + "\n", "utf-8")
    return None


@contextmanager
def _process_state_restored() -> Iterator[None]:
    """Restore what Lightning changes: signal handlers, and torch's rules of determinism."""
    main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT) if main else None
    strict = torch.get_deterministic_debug_mode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            torch.set_deterministic_debug_mode(strict)
            if main:
                signal.signal(signal.SIGINT, handler)


def _loader(task: TrainingTask) -> PairsSimilarityDataLoader:
    dataset = [
        SimilarityPairSample(s.first, s.second, subgroup=int(task.groups[s.pair]))
        for s in task.samples
    ]
    batches = HardNegativeSampler(
        task.samples,
        task.neighbourhood,
        batch_size=task.hyperparameters.batch_size,
        hard_share=task.hyperparameters.hard_share,
        passes=task.hyperparameters.passes,
        seed=task.seed,
        processes=task.processes,
    )
    return PairsSimilarityDataLoader(dataset, batch_sampler=batches)


def _model(task: TrainingTask) -> FaqModel:
    parent = load_servable(task.parent / SERVABLE)
    (encoder,) = parent.encoders.values()
    model = FaqModel(
        encoder,
        make_head(task.head, encoder.embedding_size),
        task.hyperparameters,
        encodings=task.encodings if task.depth == "head" else None,
    )
    model.train()  # what was loaded to be served has its dropout off
    return model


def _trainer(task: TrainingTask, evaluation: EpochEvaluation) -> pl.Trainer:
    logger: TensorBoardLogger | bool = False
    if task.tensorboard:
        if importlib.util.find_spec("tensorboard") is None:
            raise SettingsError(
                "[train] tensorboard is set, but TensorBoard is not installed: "
                "uv pip install -e '.[tensorboard]' -c constraints.txt, or take the key out"
            )
        logger = TensorBoardLogger(str(task.logs), name="tensorboard", version="")
    return pl.Trainer(
        accelerator=task.accelerator,
        devices=task.devices,
        strategy="auto",
        precision=task.precision,  # type: ignore[arg-type]
        max_epochs=task.hyperparameters.epochs,
        gradient_clip_val=task.hyperparameters.gradient_norm,
        # Our sampler deals its batches out to the processes itself.
        use_distributed_sampler=False,
        callbacks=[
            evaluation,
            # Always the same file, replaced after each epoch.
            ModelCheckpoint(task.folder, filename=Path(LAST).stem, enable_version_counter=False),
        ],
        logger=logger,
        log_every_n_steps=10,
        deterministic="warn",
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=str(task.folder),
    )
