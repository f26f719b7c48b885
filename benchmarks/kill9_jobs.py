"""`kill -9` at each step of a retrain or reindex, while a bot answers from the live generation.

A first run shows the steps, where none are named. Then, for each of them, a run is started and
killed as soon as it gets there: the child process alone, or its parent (which the child must
notice by itself), or both at once, in turns. After each kill the bot must answer, and the next
run must start. A last run goes to its end; after that nothing may be left of the killed ones.

    python benchmarks/kill9_jobs.py --kind reindex
    python benchmarks/kill9_jobs.py --kind retrain --data ../shared/data/cloud_faq.jsonl --rows 2000

For every step of a retrain to be reached its model must be better than the base, which takes more
data than the example has. The last line of standard output is one JSON object; the exit status is
0 where nothing went wrong.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import cycle
from pathlib import Path
from typing import Any

from article import require
from running import (
    EXAMPLES,
    Asker,
    Bot,
    environment,
    import_rows,
    run,
    running,
    say,
    wait_until_indexed,
    without_proxies,
)

from index.generations.setup import open_engine
from index.jobs.recording import fail_abandoned
from index.jobs.supervisor import LOG
from index.model.base import BASE_VERSION
from index.settings import IndexSettings
from index.store import Store
from index.store.types import GenerationState, Job, JobKind, JobState
from playground.testing import running_playground

VICTIMS = ("child", "parent", "both")
STEP_TIMEOUT_S = 1800.0
GONE_TIMEOUT_S = 30.0
# Lines of a log that tell of progress: "12:00:00  43% training, epoch 12 of 38".
_STEP = 3


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    index = IndexSettings(data_dir=folder / "data", device="cpu")
    kind = JobKind(options.kind)
    wrong = stuck = 0
    with running_playground() as slack:
        settings = environment(slack, index.data_dir, FAQBOT_INDEX_DEVICE="cpu")
        say("importing ...")
        asked = import_rows(settings, options.data, options.rows, folder)
        bot = Bot(slack, settings, folder / "bot.log", ("--no-worker",))
        with closing(Store(index.store_url)) as store, running(bot):
            first = wait_until_indexed(store)
            asker = Asker(slack, "ann", asked)
            asker.ask(3)
            seed = 1
            steps = options.only
            if not steps:
                job = _run_to_the_end(index, store, kind, seed)
                steps = _steps(index, job)
                say(f"{job.state}: {job.detail}; its steps: {', '.join(steps)}")
            kills: list[dict[str, Any]] = []
            victims = cycle(VICTIMS)
            for step in _some(steps, options.steps) * options.rounds:
                seed += 1
                _roll_back(index, store, first.id)
                killed = _kill_at(index, store, kind, seed, step, next(victims))
                stuck += not killed["gone"]
                answered = asker.ask(3)
                wrong += sum(not one.right for one in answered)
                live = store.generations.live()
                killed["switched"] = live is not None and live.id != first.id
                say(f"{killed}")
                kills.append(killed)
            _roll_back(index, store, first.id)
            last = _run_to_the_end(index, store, kind, seed + 1)
            say(f"{last.state}: {last.detail}")
            wrong += sum(not one.right for one in asker.ask(3))
            left = _left_behind(index, store)
            # A bot that starts now has what it needs.
            status = bot.stop()
    return {
        "kind": kind,
        "steps": steps,
        "kills": len(kills),
        "too_late": sum(not killed["in_time"] for killed in kills),
        "runs_that_outlived_their_parent": stuck,
        "wrong_or_no_answers": wrong,
        "last_run": last.state,
        "left_behind": left,
        "bot_exit_status": status,
        "at": kills,
    }


def _kill_at(
    index: IndexSettings, store: Store, kind: JobKind, seed: int, step: str, victim: str
) -> dict[str, Any]:
    """Start a run in a process of its own and kill it as soon as it is at a step."""
    before = max((job.id for job in store.jobs.latest(1)), default=0)
    with _parent(index, kind, seed) as parent:
        child = _wait_for_step(index, store, before, step, parent)
        in_time = child is not None and _alive(child)
        if victim in ("parent", "both"):
            parent.kill()
        if victim in ("child", "both") and child is not None:
            _kill_group(child)
        gone = child is None or _wait_until_gone(child)
        if victim == "child":
            parent.wait(60)
    return {"step": step, "victim": victim, "in_time": in_time, "gone": gone}


def _wait_for_step(
    index: IndexSettings, store: Store, before: int, step: str, parent: "subprocess.Popen[bytes]"
) -> int | None:
    """Wait until the run's log tells of a step; returns the child's process id, if it runs."""
    deadline = time.monotonic() + STEP_TIMEOUT_S
    log: Path | None = None
    while time.monotonic() < deadline and parent.poll() is None:
        if log is None:
            jobs = [job for job in store.jobs.latest(1) if job.id > before]
            log = index.jobs_dir / str(jobs[0].id) / LOG if jobs else None
        elif log.exists() and step in _told(log):
            break
        time.sleep(0.003)
    try:
        children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
    except OSError:
        children = []
    return int(children[0]) if children else None


def _steps(index: IndexSettings, job: Job) -> list[str]:
    return list(dict.fromkeys(_told(index.jobs_dir / str(job.id) / LOG)))


def _told(log: Path) -> list[str]:
    """The steps that a run's log tells of."""
    told = []
    for line in log.read_text("utf-8", errors="replace").splitlines():
        words = line.split(maxsplit=_STEP - 1)
        if len(words) == _STEP and words[1].endswith("%") and words[1][:-1].isdigit():
            told.append(words[2].partition(",")[0])
    return told


