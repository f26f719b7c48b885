"""A training run in a process of its own, for several devices.

Lightning trains on several devices by starting the running command once more for each of them.
That must not be the command that took the snapshot and holds the job, so it is this one, which
finds all it needs in the run's folder and writes nothing but that.
"""

import hashlib
import json
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from pytorch_lightning.utilities import rank_zero_only

from train.errors import TrainingFailed
from train.finetune.trainer import TrainingOutcome, TrainingTask, run

_MODULE = "train.finetune.distributed"
_TASK = "task.pickle"
_OUTCOME = "outcome.json"


def run_in_child(task: TrainingTask, progress: Callable[[float], None]) -> TrainingOutcome:
    """Do what `train.finetune.trainer.run` does, in child processes.

    Raises:
        TrainingFailed: As `run` does.
        RuntimeError: A child failed otherwise; the message holds what it said last.
    """
    task.folder.mkdir(parents=True, exist_ok=True)
    outcome = task.folder / _OUTCOME
    outcome.unlink(missing_ok=True)
    # A pickle runs whatever it names: the child is told which one is ours, and reads no other.
    content = pickle.dumps(task)
    (task.folder / _TASK).write_bytes(content)
    log = task.logs / "training.txt"
    with log.open("w", encoding="utf-8") as errors:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", _MODULE, str(task.folder), _digest(content)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            assert child.stdout is not None
            for line in child.stdout:
                with suppress(ValueError):  # a library's own line
                    progress(float(line))
            code = child.wait()
        finally:
            child.terminate()
            child.wait()
            (task.folder / _TASK).unlink(missing_ok=True)
    if code == 0:
        return TrainingOutcome(**json.loads(outcome.read_text("utf-8")))
    raise _failure(code, log)


def _failure(code: int, log: Path) -> Exception:
    """What ended the children, from what they wrote: one line of it says why."""
    lines = log.read_text("utf-8", errors="replace").strip().splitlines() or ["no message"]
    # Lightning's children put their number before each line.
    said = [re.sub(r"^\[rank\d+\]: ", "", line) for line in lines]
    expected = f"{TrainingFailed.__module__}.{TrainingFailed.__qualname__}: "
    for line in said:
        if line.startswith(expected):
            return TrainingFailed(line.removeprefix(expected))
    reason = next((line for line in said if "out of memory" in line.lower()), said[-1])
    return RuntimeError(f"training processes ended with exit code {code}: {reason}; see {log}")


def main() -> None:
    folder, digest = Path(sys.argv[1]), sys.argv[2]
    content = (folder / _TASK).read_bytes()
    if _digest(content) != digest:
        raise TrainingFailed(f"{folder / _TASK} was changed by somebody else; nothing was trained")
    task: TrainingTask = pickle.loads(content)
    result = run(task, lambda share: print(share, flush=True))
    rank_zero_only(_tell)(folder, result)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _tell(folder: Path, result: TrainingOutcome) -> None:
    (folder / _OUTCOME).write_text(json.dumps(asdict(result)), "utf-8")


if __name__ == "__main__":
    main()
