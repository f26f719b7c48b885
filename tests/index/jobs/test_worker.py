"""The worker: one job after another, most in child processes, some here."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from index.errors import FaqbotError
from index.jobs.protocol import JobEnding
from index.jobs.recording import SCHEDULE
from index.jobs.results import RawResult
from index.jobs.supervisor import Supervisor
from index.jobs.timing import USUAL, Timing
from index.jobs.worker import Worker, worker_stop
from index.progress import Report
from index.settings import IndexSettings
from index.store.leases import INTERRUPTED
from index.store.types import Job, JobKind
from tests.index.jobs.runs import WAIT_FOR_EVER, Runs, Start, ended, is_alive
from tests.support.waiting import until


@pytest.fixture
def start(run: Runs, settings: IndexSettings) -> Iterator[Start]:
    workers: list[Worker] = []

    def start_one(
        body: str = "done()", limit_s: float = 60, timing: Timing = USUAL, **more: Any
    ) -> Worker:
        commands = run.command(body)
        supervisor = Supervisor(
            run.store,
            settings,
            None,
            limit_s=limit_s,
            stop=worker_stop(),
            commands=commands,
            timing=timing,
        )
        worker = Worker(supervisor, **more)
        workers.append(worker)
        worker.start()
        return worker

    yield start_one
    for worker in workers:
        worker.stop()


def test_a_worker_runs_what_is_asked_for_in_its_order(run: Runs, start: Start) -> None:
    jobs = [run.store.jobs.request(kind)[0] for kind in (JobKind.REINDEX, JobKind.PURGE)]
    worker = start()
    jobs.append(run.store.jobs.request(JobKind.ROLLBACK)[0])
    worker.wake()
    over = [ended(run.store, job) for job in jobs]
    assert [job.state for job in over] == ["done"] * 3
    times = [job.finished_at for job in over]
    assert times == sorted(times, key=str)


def test_a_failed_job_does_not_keep_the_next_one_waiting(run: Runs, start: Start) -> None:
    first, _ = run.store.jobs.request(JobKind.REINDEX)
    second, _ = run.store.jobs.request(JobKind.PURGE)
    start('sys.exit(1) if order["kind"] == "reindex" else done()')
    assert ended(run.store, first).state == "failed"
    assert ended(run.store, second).state == "done"


def test_two_workers_run_a_job_once(run: Runs, start: Start, tmp_path: Path) -> None:
    body = f'open({str(tmp_path / "ran")!r}, "a").write("x"); done()'
    workers = [start(body), start(body)]
    job, _ = run.store.jobs.request(JobKind.REINDEX)
    for worker in workers:
        worker.wake()
    ended(run.store, job)
    for worker in workers:
        worker.stop()
    assert (tmp_path / "ran").read_text() == "x"


def test_a_stopped_worker_leaves_no_job_running(run: Runs, start: Start) -> None:
    job, _ = run.store.jobs.request(JobKind.REINDEX)
    waiting, _ = run.store.jobs.request(JobKind.PURGE)
    worker = start(f"time.sleep(0.01); {WAIT_FOR_EVER}")
    until(lambda: (j := run.store.jobs.running()) and j.detail == "begun", "the child runs")
    worker.stop()
    stopped = run.store.jobs.get(job.id)
    assert stopped is not None
    assert (stopped.state, stopped.detail) == ("cancelled", "the worker was stopped")
    left = run.store.jobs.get(waiting.id)
    assert left is not None
    assert left.state == "queued"


def test_a_scheduled_job_that_a_stop_ended_waits_for_the_next_start(
    run: Runs, start: Start
) -> None:
    job, _ = run.store.jobs.request(JobKind.REINDEX, requested_by=SCHEDULE, slot="s")
    worker = start(WAIT_FOR_EVER)
    until(lambda: (j := run.store.jobs.running()) and j.detail == "begun", "the child runs")
    worker.stop()
    left = run.store.jobs.get(job.id)
    assert left is not None
    assert (left.state, left.detail) == (
        "queued",
        "waits for its turn again: the worker was stopped",
    )
    start()
    assert ended(run.store, job).state == "done"


def test_kinds_that_are_not_the_worker_s_stay_waiting(run: Runs, start: Start) -> None:
    check, _ = run.store.jobs.request(JobKind.CHECK)
    purge, _ = run.store.jobs.request(JobKind.PURGE)
    start()
    ended(run.store, purge)
    left = run.store.jobs.get(check.id)
    assert left is not None
    assert left.state == "queued"


def test_some_kinds_run_in_the_worker_s_own_process(run: Runs, start: Start) -> None:
    def check(job: Job, report: Report) -> JobEnding:
        report(0.5, "counting")
        counting = run.store.jobs.get(job.id)
        assert counting is not None
        return JobEnding(f"it was {counting.detail}", RawResult({"pid": os.getpid()}))

    start(kinds=(), here={JobKind.CHECK: check})
    job = ended(run.store, run.store.jobs.request(JobKind.CHECK)[0])
    assert (job.state, job.detail) == ("done", "it was counting")
    assert job.result == {"pid": os.getpid()}


@pytest.mark.parametrize(
    ("error", "detail"),
    [(FaqbotError("no index"), "no index"), (KeyError("secret"), "unexpected KeyError")],
)
def test_a_failure_in_its_own_process_ends_that_job_only(
    run: Runs, start: Start, error: Exception, detail: str
) -> None:
    def check(job: Job, report: Report) -> JobEnding:
        if not job.arguments:
            raise error
        return JobEnding("fine")

    start(kinds=(), here={JobKind.CHECK: check})
    first = ended(run.store, run.store.jobs.request(JobKind.CHECK)[0])
    assert (first.state, first.detail) == ("failed", detail)
    again, _ = run.store.jobs.request(JobKind.CHECK, arguments={"again": 1})
    assert ended(run.store, again).state == "done"


def test_work_in_its_own_process_can_be_cancelled(run: Runs, start: Start) -> None:
    def check(job: Job, report: Report) -> JobEnding:
        while True:
            report(0.5, "counting")
            time.sleep(0.01)

    start(kinds=(), here={JobKind.CHECK: check})
    job, _ = run.store.jobs.request(JobKind.CHECK)
    until(lambda: run.store.jobs.running(), "it runs")
    run.store.jobs.cancel(job.id)
    assert ended(run.store, job).state == "cancelled"


def test_work_in_its_own_process_that_says_nothing_new_is_cancelled_too(
    run: Runs, start: Start
) -> None:
    def check(job: Job, report: Report) -> JobEnding:
        run.store.jobs.cancel(job.id)
        while True:
            report(0.5, "waiting")
            time.sleep(0.01)

    start(
        kinds=(),
        here={JobKind.CHECK: check},
        timing=Timing(record_every=1e9, renew_every=0.01),
    )
    job, _ = run.store.jobs.request(JobKind.CHECK)
    assert ended(run.store, job).state == "cancelled"


def test_work_in_its_own_process_has_its_time_limit(run: Runs, start: Start) -> None:
    def check(job: Job, report: Report) -> JobEnding:
        while True:
            report(0.5, "waiting")

    start(limit_s=0, kinds=(), here={JobKind.CHECK: check})
    job = ended(run.store, run.store.jobs.request(JobKind.CHECK)[0])
    assert job.state == "failed"
    assert "the limit ([bot] job_time_limit_hours)" in (job.detail or "")


def test_a_worker_goes_on_when_the_store_was_away(
    run: Runs, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, failures = run.store.jobs.is_waiting, []

    def is_waiting(kinds: Any) -> bool:
        if not failures:
            failures.append(kinds)
            raise FaqbotError("the store cannot be reached")
        return waiting(kinds)

    monkeypatch.setattr(run.store.jobs, "is_waiting", is_waiting)
    job, _ = run.store.jobs.request(JobKind.PURGE)
    start(timing=Timing(retry_after=0.01))
    assert ended(run.store, job).state == "done"
    assert failures


def test_a_job_runs_again_after_its_worker_was_killed(run: Runs, start: Start) -> None:
    """The killed one's job is failed, its child ends with it, and the next job has its turn."""
    body = f"say(progress=0.5, detail=str(os.getpid())); {WAIT_FOR_EVER}"
    script = f"""
        import sys
        from pathlib import Path
        from index.jobs.supervisor import Supervisor
        from index.jobs.worker import Worker, worker_stop
        from index.settings import IndexSettings
        from index.store import Store
        from index.store.types import JobKind
        settings = IndexSettings(data_dir=Path({str(run.settings.data_dir)!r}))
        command = {run.command(body)[JobKind.REINDEX]!r}
        commands = {{JobKind.REINDEX: command}}
        store = Store(settings.store_url)
        supervisor = Supervisor(
            store, settings, None, limit_s=60, stop=worker_stop(), commands=commands
        )
        worker = Worker(supervisor)
        worker.start()
        worker._thread.join()
    """
    job, _ = run.store.jobs.request(JobKind.REINDEX)
    killed = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)])
    running = until(lambda: (j := run.store.jobs.running()) and j.progress == 0.5 and j, "it runs")
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    until(lambda: not is_alive(int(running.detail or "")), "the child sees that its parent is gone")

    start()
    again, _ = run.store.jobs.request(JobKind.PURGE)
    assert ended(run.store, again).state == "done"
    interrupted = run.store.jobs.get(job.id)
    assert interrupted is not None
    assert (interrupted.state, interrupted.detail) == ("failed", INTERRUPTED)