def _some(steps: list[str], number: int | None) -> list[str]:
    """So many of the steps, evenly spread."""
    if number is None or number >= len(steps):
        return steps
    return [steps[i * (len(steps) - 1) // max(1, number - 1)] for i in range(number)]


def _run_to_the_end(index: IndexSettings, store: Store, kind: JobKind, seed: int) -> Job:
    before = max((job.id for job in store.jobs.latest(1)), default=0)
    with _parent(index, kind, seed) as parent:
        parent.wait(STEP_TIMEOUT_S)
    (job,) = [job for job in store.jobs.latest(1) if job.id > before]
    return job


def _roll_back(index: IndexSettings, store: Store, generation: int) -> None:
    live = store.generations.live()
    if live is None or live.id == generation:
        return
    fail_abandoned(store)
    job = run(store, index, JobKind.ROLLBACK, {"generation": generation})
    if job.state is not JobState.DONE:
        raise SystemExit(f"the rollback {job.state}: {job.detail}")


def _left_behind(index: IndexSettings, store: Store) -> list[str]:
    """What should not be there after a run that went to its end."""
    store.jobs.fail_abandoned()
    generations = store.generations.all()
    ready = [g for g in generations if g.state is GenerationState.READY]
    with closing(open_engine(index)) as engine:
        left = [
            f"collection {name}"
            for name in engine.names()
            if name not in {generation.collection for generation in ready}
        ]
    versions = {BASE_VERSION, *(generation.model_version for generation in ready)}
    left += [
        f"model {path.name}"
        for path in index.models_dir.iterdir()
        if path.is_dir() and path.name not in versions
    ]
    left += [f"generation {g.id} {g.state}" for g in generations if g.state == "building"]
    left += [
        f"job {job.id} {job.state}" for job in store.jobs.latest(1000) if not job.state.is_over
    ]
    left += [f"folder {path}" for path in index.jobs_dir.glob("*/*") if path.is_dir()]
    locks = {f"faqbot.db.index-{generation.id}.lock" for generation in ready}
    left += [
        f"lock {path.name}"
        for path in index.data_dir.glob("faqbot.db.index-*.lock")
        if path.name not in locks
    ]
    return left


@contextmanager
def _parent(index: IndexSettings, kind: JobKind, seed: int) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that begins a job and watches over it, as `faqbot retrain` is one."""
    command = [sys.executable, __file__, "--parent", str(index.data_dir)]
    process = subprocess.Popen([*command, "--kind", kind, "--seed", str(seed)])
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def parent(data_dir: Path, kind: JobKind, seed: int) -> int:
    index = IndexSettings(data_dir=data_dir, device="cpu")
    with closing(Store(index.store_url)) as store:
        fail_abandoned(store)
        arguments = {"depth": "head", "seed": seed} if kind == JobKind.RETRAIN else {}
        run(store, index, kind, arguments)
    return 0


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _wait_until_gone(pid: int) -> bool:
    deadline = time.monotonic() + GONE_TIMEOUT_S
    while _alive(pid):
        if time.monotonic() > deadline:
            _kill_group(pid)
            return False
        time.sleep(0.02)
    return True


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # it was done
        os.killpg(pid, signal.SIGKILL)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", choices=["reindex", "retrain"], default="retrain")
    parser.add_argument("--data", type=Path, default=EXAMPLES, help="any FAQ as JSON lines")
    parser.add_argument("--rows", type=int, help="only the first rows")
    parser.add_argument("--steps", type=int, help="only so many of the steps")
    parser.add_argument("--only", nargs="+", metavar="STEP", help="only these steps")
    parser.add_argument("--rounds", type=int, default=1, help="kills at each step")
    parser.add_argument("--seed", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--parent", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    without_proxies()
    if options.parent:
        return parent(options.parent, JobKind(options.kind), options.seed)
    require(options.data)
    with tempfile.TemporaryDirectory(prefix="faqbot-kill9-jobs-") as folder:
        result = measure(options, Path(folder))
    print(json.dumps(result))
    faults = (
        result["wrong_or_no_answers"]
        or result["runs_that_outlived_their_parent"]
        or result["left_behind"]
        or result["last_run"] != JobState.DONE
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
