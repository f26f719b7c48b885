"""Training in further processes: what ends them is told in one line."""

import hashlib
import pickle
import sys
from pathlib import Path
from typing import Any

import pytest

from train.errors import TrainingFailed
from train.finetune import distributed, fit


def test_what_ends_the_other_processes_is_told_in_one_line(tmp_path: Path) -> None:
    log = tmp_path / "training.txt"
    log.write_text("Traceback:\n[rank1]: train.errors.TrainingFailed: the loss is nan\nbye\n")
    told = distributed._failure(1, log)
    assert isinstance(told, TrainingFailed)
    assert str(told) == "the loss is nan"

    log.write_text("[rank0]: torch.OutOfMemoryError: CUDA out of memory. Tried 2 GiB\nbye\n")
    assert isinstance(error := distributed._failure(1, log), RuntimeError)
    assert fit._is_out_of_memory(error)

    log.write_text("")
    assert "exit code -9: no message" in str(distributed._failure(-9, log))


class Trap:
    """A pickle that makes a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def test_the_other_processes_read_no_pickle_but_the_one_they_are_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = hashlib.sha256(pickle.dumps("our task")).hexdigest()
    (tmp_path / "task.pickle").write_bytes(pickle.dumps(Trap(tmp_path / "canary")))
    monkeypatch.setattr(sys, "argv", ["train.finetune.distributed", str(tmp_path), ours])

    with pytest.raises(TrainingFailed, match="was changed by somebody else"):
        distributed.main()

    assert not (tmp_path / "canary").exists()
