"""Fine-tuning a model version on pairs, by similarity learning with Quaterion.

The encoder's outputs come from the store's embedding cache, so a nightly run encodes only what
is new; depth head then trains a small layer on them, depth full the encoder itself.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from pydantic import SecretStr

from index.model.base import BASE_VERSION
from index.model.embedder import Embedder
from index.model.manifest import SERVABLE
from index.model.served import ServedModel, pick_device
from index.store.embeddings import Embeddings
from index.text import text_hash
from index.vectors import Matrix
from train.data import Sides, Texts, samples_of, texts_of_pairs
from train.errors import TrainingFailed
from train.finetune.distributed import run_in_child
from train.finetune.hyperparameters import hyperparameters_for
from train.finetune.model import Encodings
from train.finetune.sampler import false_negative_groups
from train.finetune.trainer import TrainingOutcome, TrainingTask, run
from train.settings import TrainSettings

Progress = Callable[[str, float], None]

# Fewer teach a model nothing that holds for the next question.
MIN_PAIRS = 20
# From here on the encoder is worth training, where an accelerator makes it a matter of minutes.
MIN_PAIRS_FULL = 500
# Development pairs that are evaluated after each epoch; more would change no decision.
MAX_DEVELOP = 1000
# A batch that must be smaller than this to fit leaves too few negatives to learn from.
MIN_BATCH = 8


@dataclass(frozen=True)
class Fitted:
    """A trained model and how it came about.

    Attributes:
        servable: Folder with the trained model, for `index.model.versions.write_version`.
        depth: "head" or "full".
        head: Name of the trained head; "none" for depth full.
        curves: One row for each epoch: `epoch` (from 1), `train_loss`, `develop_mrr`,
            `develop_precision_at_1`, `seconds`. (An epoch is not always one pass over the samples:
            see `train.finetune.hyperparameters`.)
        best_epoch: The epoch whose weights were kept.
        encode_seconds: For reading and encoding the texts.
        train_seconds: For all the rest.
        texts: How many different texts were embedded for training.
        texts_encoded: How many of them the embedding cache did not have yet.
        notes: What an operator should know, one line each.
    """

    servable: Path
    depth: str
    head: str
    batch_size: int
    curves: list[dict[str, float]]
    best_epoch: int
    encode_seconds: float
    train_seconds: float
    texts: int
    texts_encoded: int
    notes: list[str]


@dataclass(frozen=True)
class FitContext:
    """Where a training run finds the model it starts from, and where it works.

    Attributes:
        parent: The model version whose encoder depth head puts a fresh head on; the encoder
            stays as it is, bit by bit. Depth full always starts from the base version.
        cache: The store's embeddings; None encodes all anew.
        folder: The run's own folder: checkpoints, and the servable in the end.
        logs: Where curves for TensorBoard and the log of further processes go; None: to `folder`.
        device: As in `IndexSettings`: "auto" or a torch device.
        key: Must have signed the parent; None takes any.
    """

    models_dir: Path
    parent: str
    cache: Embeddings | None
    folder: Path
    logs: Path | None = None
    device: str = "auto"
    key: SecretStr | None = None


def fit(
    data: Sides,
    settings: TrainSettings,
    context: FitContext,
    *,
    progress: Progress = lambda what, share: None,
    with_topic: bool = True,
) -> Fitted:
    """Train a model on the training side; the development side decides when it is best.

    Equal data, settings and parent give equal weights on the same hardware. A run that was killed
    goes on from its last checkpoint when it is repeated with the same folder.

    Args:
        data: A `Snapshot` or a `Split`.
        progress: Called with what is being done ("encoding", "training") and the share (0 to 1)
            of it that is done. What it raises ends the run.
        with_topic: Whether answers are embedded as in the index; False leaves them as written.

    Raises:
        TrainingFailed: There are too few pairs, nothing can be learned from them, the loss is no
            number any more, or even small batches do not fit into the memory.
        ModelError: The parent is missing, damaged or not trusted.
        SettingsError: A setting asks for what is not there.
    """
    pairs = texts_of_pairs(data.train, with_topic=with_topic)
    develop = texts_of_pairs(data.develop[:MAX_DEVELOP], with_topic=with_topic)
    _check(pairs)
    device = pick_device(context.device)
    settings = settings.model_copy(update={"depth": _depth(settings, device, len(pairs))})
    if settings.depth == "full":
        # Trained on night after night, an encoder would drift away from what it knew at first.
        context = replace(context, parent=BASE_VERSION)
    notes: list[str] = []

    started = time.perf_counter()
    encodings, encoded = _encodings([*pairs, *develop], context, progress)
    encode_seconds = time.perf_counter() - started

    started = time.perf_counter()
    task = _plan(pairs, develop, encodings, settings, device, context)
    task, outcome = _until_it_fits(task, notes, lambda share: progress("training", share))
    return Fitted(
        servable=context.folder / SERVABLE,
        depth=task.depth,
        head=task.head,
        batch_size=task.hyperparameters.batch_size,
        curves=outcome.curves,
        best_epoch=outcome.best_epoch,
        encode_seconds=encode_seconds,
        train_seconds=time.perf_counter() - started,
        texts=len(encodings.vectors),
        texts_encoded=encoded,
        notes=notes,
    )


def _check(pairs: Sequence[Texts]) -> None:
    if len(pairs) < MIN_PAIRS:
        raise TrainingFailed(
            f"too few pairs to train on: {len(pairs)} on the training side, at least {MIN_PAIRS} "
            "are needed; add or import more pairs (seven in ten of them are trained on)"
        )


def _depth(settings: TrainSettings, device: torch.device, pairs: int) -> Literal["head", "full"]:
    if settings.depth != "auto":
        return settings.depth
    return "full" if device.type != "cpu" and pairs >= MIN_PAIRS_FULL else "head"


def _encodings(
    pairs: Sequence[Texts], context: FitContext, progress: Progress
) -> tuple[Encodings, int]:
    """The parent's encodings of all texts, and how many had to be encoded for that."""
    texts = list(dict.fromkeys(text for pair in pairs for text in (*pair.wordings, pair.answer)))
    served = ServedModel.load(context.models_dir, context.parent, context.device, key=context.key)
    known: set[bytes] = set()
    if context.cache is not None:
        known = context.cache.known(served.manifest.encoder_id, [text_hash(text) for text in texts])
    done = 0

    def report(more: int) -> None:
        nonlocal done
        done += more
        progress("encoding", done / len(texts))

    vectors = Embedder(served, context.cache).encodings(texts, report)
    return Encodings(texts, vectors), len(texts) - len(known)


