"""`faqbot jobs` and `faqbot cancel`."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from index.store import Store
from index.store.leases import Claim
from index.store.types import JobKind, JobState
from tests.cli.outcomes import Children, Run, refusal


def test_jobs_are_listed_newest_first(run: Run, store: Store) -> None:
    done, _ = store.jobs.request(JobKind.RETRAIN, requested_by="U1")
    store.jobs.claim("elsewhere/1:1:1", list(JobKind))
    store.jobs.finish(done.id, JobState.DONE, {}, "no [better] than before")
    store.jobs.request(JobKind.REINDEX)
    listed = json.loads(run("jobs", "--json").out)
    assert [(job["kind"], job["state"]) for job in listed] == [
        ("reindex", "queued"),
        ("retrain", "done"),
    ]
    assert len(json.loads(run("jobs", "--limit", "1", "--json").out)) == 1
    assert "[better]" in run("jobs").out


def test_a_store_without_jobs_says_so(run: Run) -> None:
    assert run("jobs").out == "There are none yet.\n"


def test_jobs_fit_a_terminal_of_80_columns(
    run: Run, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    path = "/srv/a/long/path/to/something/faq-2026-11.jsonl"
    store.jobs.start(JobKind.IMPORT, path)
    job, _ = store.jobs.request(JobKind.RETRAIN, requested_by="U0123ABCD9")
    store.jobs.claim("elsewhere/1:1:1", list(JobKind))
    store.jobs.renew(Claim(job.id, "elsewhere/1:1:1"), 0.43, "training, epoch 12 of 38")
    shown = run("jobs").out
    assert "by U0123ABCD9" in shown
    assert "running, 43%" in shown
    assert "│ training, epoch 12 of 38 " in shown
    assert "…" not in shown, "nothing is cut"


@pytest.mark.parametrize("words", [("report", "abc"), ("cancel", "-"), ("cancel", "12a")])
def test_what_is_no_job_is_said_in_one_line(run: Run, store: Store, words: list[str]) -> None:
    assert refusal(run(*words)) == (
        f"faqbot: {words[1]!r} is no job: ids are numbers, `faqbot jobs` shows them"
    )


def test_a_waiting_job_is_cancelled(run: Run, store: Store) -> None:
    job, _ = store.jobs.request(JobKind.RETRAIN)
    result = run("cancel")
    assert (result.code, result.out) == (0, f"Retrain (job {job.id}) is cancelled.\n")
    assert "no job is running or waiting" in refusal(run("cancel"))
    assert f"retrain (job {job.id}) is over: cancelled" in refusal(run("cancel", job.id))
    assert "there is no job 99" in refusal(run("cancel", 99))


def test_a_running_job_is_cancelled_where_it_runs(
    run: Run, store: Store, children: Children, tmp_path: Path
) -> None:
    script = """
        import sys
        from dataclasses import replace
        from bot.cli import main
        from index.jobs import registry
        body = "import sys; print('{\\"progress\\": 0.5, \\"detail\\": \\"begun\\"}', flush=True)"
        command = (sys.executable, "-c", body + "; sys.stdin.read()")
        known = registry.JOB_TYPES["reindex"]
        registry.JOB_TYPES["reindex"] = replace(known, command=command)
        sys.argv = ["faqbot", "reindex"]
        main()
    """
    running = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr
    assert "starting" in running.stderr.readline()
    assert running.stderr.readline() == " 50% begun\n"
    result = run("cancel")
    assert (result.code, result.out) == (0, "Reindex (job 1) is cancelled.\n")
    assert running.stderr.read() == (
        "faqbot: reindex was cancelled: on request; generation 2 answers\n"
    )
    running.stderr.close()
    assert running.wait(30) == 1


def test_an_import_is_not_cancelled_from_elsewhere(run: Run, store: Store) -> None:
    job = store.jobs.start(JobKind.IMPORT)
    assert "stopped by Ctrl-C where it runs" in refusal(run("cancel", job))
