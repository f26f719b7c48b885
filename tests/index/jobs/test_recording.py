"""How the end of a job is recorded, also where the store is away or its runner is dead."""

import subprocess
import sys
from typing import Any

import pytest

from index import processes
from index.errors import StoreError
from index.jobs.recording import fail_abandoned
from index.jobs.timing import Timing
from index.store import Store
from index.store.leases import INTERRUPTED
from index.store.types import JobKind
from tests.index.jobs.runs import Runs


def test_an_end_that_the_store_did_not_take_at_once_is_recorded_later(
    run: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, failures = run.store.jobs.finish, []

    def finish_at_last(*args: Any, **more: Any) -> Any:
        if len(failures) < 3:
            failures.append(args)
            raise StoreError("the store cannot be reached")
        return finish(*args, **more)

    monkeypatch.setattr(run.store.jobs, "finish", finish_at_last)
    assert run("done('rebuilt')", timing=Timing(first_pause=0.001)).detail == "rebuilt"
    assert len(failures) == 3


def test_a_store_that_stays_away_is_not_waited_for_for_ever(
    run: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise StoreError("the store cannot be reached")

    monkeypatch.setattr(run.store.jobs, "finish", away)
    with pytest.raises(StoreError, match="cannot be reached"):
        run("done()", timing=Timing(store_patience=0))


def test_a_job_whose_runner_died_here_is_failed_at_once(store: Store) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    machine = processes.owner().split(":")[0]
    job = store.jobs.begin(JobKind.RETRAIN, f"{machine}:{gone.pid}:0a1b2c3d")
    fail_abandoned(store)
    interrupted = store.jobs.get(job.id)
    assert interrupted is not None
    assert (interrupted.state, interrupted.detail) == ("failed", INTERRUPTED)


def test_a_killed_import_is_failed_and_a_running_one_is_not(store: Store) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    machine = processes.owner().split(":")[0]
    killed = store.jobs.start(JobKind.IMPORT, owner=f"{machine}:{gone.pid}:0a1b2c3d")
    running = store.jobs.start(JobKind.IMPORT, owner=processes.owner())
    fail_abandoned(store)
    states = {job.id: job.state for job in store.jobs.latest()}
    assert states == {killed: "failed", running: "running"}


@pytest.mark.parametrize("owner", ["{self}", "{self}:3", "elsewhere/1:1:0a1b2c3d", "?"])
def test_a_job_of_the_living_or_of_another_machine_is_left_alone(store: Store, owner: str) -> None:
    job = store.jobs.begin(JobKind.RETRAIN, owner.format(self=processes.owner()))
    fail_abandoned(store)
    assert store.jobs.running() == job