def _plan(
    pairs: Sequence[Texts],
    develop: Sequence[Texts],
    encodings: Encodings,
    settings: TrainSettings,
    device: torch.device,
    context: FitContext,
) -> TrainingTask:
    """All that the training needs to know.

    Args:
        settings: With the depth decided.
    """
    depth = settings.depth
    samples = samples_of(pairs)
    hyperparameters = hyperparameters_for(depth, len(samples), settings.batch_size)
    questions = _unit(encodings.of([pair.wordings[0] for pair in pairs]))
    answers = _unit(encodings.of([pair.answer for pair in pairs]))
    groups = false_negative_groups(pairs, questions, answers, hyperparameters.duplicate_cosine)
    if len(np.unique(groups)) < 2:
        raise TrainingFailed(
            "nothing to learn: the training pairs all have the same answer, or nearly so"
        )
    head = settings.head if depth == "head" else "none"
    devices, processes = _devices(settings, device)
    digest = hashlib.sha256(encodings.vectors.tobytes())
    for part in (
        pairs,
        develop,
        hyperparameters,
        depth,
        head,
        settings.seed,
        context.parent,
        processes,
    ):
        digest.update(repr(part).encode())
    return TrainingTask(
        key=digest.hexdigest(),
        parent=context.models_dir / context.parent,
        depth=depth,
        head=head,
        hyperparameters=hyperparameters,
        samples=samples,
        groups=groups,
        neighbourhood=_unit(questions + answers),
        encodings=encodings,
        develop=develop,
        seed=settings.seed,
        precision=_precision(settings, device),
        accelerator=device.type,
        devices=devices,
        processes=processes,
        tensorboard=settings.tensorboard,
        folder=context.folder,
        logs=context.logs or context.folder,
    )


def _devices(settings: TrainSettings, device: torch.device) -> tuple[int | list[int], int]:
    """What Lightning is to train on, and how many processes that makes."""
    if device.index is not None:
        return [device.index], 1
    if settings.devices == "auto":
        count = 1 if device.type == "cpu" else torch.accelerator.device_count()
    else:
        count = settings.devices
    return count, count


def _precision(settings: TrainSettings, device: torch.device) -> str:
    """Lightning's name of the precision; a head is too small to gain by less than 32 bits."""
    if settings.depth == "head" or settings.precision == "32":
        return "32-true"
    if settings.precision == "bf16":
        return "bf16-mixed"
    if device.type == "cpu":
        fast = bool(torch.cpu.get_capabilities().get("avx512_bf16"))
    elif device.type == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        fast = False
    return "bf16-mixed" if fast else "32-true"


def _until_it_fits(
    task: TrainingTask, notes: list[str], progress: Callable[[float], None]
) -> tuple[TrainingTask, TrainingOutcome]:
    """Run, with half the batch as often as the memory is not enough."""
    while True:
        try:
            return task, (run if task.processes == 1 else run_in_child)(task, progress)
        except RuntimeError as error:
            if not _is_out_of_memory(error):
                raise
            size = task.hyperparameters.batch_size
        # Outside of the handler: the error's traceback holds on to the memory.
        if size // 2 < MIN_BATCH:
            raise TrainingFailed(
                f"out of memory at a batch of {size}, and smaller ones teach nothing; free "
                'memory, or set [train] depth to "head"'
            )
        notes.append(f"out of memory at a batch of {size}, went on with {size // 2}")
        task = replace(
            task,
            hyperparameters=replace(task.hyperparameters, batch_size=size // 2),
            key=f"{task.key}-{size // 2}",
        )
        if torch.accelerator.is_available():
            torch.accelerator.empty_cache()


def _is_out_of_memory(error: RuntimeError) -> bool:
    message = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError) or any(
        sign in message for sign in ("out of memory", "not enough memory")
    )


def _unit(vectors: Matrix) -> Matrix:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Matrix = vectors / np.maximum(norms, 1e-12)
    return unit
