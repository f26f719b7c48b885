"""Jobs in child processes: how they end, and how they are ended."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from index import processes
from index.errors import FaqbotError
from index.jobs import extras, registry
from index.jobs.child_process import ChildProcess
from index.jobs.extras import require_training
from index.jobs.protocol import JobOrder, JobProgress
from index.jobs.timing import Timing
from index.settings import IndexSettings
from index.store import Store
from index.store.leases import INTERRUPTED
from index.store.types import JobKind
from tests.index.jobs.runs import WAIT_FOR_EVER, Runs, is_alive
from tests.support.waiting import until

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


def test_a_job_that_has_said_nothing_yet_is_starting(run: Runs) -> None:
    silent = [sys.executable, "-c", "import sys; sys.stdin.buffer.read()"]

    def looked_at() -> str | None:
        job = run.store.jobs.running()
        return job.detail if job else None

    thread = threading.Thread(
        target=lambda: run("", commands={JobKind.REINDEX: silent}), name="supervisor"
    )
    thread.start()
    try:
        until(lambda: looked_at() == "starting its process", "it says so", timeout=0.9)
    finally:
        run.stop.grace_s = 0
        run.stop.set()
        thread.join()


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
    assert (job.state, job.detail) == ("cancelled", "on request")
    assert job.result == {"dropped": 1}


def test_a_stop_ends_a_job_as_cancelled(run: Runs) -> None:
    with run.beside(WAIT_FOR_EVER) as join:
        run.stop.set()
        job = join()
    assert (job.state, job.detail) == ("cancelled", "the test wants it")


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
        assert (join().state, join().detail) == ("cancelled", "the test wants it")


def test_what_failed_because_it_was_cancelled_is_cancelled(run: Runs) -> None:
    job = run.begin()
    run.store.jobs.cancel(job.id)
    ended = run('say(state="failed", detail="it does not go live: it was cancelled")', job)
    assert (ended.state, ended.detail) == ("cancelled", "on request")


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
