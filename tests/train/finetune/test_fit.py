"""Training runs: small real ones on the example FAQ."""

import hashlib
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import SecretStr

from index.errors import ModelError, SettingsError
from index.model.served import ServedModel
from index.model.versions import Provenance, read_manifest, write_version
from index.store import Store
from train.data import Snapshot, Split
from train.errors import TrainingFailed
from train.finetune import fit as module
from train.finetune import hyperparameters, trainer
from train.finetune.evaluator import DevelopmentEvaluator
from train.finetune.fit import FitContext, Fitted, fit
from train.finetune.model import FaqModel
from train.settings import TrainSettings

Fit = Callable[..., Fitted]

SHORT: dict[str, Any] = {"batch_size": 16, "epochs": 4, "least_steps": 1}


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few epochs, measured on the few development pairs there are."""
    monkeypatch.setattr(hyperparameters, "HEAD", replace(hyperparameters.HEAD, **SHORT))
    monkeypatch.setattr(
        hyperparameters,
        "FULL",
        replace(hyperparameters.FULL, epochs=2, passes=0.5, least_steps=1, max_tokens=32),
    )
    monkeypatch.setattr(trainer, "MIN_MEASURED", 1)


@pytest.fixture
def run(base_models: Path, helpdesk: Snapshot, helpdesk_store: Store, tmp_path: Path) -> Fit:
    """A training run on the example FAQ, in a folder of its own."""

    def run_it(data: Any = helpdesk, folder: str = "run", **options: Any) -> Fitted:
        settings = TrainSettings(**{"depth": "head", "seed": 3, **options.pop("settings", {})})
        context = FitContext(
            base_models, "base", helpdesk_store.embeddings, tmp_path / folder, device="cpu"
        )
        changes = {
            name: options.pop(name) for name in ("models_dir", "parent", "cache") if name in options
        }
        return fit(data, settings, replace(context, **changes), **options)

    return run_it


def weights(fitted: Fitted) -> dict[str, torch.Tensor]:
    head = fitted.servable / "head" / "weights.bin"
    loaded: dict[str, torch.Tensor] = torch.load(head, weights_only=True)
    return loaded


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def test_a_parent_that_the_key_did_not_sign_is_not_trained_on(
    base_models: Path, helpdesk: Snapshot, tmp_path: Path
) -> None:
    key = SecretStr("a key")
    context = FitContext(base_models, "base", None, tmp_path / "run", device="cpu", key=key)

    with pytest.raises(ModelError, match="it is not signed"):
        fit(helpdesk, TrainSettings(depth="head"), context)


def test_a_head_is_trained_on_an_encoder_that_stays_as_it_is(
    run: Fit, base_models: Path, tmp_path: Path
) -> None:
    fitted = run()

    assert (fitted.depth, fitted.head) == ("head", "skip")
    assert [row["epoch"] for row in fitted.curves] == [1, 2, 3, 4]
    assert fitted.curves[-1]["train_loss"] < fitted.curves[0]["train_loss"]
    assert fitted.curves[fitted.best_epoch - 1]["develop_mrr"] == max(
        row["develop_mrr"] for row in fitted.curves
    )
    models = tmp_path / "models"
    manifest = write_version(
        models,
        "trained",
        lambda folder: shutil.copytree(fitted.servable, folder),
        Provenance(base_encoder="all-MiniLM-L6-v2", dimension=384),
    )
    # The embedding cache stays good.
    assert manifest.encoder_id == read_manifest(base_models, "base").encoder_id
    trained = ServedModel.load(models, "trained", "cpu")
    base = ServedModel.load(base_models, "base", "cpu")
    texts = ["how do I connect to the vpn"]
    np.testing.assert_array_equal(trained.encode(texts), base.encode(texts))
    change = float((trained.embed(texts[0]) * base.embed(texts[0])).sum())
    assert 0.5 < change < 0.9999


def test_texts_seen_before_are_not_encoded_again(
    run: Fit, base_models: Path, helpdesk: Snapshot, sqlite_store: Store
) -> None:
    first = run(Split(helpdesk.train[:30], helpdesk.develop[:2]), cache=sqlite_store.embeddings)
    again = run(Split(helpdesk.train[:30], helpdesk.develop[:2]), cache=sqlite_store.embeddings)
    more = run(Split(helpdesk.train[:32], helpdesk.develop[:2]), cache=sqlite_store.embeddings)

    assert first.texts_encoded == first.texts
    assert (again.texts_encoded, again.texts) == (0, first.texts)
    assert more.texts_encoded == more.texts - first.texts > 0


@pytest.mark.slow
def test_another_process_trains_the_same_head_bit_by_bit_and_prints_nothing(
    base_models: Path, helpdesk_url: str, run: Fit, tmp_path: Path
) -> None:
    code = f"""
