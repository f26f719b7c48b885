"""Jobs in child processes: how they end, how they are ended, and what is recorded of it."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from index import processes
from index.errors import FaqbotError, StoreError
from index.jobs import extras, registry
from index.jobs.check import check_of
from index.jobs.child_process import ChildProcess
from index.jobs.extras import require_training
from index.jobs.protocol import JobEnding, JobOrder, JobProgress
from index.jobs.recording import SCHEDULE, fail_abandoned
from index.jobs.results import RawResult
from index.jobs.supervisor import StopRequest, Supervisor
from index.jobs.timing import Timing
from index.jobs.worker import Worker
from index.progress import Report
from index.settings import IndexSettings
from index.store import Store
from index.store.leases import INTERRUPTED
from index.store.types import Job, JobKind
from tests.bot.desk import until

# A child that does what its order says; it tells that it has begun by its first progress.
CHILD = """
import json, os, signal, subprocess, sys, time
order = json.loads(sys.stdin.buffer.readline())
say = lambda **what: print(json.dumps(what), flush=True)
done = lambda detail="done", **result: say(state="done", detail=detail, result=result)
say(progress=0.25, detail="begun")
print("a line of the log", file=sys.stderr, flush=True)
{body}
"""
WAIT_FOR_EVER = "sys.stdin.buffer.read()"


@pytest.fixture
def settings(tmp_path: Path) -> IndexSettings:
    return IndexSettings(data_dir=tmp_path)


class Runs:
    """Runs a job in the fake child, as a foreground command does."""

    def __init__(self, store: Store, settings: IndexSettings, folder: Path) -> None:
        self.store = store
        self.settings = settings
        self.folder = folder
        self.stop = StopRequest("the test wants it", grace_s=10)
        self.progress: list[tuple[float, str]] = []

    def command(self, body: str) -> dict[JobKind, list[str]]:
        script = self.folder / "child.py"
        script.write_text(CHILD.format(body=textwrap.dedent(body)))
        return {kind: [sys.executable, str(script)] for kind in JobKind}

    def begin(self, kind: JobKind = JobKind.REINDEX, **arguments: Any) -> Job:
        return self.store.jobs.begin(kind, processes.owner(), arguments=arguments)

    def __call__(self, body: str, job: Job | None = None, **more: Any) -> Job:
        values: dict[str, Any] = {"limit_s": 60, "commands": self.command(body)} | more
        supervisor = Supervisor(
            self.store,
            self.settings,
            values.pop("config", None),
            stop=self.stop,
            on_progress=lambda share, detail: self.progress.append((share, detail)),
            **values,
        )
        return supervisor.run(job or self.begin())

    @contextmanager
    def beside(self, body: str, **more: Any) -> Iterator[Callable[[], Job]]:
        """Runs a job in a thread; yields, once the child has begun, a function that joins it."""
        job = self.begin()
        ended: list[Job] = []
        thread = threading.Thread(target=lambda: ended.append(self(body, job, **more)))
        thread.start()

        def join() -> Job:
            thread.join(30)
            assert ended, "the job has not ended"
            return ended[0]

        try:
            until(lambda: self.progress, "the child runs")
            yield join
        finally:
            self.stop.grace_s = 0
            self.stop.set()
            thread.join()

    def log(self, job: Job) -> str:
        return (self.settings.jobs_dir / str(job.id) / "log.txt").read_text(errors="replace")


@pytest.fixture
def run(sqlite_store: Store, settings: IndexSettings, tmp_path: Path) -> Runs:
    return Runs(sqlite_store, settings, tmp_path)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()


# -- ends by itself ------------------------------------------------------------------------


def test_a_job_ends_as_its_child_says(run: Runs) -> None:
    job = run('done("rebuilt 3 pairs", pairs=3)')
    assert (job.state, job.detail, job.result) == ("done", "rebuilt 3 pairs", {"pairs": 3})
    assert job.progress == 1
    assert job.finished_at is not None
    assert "a line of the log" in run.log(job)
    assert run.store.jobs.running() is None


def test_a_failure_and_its_reason_are_the_child_s(run: Runs) -> None:
    job = run('say(state="failed", detail="the model is damaged", result={"step": 2})')
    assert (job.state, job.detail, job.result) == ("failed", "the model is damaged", {"step": 2})


def test_the_child_is_told_everything_it_needs(run: Runs, tmp_path: Path) -> None:
    job = run.begin(JobKind.ROLLBACK, generation=3)
    ended = run('done(**order | {"environment": "FAQBOT_TEST" in os.environ})', job)
    order = ended.result
    assert order["job_id"] == job.id
    assert order["owner"] == job.owner
    assert (order["kind"], order["arguments"]) == ("rollback", {"generation": 3})
    assert IndexSettings(**order["index"]) == run.settings
    assert order["config"] is None


def test_the_configuration_file_is_named_so_that_it_is_found_from_anywhere(
    run: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    job = run('done(config=order["config"])', config=Path("my.toml"))
    assert job.result == {"config": str(tmp_path / "my.toml")}


def test_progress_is_shown_and_recorded(run: Runs) -> None:
    with run.beside(f'say(progress=0.5, detail="half"); {WAIT_FOR_EVER}'):
        until(lambda: (0.5, "half") in run.progress, "it is shown")
        job = until(lambda: (j := run.store.jobs.running()) and j.progress == 0.5 and j, "recorded")
        assert job.detail == "half"


def test_what_is_said_before_anybody_looks_is_shown(
    run: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = ChildProcess.order

    def until_it_has_spoken(child: ChildProcess, what: JobOrder) -> None:
        order(child, what)
        until(lambda: child.progress == JobProgress(0.25, "begun"), "it speaks")

    monkeypatch.setattr(ChildProcess, "order", until_it_has_spoken)

    with run.beside(WAIT_FOR_EVER):
        assert run.progress == [(0.25, "begun")]


def test_what_is_no_progress_goes_to_the_log(run: Runs) -> None:
    body = r"""
        print("Epoch 1: 50%", flush=True)
        sys.stdout.buffer.write(b"\xff\xfe\n7\nnull\n[]\n"); sys.stdout.flush()
        print('{"progress": NaN, "detail": "lost"}', flush=True)
        print('{"progress": 1.5, "detail": "more than all"}', flush=True)
        print('{"state": "running", "detail": "?"}', flush=True)
        print('{"state": "finished", "detail": "?"}', flush=True)
        done()
    """
    job = run(body)
    assert (job.state, job.detail) == ("done", "done")
    for line in ("Epoch 1: 50%", "lost", "more than all", "finished"):
        assert line in run.log(job)
        assert line not in [detail for _, detail in run.progress]


def test_a_result_that_is_not_a_number_can_be_stored(
    store: Store, settings: IndexSettings, tmp_path: Path
) -> None:
    job = Runs(store, settings, tmp_path)('done(loss=float("nan"))')
    assert (job.state, job.result) == ("done", {"loss": None})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("sys.exit(3)", "the reindex process ended with status 3; see "),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "the reindex process was ended by SIGSEGV; see "),
        ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL, perhaps for want of memory; see "),
        ("sys.exit(0)", "the reindex process ended with status 0; see "),
        ("raise RuntimeError", "the reindex process ended with status 1; see "),
    ],
)
def test_a_crash_is_a_failure_that_names_the_log(run: Runs, body: str, said: str) -> None:
    job = run(body)
    assert job.state == "failed"
    assert job.detail is not None
    assert said in job.detail
    assert job.detail.endswith(f"/jobs/{job.id}/log.txt")
    assert "\n" not in job.detail
    assert run.store.jobs.running() is None


def test_a_crash_after_the_switch_is_not_told_as_if_nothing_had_happened(run: Runs) -> None:
    job = run.begin()
    generation = run.store.generations.add("m1", "faq-1", job.id)
    run.store.generations.make_live(generation.id)
    ended = run("sys.exit(1)", job)
    assert ended.state == "failed"
    assert f"its generation {generation.id} had gone live" in (ended.detail or "")


def test_a_command_that_cannot_be_run_is_a_failure(run: Runs) -> None:
    job = run("", commands={JobKind.REINDEX: ["/no/such/program"]})
    assert (job.state, job.detail) == ("failed", "/no/such/program: No such file or directory")


def test_what_the_child_leaves_behind_is_ended_with_it(run: Runs) -> None:
    body = 'done(pid=subprocess.Popen(["sleep", "600"]).pid)'
    job = run(body)
    assert job.state == "done"
    until(lambda: not is_alive(job.result["pid"]), "nothing is left running")


@pytest.mark.parametrize("kind", registry.commands())
def test_what_stands_in_the_working_directory_is_not_what_is_run(
    tmp_path: Path, kind: JobKind
) -> None:
    (tmp_path / "train.py").write_text("print('not ours')")
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "__init__.py").write_text("print('not ours')")
    child = subprocess.run(
        registry.commands()[kind],
        cwd=tmp_path,
        input="",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (child.returncode, child.stdout) == (2, "")
    assert "started by faqbot itself" in child.stderr


def test_the_child_has_no_slack_token(run: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLACK_BOT_TOKEN", "FAQBOT_BOT_SLACK_APP_TOKEN"):
        monkeypatch.setenv(name, "xoxb-secret")
    monkeypatch.setenv("FAQBOT_TRAIN_DEPTH", "head")
    seen = run("done(names=[n for n in os.environ if 'SLACK' in n or 'TRAIN' in n])")
    assert seen.result == {"names": ["FAQBOT_TRAIN_DEPTH"]}


@pytest.mark.parametrize("kind", [JobKind.ROLLBACK, JobKind.REINDEX])
def test_only_what_went_live_during_a_rollback_is_its_work(run: Runs, kind: JobKind) -> None:
    generation = run.store.generations.add("m1", "faq-1")
    run.store.generations.make_live(generation.id)
    assert "gone live" not in (run("sys.exit(1)", run.begin(kind)).detail or "")
    job = run.begin(kind)
    run.store.generations.make_live(generation.id)
    detail = run("sys.exit(1)", job).detail or ""
    assert (f"generation {generation.id} had gone live again" in detail) == (
        kind == JobKind.ROLLBACK
    )


# -- is ended ------------------------------------------------------------------------------


def test_a_cancelled_job_may_clean_up(run: Runs) -> None:
    body = f"""
        def cancel(*_):
            say(state="cancelled", detail="cancelled", result={{"dropped": 1}})
            os._exit(0)
        signal.signal(signal.SIGTERM, cancel)
        say(progress=0.3, detail="ready")
        {WAIT_FOR_EVER}
    """
    with run.beside(body) as join:
        until(lambda: (0.3, "ready") in run.progress, "it can be cancelled")
        running = run.store.jobs.running()
        assert running is not None
        run.store.jobs.cancel(running.id)
        job = join()
    assert (job.state, job.detail) == ("cancelled", "cancelled on request")
    assert job.result == {"dropped": 1}


def test_a_stop_ends_a_job_as_cancelled(run: Runs) -> None:
    with run.beside(WAIT_FOR_EVER) as join:
        run.stop.set()
        job = join()
    assert (job.state, job.detail) == ("cancelled", "cancelled: the test wants it")


def test_who_does_not_end_when_asked_is_killed(run: Runs) -> None:
    run.stop.grace_s = 0.1
    body = f"""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        helper = subprocess.Popen(["sleep", "600"])
        say(progress=0.3, detail=f"{{os.getpid()}} {{helper.pid}}")
        {WAIT_FOR_EVER}
    """
    with run.beside(body) as join:
        until(lambda: run.progress[-1][0] == 0.3, "it ignores SIGTERM")
        pids = [int(pid) for pid in run.progress[-1][1].split()]
        run.stop.set()
        job = join()
    assert job.state == "cancelled"
    until(lambda: not any(map(is_alive, pids)), "it is gone, and its helpers are")


def test_what_was_done_when_the_stop_came_is_done(run: Runs) -> None:
    body = f"""
        signal.signal(signal.SIGTERM, lambda *_: (done("switched"), os._exit(0)))
        say(progress=0.9, detail="ready")
        {WAIT_FOR_EVER}
    """
    with run.beside(body) as join:
        until(lambda: (0.9, "ready") in run.progress, "it is ready")
        run.stop.set()
        assert (join().state, join().detail) == ("done", "switched")


def test_what_failed_because_it_was_asked_to_end_is_cancelled(run: Runs) -> None:
    body = f"""
        failed = lambda *_: (say(state="failed", detail="interrupted in torch"), os._exit(0))
        signal.signal(signal.SIGTERM, failed)
        say(progress=0.9, detail="ready")
        {WAIT_FOR_EVER}
    """
    with run.beside(body) as join:
        until(lambda: (0.9, "ready") in run.progress, "it is ready")
        run.stop.set()
        assert (join().state, join().detail) == ("cancelled", "cancelled: the test wants it")


def test_what_failed_because_it_was_cancelled_is_cancelled(run: Runs) -> None:
    job = run.begin()
    run.store.jobs.cancel(job.id)
    ended = run('say(state="failed", detail="it does not go live: it was cancelled")', job)
    assert (ended.state, ended.detail) == ("cancelled", "cancelled on request")


def test_who_is_done_but_does_not_leave_is_ended(run: Runs) -> None:
    run.stop.grace_s = 0.1
    job = run(f"signal.signal(signal.SIGTERM, signal.SIG_IGN); done(); {WAIT_FOR_EVER}")
    assert job.state == "done"


def test_a_job_that_takes_too_long_fails(run: Runs) -> None:
    job = run(WAIT_FOR_EVER, limit_s=0.1)
    assert job.state == "failed"
    assert "the limit ([bot] job_time_limit_hours); see " in (job.detail or "")


def test_a_job_that_somebody_else_took_for_dead_is_ended(run: Runs) -> None:
    with run.beside(WAIT_FOR_EVER, timing=Timing(renew_every=0.1)) as join:
        run.store.jobs.fail_abandoned_by(processes.owner())
        other = run.begin(JobKind.PURGE)
        job = join()
    assert (job.state, job.detail) == ("failed", INTERRUPTED)
    assert run.store.jobs.running() == run.store.jobs.get(other.id)


def test_a_store_that_is_away_for_a_moment_ends_no_job(
    run: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    renew, failures = run.store.jobs.renew, []

    def renew_at_last(*args: Any) -> Any:
        if len(failures) < 2:
            failures.append(args)
            raise FaqbotError("the store cannot be reached")
        return renew(*args)

    monkeypatch.setattr(run.store.jobs, "renew", renew_at_last)
    with run.beside(WAIT_FOR_EVER, timing=Timing(renew_every=0.01)) as join:
        until(lambda: len(failures) == 2, "it was away")
        run.stop.set()
        assert join().state == "cancelled"


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


def test_training_without_its_packages_is_said_before_anything_starts(
    run: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FaqbotError, match=r"pip install -e '\.\[train\]'"):
        require_training()
    job = run("done()", run.begin(JobKind.RETRAIN))
    assert job.state == "failed"
    assert "training needs the extra `train`" in (job.detail or "")
    assert run.progress == []


# -- the dead ------------------------------------------------------------------------------


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


def test_a_machine_of_the_same_name_is_another_one() -> None:
    machine, pid, _ = processes.owner().split(":")
    host, boot, namespace = machine.split("/")
    assert boot
    assert not processes.is_dead(f"{host}/0{boot[1:]}x/{namespace}:{pid}:00000000")
    assert len(processes.owner()) <= 80


@pytest.mark.parametrize("owner", ["{self}", "{self}:3", "elsewhere/1:1:0a1b2c3d", "?"])
def test_a_job_of_the_living_or_of_another_machine_is_left_alone(store: Store, owner: str) -> None:
    job = store.jobs.begin(JobKind.RETRAIN, owner.format(self=processes.owner()))
    fail_abandoned(store)
    assert store.jobs.running() == job


def test_a_predecessor_with_our_process_id_is_dead() -> None:
    machine, pid, _ = processes.owner().split(":")
    assert processes.is_dead(f"{machine}:{pid}:00000000")
    assert not processes.is_dead(processes.owner())


# -- the worker ----------------------------------------------------------------------------


Start = Callable[..., Worker]


@pytest.fixture
def start(run: Runs, settings: IndexSettings) -> Iterator[Start]:
    workers: list[Worker] = []

    def start_one(body: str = "done()", **more: Any) -> Worker:
        commands = run.command(body)
        worker = Worker(run.store, settings, None, limit_hours=1, commands=commands, **more)
        workers.append(worker)
        worker.start()
        return worker

    yield start_one
    for worker in workers:
        worker.stop()


def ended(store: Store, job: Job) -> Job:
    """The job when it is over."""

    def look() -> Job | None:
        found = store.jobs.get(job.id)
        return found if found is not None and found.state.is_over else None

    found = until(look, f"{job.kind} is over")
    assert found is not None
    return found


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
    assert (stopped.state, stopped.detail) == ("cancelled", "cancelled: the worker was stopped")
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


def test_work_in_its_own_process_has_its_time_limit(run: Runs, settings: IndexSettings) -> None:
    def check(job: Job, report: Report) -> JobEnding:
        while True:
            report(0.5, "waiting")

    worker = Worker(run.store, settings, None, limit_hours=0, kinds=(), here={JobKind.CHECK: check})
    worker.start()
    job = ended(run.store, run.store.jobs.request(JobKind.CHECK)[0])
    worker.stop()
    assert job.state == "failed"
    assert "the limit ([bot] job_time_limit_hours)" in (job.detail or "")


def test_an_index_that_is_following_is_not_said_to_be_wrong(
    run: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.jobs.check.check", lambda live, store, report: None)
    job, _ = run.store.jobs.request(JobKind.CHECK)
    ending = check_of(MagicMock(), run.store)(job, lambda share, detail: None)
    assert (ending.state, ending.detail) == (
        "done",
        "not checked: the index is following the store",
    )
    assert not run.store.jobs.is_waiting([JobKind.REINDEX])


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
        from index.jobs.worker import Worker
        from index.settings import IndexSettings
        from index.store import Store
        from index.store.types import JobKind
        settings = IndexSettings(data_dir=Path({str(run.settings.data_dir)!r}))
        command = {run.command(body)[JobKind.REINDEX]!r}
        commands = {{JobKind.REINDEX: command}}
        store = Store(settings.store_url)
        worker = Worker(store, settings, None, limit_hours=1, commands=commands)
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
