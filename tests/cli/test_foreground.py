"""A job run by a command here and now: its steps, its end, Ctrl-C."""

import json
import signal
import subprocess
import sys
from typing import Any

import pytest

from bot.cli import foreground
from index import processes
from index.store import Store
from index.store.leases import Claim
from index.store.types import JobKind, JobState
from tests.cli.outcomes import Children, Run, failure, refusal

WAIT_FOR_EVER = "sys.stdin.buffer.read()"


def test_a_reindex_tells_its_steps_and_how_it_ended(
    run: Run, store: Store, children: Children
) -> None:
    children("""
        for share, detail in ((0, "loading"), (0.2, "building, 1 of 2"), (0.3, "building, 2 of 2")):
            say(progress=share, detail=detail)
            time.sleep(0.6)
        done("generation 3 is live")
    """)
    result = run("reindex")
    assert (result.code, result.out) == (0, "generation 3 is live\n")
    first, *steps = result.err.splitlines()
    assert first.startswith("Reindex (job 1): starting")
    assert steps == ["  0% loading", " 20% building"]
    job = store.jobs.latest()[0]
    assert (job.kind, job.state, job.requested_by) == ("reindex", "done", "command line")


def test_a_step_that_takes_long_says_how_far_it_is(
    run: Run, store: Store, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreground, "LINE_EVERY_S", 0.5)
    children("""
        for built in range(1, 4):
            say(progress=built / 10, detail=f"building, {built} of 3")
            time.sleep(0.7)
        done("generation 3 is live")
    """)
    _, *steps = run("reindex").err.splitlines()
    assert steps == [" 10% building", " 20% building, 2 of 3", " 30% building, 3 of 3"]


@pytest.mark.parametrize(
    ("words", "kind", "arguments"),
    [
        (["retrain"], "retrain", {}),
        (
            ["retrain", "--depth", "head", "--dry-run"],
            "retrain",
            {"depth": "head", "dry_run": True},
        ),
        (["rollback"], "rollback", {}),
        (["rollback", "1"], "rollback", {"generation": 1}),
        (["reindex"], "reindex", {}),
    ],
)
@pytest.mark.usefixtures("both_kept", "trainable")
def test_a_job_is_told_what_was_asked_for(
    run: Run, store: Store, children: Children, words: list[str], kind: str, arguments: Any
) -> None:
    children('done("fine", given=order["arguments"], kind=order["kind"])')
    result = run(*words, "--json")
    assert result.code == 0
    job = json.loads(result.out)
    assert (job["state"], job["detail"]) == ("done", "fine")
    assert job["result"] == {"given": arguments, "kind": kind}
    assert job["arguments"] == arguments


def test_a_failure_is_one_line_and_says_what_answers(
    run: Run, store: Store, children: Children
) -> None:
    children('say(state="failed", detail="the model is damaged", result={})')
    line = failure(run("reindex"))
    assert line == "faqbot: reindex failed: the model is damaged; generation 2 answers"


def test_a_crash_names_the_log(run: Run, store: Store, children: Children) -> None:
    children("sys.exit(7)")
    line = failure(run("reindex"))
    assert "the reindex process ended with status 7; see faqbot-data/jobs/1/log.txt" in line


@pytest.mark.usefixtures("trainable")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_ends_the_job_and_the_live_generation_answers_on(
    run: Run, store: Store, children: Children, number: int, code: int
) -> None:
    before = signal.getsignal(number)
    children(f"os.kill(os.getppid(), {int(number)}); {WAIT_FOR_EVER}")
    result = run("retrain")
    assert (result.code, result.out) == (code, "")
    assert result.err.endswith(
        "Interrupted: retrain (job 1) is marked as cancelled; generation 2 answers.\n"
    )
    job = store.jobs.latest()[0]
    assert (job.state, job.detail) == ("cancelled", "interrupted at the command line")
    assert signal.getsignal(number) is before


def test_while_one_runs_another_says_since_when(run: Run, store: Store, children: Children) -> None:
    children("done()")
    job = store.jobs.begin(JobKind.RETRAIN, "elsewhere/1:1:0a1b2c3d")
    store.jobs.renew(Claim(job.id, job.owner or ""), 0.43)
    line = refusal(run("reindex"))
    assert line.startswith("faqbot: retrain is running since ")
    assert ", at 43 %; wait for it, or stop it: faqbot cancel" in line
    assert len(store.jobs.latest()) == 1


def test_a_killed_command_is_in_nobody_s_way(run: Run, store: Store, children: Children) -> None:
    children("done()")
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    machine = processes.owner().split(":")[0]
    dead = store.jobs.begin(JobKind.RETRAIN, f"{machine}:{gone.pid}:0a1b2c3d")
    assert run("reindex").code == 0
    interrupted = store.jobs.get(dead.id)
    assert interrupted is not None
    assert interrupted.state is JobState.FAILED