from dataclasses import replace
from pathlib import Path
import torch
torch.set_num_threads(1)
from index.store import Store
from train.data import take_snapshot
from train.finetune import hyperparameters, trainer
from train.finetune.fit import FitContext, fit
from train.settings import TrainSettings
import sys
trainer.MIN_MEASURED = 1
hyperparameters.HEAD = replace(hyperparameters.HEAD, **{SHORT!r})
store = Store({helpdesk_url!r})
settings = TrainSettings(depth="head", seed=3)
fit(take_snapshot(store), settings, FitContext(Path({str(base_models)!r}), parent="base",
    cache=store.embeddings, folder=Path(sys.argv[1]), device="cpu"))
"""
    here = weights(run())
    command = [sys.executable, "-c", code, str(tmp_path / "there")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    there = torch.load(tmp_path / "there" / "servable" / "head" / "weights.bin", weights_only=True)

    assert same(here, there)


def test_another_seed_trains_another_head(run: Fit) -> None:
    assert not same(weights(run()), weights(run(folder="other", settings={"seed": 4})))


def test_an_interrupted_run_goes_on_to_the_same_end(
    run: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(folder="whole")
    handler = signal.getsignal(signal.SIGINT)
    unwrapped: list[bool] = []
    unwrap = FaqModel.unwrap_cache

    def note(self: FaqModel) -> None:
        unwrapped.append(True)
        unwrap(self)

    monkeypatch.setattr(FaqModel, "unwrap_cache", note)

    def interrupt(what: str, share: float) -> None:
        if what == "training" and share > 0.6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(folder="cut", progress=interrupt)

    assert unwrapped
    assert signal.getsignal(signal.SIGINT) is handler
    checkpoint = tmp_path / "cut" / "last.ckpt"
    assert checkpoint.stat().st_size < 5_000_000  # without the frozen encoder
    shares: list[float] = []
    fitted = run(folder="cut", progress=lambda what, share: shares.append(share))

    assert len([share for share in shares if share < 0.5 and share > 0]) <= 1  # went on
    assert [row["train_loss"] for row in fitted.curves] == [
        row["train_loss"] for row in whole.curves
    ]
    assert same(weights(fitted), weights(whole))


def test_a_checkpoint_of_other_data_is_not_continued(run: Fit, helpdesk: Snapshot) -> None:
    run()
    fewer = Split(helpdesk.train[:40], helpdesk.develop)

    fitted = run(fewer)

    assert len(fitted.curves) == 4
    assert same(weights(fitted), weights(run(fewer, folder="fresh")))


def test_what_the_run_is_doing_is_told(run: Fit) -> None:
    told: list[tuple[str, float]] = []

    run(progress=lambda what, share: told.append((what, share)))

    assert list(dict.fromkeys(what for what, _ in told)) == ["encoding", "training"]
    for what in ("encoding", "training"):
        shares = [share for name, share in told if name == what]
        assert shares == sorted(shares)
        assert shares[-1] == 1


@pytest.mark.slow
def test_depth_full_trains_the_encoder(
    run: Fit, helpdesk: Snapshot, base_models: Path, tmp_path: Path
) -> None:
    few = Split(helpdesk.train[:20], helpdesk.develop[:2])

    fitted = run(few, settings={"depth": "full", "batch_size": 8, "precision": "32"})

    assert (fitted.depth, fitted.head) == ("full", "none")
    assert len(fitted.curves) == 2
    manifest = write_version(
        tmp_path / "models",
        "trained",
        lambda folder: shutil.copytree(fitted.servable, folder),
        Provenance(base_encoder="all-MiniLM-L6-v2", dimension=384),
    )
    assert manifest.encoder_id != read_manifest(base_models, "base").encoder_id
    trained = ServedModel.load(tmp_path / "models", "trained", "cpu")
    base = ServedModel.load(base_models, "base", "cpu")
    assert trained._encoder.pipeline.max_seq_length == base._encoder.pipeline.max_seq_length
    change = float((trained.embed("vpn") * base.embed("vpn")).sum())
    assert 0.5 < change < 0.99999
    # The next night may start from it.
    next_night = run(few, models_dir=tmp_path / "models", parent="trained", folder="next")
    assert next_night.texts_encoded == next_night.texts


def test_out_of_memory_halves_the_batch_and_says_so(
    run: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = FaqModel.training_step
    sizes: list[int] = []

    def tight(self: FaqModel, batch: Any, batch_idx: int, **rest: Any) -> torch.Tensor:
        size = len(batch[1]["labels"])
        sizes.append(size)
        if size > 10:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return step(self, batch, batch_idx, **rest)

    monkeypatch.setattr(FaqModel, "training_step", tight)

    fitted = run(settings={"batch_size": 32})

    assert fitted.batch_size == 8
    assert fitted.notes == [
        "out of memory at a batch of 32, went on with 16",
        "out of memory at a batch of 16, went on with 8",
    ]
    assert sizes[-1] <= 8
    assert len(fitted.curves) == 4


def test_too_little_memory_for_any_batch_is_one_clear_line(
    run: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: FaqModel, *args: Any, **rest: Any) -> torch.Tensor:
        raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes")

    monkeypatch.setattr(FaqModel, "training_step", full)

    with pytest.raises(TrainingFailed, match=r"out of memory at a batch of 8, .*free memory"):
        run(settings={"batch_size": 16})


def test_other_errors_are_not_taken_for_too_little_memory(
    run: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: FaqModel, *args: Any, **rest: Any) -> torch.Tensor:
        raise RuntimeError("shape mismatch")

    monkeypatch.setattr(FaqModel, "training_step", broken)

    with pytest.raises(RuntimeError, match="shape mismatch"):
        run()


def test_a_loss_that_is_no_number_ends_the_run(run: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hyperparameters, "HEAD", replace(hyperparameters.HEAD, scale=float("nan")))

    with pytest.raises(TrainingFailed, match=r"the loss is nan at step 1"):
        run()


def test_too_few_pairs_are_refused(run: Fit, helpdesk: Snapshot) -> None:
    with pytest.raises(TrainingFailed, match=r"too few pairs .*: 19 on the training side"):
        run(Split(helpdesk.train[:19], helpdesk.develop))


def test_one_answer_for_all_teaches_nothing(run: Fit, helpdesk: Snapshot) -> None:
    alike = [replace(pair, answer="Ask us.", topic=None) for pair in helpdesk.train[:25]]

    with pytest.raises(TrainingFailed, match="nothing to learn"):
        run(Split(alike, helpdesk.develop))


def test_a_run_without_development_pairs_keeps_the_last_epoch(
    run: Fit, helpdesk: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(
        hyperparameters, "HEAD", replace(hyperparameters.HEAD, **{**SHORT, "epochs": 3})
    )

    assert run(Split(helpdesk.train[:40], [])).best_epoch == 3


def test_training_stops_when_it_gets_no_better(run: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        hyperparameters,
        "HEAD",
        replace(hyperparameters.HEAD, **{**SHORT, "epochs": 10, "patience": 2}),
    )
    quality = iter([0.5, 0.7, 0.6, 0.6, 0.9])
    monkeypatch.setattr(
        DevelopmentEvaluator, "evaluate", lambda self, vectors: (next(quality), 0.5)
    )

    fitted = run()

    assert len(fitted.curves) == 4
    assert fitted.best_epoch == 2


@pytest.mark.parametrize(
    ("setting", "accelerated", "pairs", "expected"),
    [
        ("auto", False, 5000, "head"),
        ("auto", True, 499, "head"),
        ("auto", True, 500, "full"),
        ("head", True, 5000, "head"),
        ("full", False, 100, "full"),
    ],
)
def test_auto_trains_the_encoder_where_it_is_worth_it(
    setting: Any, accelerated: bool, pairs: int, expected: str
) -> None:
    device = torch.device("cuda" if accelerated else "cpu")

    assert module._depth(TrainSettings(depth=setting), device, pairs) == expected


def test_tensorboard_has_to_be_installed(run: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(SettingsError, match=r"uv pip install -e '\.\[tensorboard\]'"):
        run(settings={"tensorboard": True})


def test_the_run_folder_says_what_it_is_of(run: Fit, tmp_path: Path) -> None:
    run()

    key = json.loads((tmp_path / "run" / "run.json").read_text())["key"]
    assert len(key) == len(hashlib.sha256().hexdigest())


@pytest.mark.slow
def test_two_processes_train_one_model_together(run: Fit, helpdesk: Snapshot) -> None:
    shares: list[float] = []

    fitted = run(
        settings={"devices": 2},
        progress=lambda what, share: shares.append(share) if what == "training" else None,
    )

    assert len(fitted.curves) >= 4  # the child has the hyperparameters as they are
    assert fitted.curves[-1]["train_loss"] < fitted.curves[0]["train_loss"]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert not same(weights(fitted), weights(run(folder="alone")))
    assert not list(fitted.servable.parent.glob("*.pickle"))
