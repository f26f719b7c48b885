"""Training in further processes: what ends them is told in one line."""

from pathlib import Path

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
