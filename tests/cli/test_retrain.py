"""Long work, generations, golden questions and jobs from the command line."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import structlog

from index import processes
from index.generations.setup import open_engine
from index.jobs import supervisor as parent
from index.settings import IndexSettings
from index.store import Store
from index.store.jobs import Claim
from index.store.types import JobKind, JobState, PairDraft, Status

# Runs `faqbot ARGS...` in this process; gives `code`, `out` and `err`.
Run = Callable[..., Any]
# Puts a script in the place of the processes that do the work.
Children = Callable[[str], None]

CHILD = """
import json, os, signal, sys, time
order = json.loads(sys.stdin.buffer.readline())
say = lambda **what: print(json.dumps(what), flush=True)
done = lambda detail="done", **result: say(state="done", detail=detail, result=result)
{body}
"""
WAIT_FOR_EVER = "sys.stdin.buffer.read()"
PROMOTED = {
    "promoted": True,
    "reason": "better",
    "generation": 2,
    "precision_at_1": {"live": 0.667, "candidate": 0.731},
    "n_held_out": 120,
}
FAQBOT = str(Path(sys.executable).with_name("faqbot"))


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """The commands' store: two pairs, two generations, the second one live. No model, no index."""
    store = Store.open(IndexSettings(data_dir=tmp_path / "faqbot-data").store_url)
    store.pairs.upsert([PairDraft("kb", "1", "How?", "So."), PairDraft("kb", "2", "Why?", "Thus.")])
    for number in (1, 2):
        generation = store.generations.add(f"m{number}", f"faq-{number}")
        store.generations.make_live(generation.id)
    yield store
    store.close()


@pytest.fixture
def children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Children:
    def put(body: str) -> None:
        script = tmp_path / "child.py"
        script.write_text(CHILD.format(body=textwrap.dedent(body)))
        for kind in JobKind:
            monkeypatch.setitem(parent.COMMANDS, kind, [sys.executable, str(script)])  # type: ignore[misc]

    return put


def refusal(result: Any, code: int = 1) -> str:
    """The one line on standard error with which a command fails."""
    assert result.code == code, result
    assert result.out == ""
    (line,) = [line for line in result.err.splitlines() if line.startswith("faqbot: ")]
    assert "Traceback" not in result.err
    return str(line)


# -- long work -----------------------------------------------------------------------------


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


def test_a_promoted_model_is_said_with_its_figures(
    run: Run, store: Store, children: Children
) -> None:
    children(f'done("better", **{PROMOTED!r})')
    assert run("retrain").out == (
        "Promoted: precision@1 0.67 -> 0.73 on 120 held-out questions; "
        "generation 2 is live (was 2)\n"
    )


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ({"promoted": False}, "Not promoted: no better; generation 2 stays live\n"),
        (
            {"promoted": False, "dry_run": True},
            "Dry run: no better; generation 2 stays live\n",
        ),
        (
            {"promoted": False, "went_live": "ranking", "generation": 3},
            "Kept the model, with a new ranking: no better; generation 3 is live (was 2)\n",
        ),
    ],
)
def test_an_honest_no_is_no_failure(
    run: Run, store: Store, children: Children, result: dict[str, Any], said: str
) -> None:
    children(f'done("no better", **{result!r})')
    ended = run("retrain")
    assert (ended.code, ended.out) == (0, said)


def test_a_failure_is_one_line_and_says_what_answers(
    run: Run, store: Store, children: Children
) -> None:
    children('say(state="failed", detail="the model is damaged", result={})')
    line = refusal(run("reindex"))
    assert line == "faqbot: reindex failed: the model is damaged; generation 2 answers"


@pytest.mark.parametrize("words", [("report", "abc"), ("cancel", "-"), ("cancel", "12a")])
def test_what_is_no_job_is_said_in_one_line(run: Run, store: Store, words: list[str]) -> None:
    assert refusal(run(*words)) == (
        f"faqbot: {words[1]!r} is no job: ids are numbers, `faqbot jobs` shows them"
    )


def test_what_is_no_generation_is_said_with_those_that_can_be_gone_back_to(
    run: Run, store: Store, tmp_path: Path
) -> None:
    line = refusal(run("rollback", "abc"))
    assert line == "faqbot: 'abc' is no generation; there is none to go back to yet"
    settings = IndexSettings(data_dir=tmp_path / "faqbot-data")
    with closing(open_engine(settings)) as engine:
        engine.create("faq-1", dimension=4).close()
    (settings.models_dir / "m1").mkdir(parents=True)
    line = refusal(run("rollback", "abc"))
    assert line == "faqbot: 'abc' is no generation; to go back to there is 1"
    assert store.jobs.latest() == []


def test_a_crash_names_the_log(run: Run, store: Store, children: Children) -> None:
    children("sys.exit(7)")
    line = refusal(run("reindex"))
    assert "the reindex process ended with status 7; see faqbot-data/jobs/1/log.txt" in line


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
    assert (job.state, job.detail) == ("cancelled", "cancelled: interrupted at the command line")
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


def test_training_needs_its_extra(
    run: Run, store: Store, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    children("done()")
    monkeypatch.setattr(parent.importlib.util, "find_spec", lambda name: None)
    assert "uv pip install -e '.[train]'" in refusal(run("retrain"))
    assert store.jobs.latest() == []
    assert run("reindex").code == 0


# -- what came of it -----------------------------------------------------------------------


def test_generations_are_listed_with_the_live_one_marked(run: Run, store: Store) -> None:
    store.generations.make_live(1)
    listed = json.loads(run("generations", "--json").out)
    assert [(g["id"], g["model"], g["live"]) for g in listed] == [
        (2, "m2", False),
        (1, "m1", True),
    ]
    assert [g["id"] for g in json.loads(run("generations", "--limit", "1", "--json").out)] == [2]
    table = run("generations").out
    assert [line for line in table.splitlines() if "live" in line and "m1" in line]
    assert not [line for line in table.splitlines() if "live" in line and "m2" in line]


def test_tables_fit_a_terminal_of_80_columns(
    run: Run, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    model = "m-20261121T020004-a81c32"
    store.generations.make_live(store.generations.add(model, "faq-3").id)
    (shown,) = [line for line in run("generations").out.splitlines() if model in line]
    assert re.fullmatch(r"│ 3 .*│ live .*(│ \d{4}-\d\d-\d\d \d\d:\d\d ){2}│", shown)

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


def test_without_generations_it_says_what_to_do(run: Run) -> None:
    assert "faqbot init" in run("generations").out
    assert json.loads(run("generations", "--json").out) == []


@pytest.fixture
def reported(store: Store, tmp_path: Path) -> int:
    """A retrain with a report, and one after it without; gives the first one's id."""
    first, _ = store.jobs.request(JobKind.RETRAIN)
    store.jobs.finish(first.id, JobState.DONE, {})
    second, _ = store.jobs.request(JobKind.RETRAIN)
    store.jobs.finish(second.id, JobState.FAILED, {})
    folder = tmp_path / "faqbot-data" / "jobs" / str(first.id)
    folder.mkdir(parents=True)
    (folder / "report.md").write_text("# Retrain\n\nNo better: größer\n", "utf-8")
    (folder / "report.json").write_text('{"promoted": false}\n')
    (folder / "flips.png").write_bytes(b"")
    return first.id


def test_the_last_report_is_shown(run: Run, reported: int) -> None:
    for words in (["report"], ["report", str(reported)]):
        result = run(*words)
        assert (result.code, result.out) == (0, "# Retrain\n\nNo better: größer\n")
        assert result.err == f"Pictures in faqbot-data/jobs/{reported}: flips.png\n"
    assert json.loads(run("report", "--json").out) == {"promoted": False}


def test_on_a_terminal_a_report_is_drawn(
    run: Run, reported: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        "# Retrain 1: refused\n\n![What flipped](flips.png)\n\n| a | b |\n|---|---|\n| 1 | [2] |\n"
    )
    (tmp_path / "faqbot-data" / "jobs" / str(reported) / "report.md").write_text(text)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    shown = run("report").out
    assert "Retrain 1: refused" in shown
    assert "[2]" in shown
    assert "|" not in shown
    assert "flips.png" not in shown


def test_a_report_that_is_not_there_is_explained(run: Run, store: Store, reported: int) -> None:
    reindex, _ = store.jobs.request(JobKind.REINDEX)
    assert "is no retrain (reindex); only a retrain has a report" in refusal(
        run("report", reindex.id)
    )
    assert f"retrain {reported + 1} (failed) has no report" in refusal(run("report", reported + 1))
    assert "there is no job 99" in refusal(run("report", 99))


def test_before_the_first_retrain_there_is_no_report(run: Run, store: Store) -> None:
    assert "`faqbot retrain` makes one" in refusal(run("report"))


# -- golden questions ----------------------------------------------------------------------


def test_a_question_is_pinned_to_a_pair_listed_and_removed(run: Run, store: Store) -> None:
    pair = PairDraft("kb", "1", "How?", "So.").id
    added = run("golden", "add", "how is it done?", "--pair", pair)
    assert (added.code, added.out) == (0, "Golden question 1 is pinned.\n")
    assert "So." in added.err
    by_name = run("golden", "add", "and why?", "--source", "kb", "--external-id", "2")
    assert by_name.code == 0
    first, second = json.loads(run("golden", "list", "--json").out)
    assert (first["question"], first["pair_id"]) == ("how is it done?", pair)
    assert (second["source"], second["external_id"]) == ("kb", "2")
    assert second["created_by"] == "command line"
    assert "how is it done?" in run("golden", "list").out
    assert run("golden", "remove", "1").code == 0
    assert "there is no golden question 1" in refusal(run("golden", "remove", "1"))
    assert len(store.golden.all()) == 1


def test_pinning_again_changes_nothing(run: Run, store: Store) -> None:
    one, two = (PairDraft("kb", name, "", "").id for name in ("1", "2"))
    run("golden", "add", "how is it done?", "--pair", one)
    again = run("golden", "add", "HOW is it done?", "--pair", one)
    assert (again.code, again.out) == (0, "Golden question 1 is there already.\n")
    other = run("golden", "add", "how is it done?", "--pair", two)
    assert "first run `faqbot golden remove 1`" in other.err
    assert other.code == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["how?"], "add --yes, or name the pair with --pair"),
        (["  ", "--yes"], "the question is empty"),
        (["how?", "--pair", "nonsense"], "there is no pair nonsense"),
        (["how?", "--source", "kb"], "give both"),
        (["how?", "--source", "kb", "--external-id", "9"], "there is no pair "),
        (["how?", "--pair", "x", "--source", "kb", "--external-id", "1"], "not both"),
    ],
)
def test_what_cannot_be_pinned_is_said_in_one_line(
    run: Run, store: Store, words: list[str], said: str
) -> None:
    assert said in refusal(run("golden", "add", *words))
    assert store.golden.all() == []


def test_a_retired_pair_is_not_pinned_to(run: Run, store: Store) -> None:
    draft = PairDraft("kb", "3", "When?", "Then.", status=Status.RETIRED)
    store.pairs.upsert([draft])
    assert "only an active pair" in refusal(run("golden", "add", "when?", "--pair", draft.id))


def test_what_the_bot_answers_now_is_pinned_and_checked(
    run: Run, data_dir: Path, faq: Path
) -> None:
    assert run("golden", "check").code == 0, "there are none yet"
    run("import", faq)
    added = run("golden", "add", "vpn keeps disconnecting", "--yes")
    assert added.code == 0
    assert "Update it:" in added.err, "the admin sees what is pinned"
    nonsense = run("golden", "add", "purple elephants dance", "--yes")
    assert "the bot would not answer this question now" in refusal(nonsense)
    right = run("golden", "check")
    assert right.code == 0
    assert "1 of 1 golden questions are answered right." in right.out

    run("golden", "add", "add a signature to my mail", "--source", "faq", "--external-id", "code")
    wrong = run("golden", "check", "--json")
    assert wrong.code == 1
    checked = json.loads(wrong.out)
    assert [question["right"] for question in checked] == [True, False]
    assert run("golden", "check").code == 1


def test_a_golden_question_of_a_retired_pair_proves_nothing(
    run: Run, data_dir: Path, faq: Path
) -> None:
    run("import", faq)
    run("golden", "add", "what is 0x80070057?", "--source", "faq", "--external-id", "code")
    faq.write_text(faq.read_text("utf-8").split("\n")[0] + "\n", "utf-8")
    run("import", faq, "--sync")
    checked = run("golden", "check")
    assert checked.code == 0
    assert "1 left out, whose pairs are not active" in checked.out
    assert "(retired)" in run("golden", "list").out


# -- jobs ----------------------------------------------------------------------------------


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
        from bot.cli import main
        from bot.jobs import child
        from index.store.types import JobKind
        body = "import sys; print('{\\"progress\\": 0.5, \\"detail\\": \\"begun\\"}', flush=True)"
        child.COMMANDS[JobKind.REINDEX] = [
            sys.executable, "-c", body + "; sys.stdin.read()"
        ]
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
        "faqbot: reindex was cancelled on request; generation 2 answers\n"
    )
    running.stderr.close()
    assert running.wait(30) == 1


def test_an_import_is_not_cancelled_from_elsewhere(run: Run, store: Store) -> None:
    job = store.jobs.start(JobKind.IMPORT)
    assert "stopped by Ctrl-C where it runs" in refusal(run("cancel", job))


def test_status_shows_what_runs_what_was_and_what_comes(run: Run, store: Store) -> None:
    retrain, _ = store.jobs.request(JobKind.RETRAIN)
    store.jobs.finish(retrain.id, JobState.DONE, {}, "no better")
    running = store.jobs.begin(JobKind.REINDEX, "elsewhere/1:1:1")
    store.jobs.renew(Claim(running.id, running.owner or ""), 0.43, "building the index")
    status = json.loads(run("status", "--json").out)
    assert status["running_job"]["id"] == running.id
    assert status["last_retrain"]["detail"] == "no better"
    assert set(status["schedule"]) == {"retrain", "check", "purge"}
    table = run("status").out
    assert "at 43 %" in table
    assert "no better" in table
    assert "next retrain" in table


def test_status_is_shown_where_the_time_zone_is_unknown(
    run: Run, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown() -> Any:
        raise KeyError("no zone")

    monkeypatch.setattr("bot.schedule.get_localzone", unknown)
    result = run("status", "--json")
    assert result.code == 0
    assert json.loads(result.out)["schedule"] == {}


# -- the worker ----------------------------------------------------------------------------


@pytest.mark.slow
def test_a_worker_needs_no_slack_runs_what_is_asked_for_and_stops_when_told(
    store: Store, tmp_path: Path
) -> None:
    # It fails for want of a model, in a process of its own: enough to see that it was run.
    job, _ = store.jobs.request(JobKind.REINDEX)
    worker = subprocess.Popen(
        [FAQBOT, "worker"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"FAQBOT_BOT_LOG_FORMAT": "json"},
    )
    assert worker.stderr
    events = []
    for line in worker.stderr:
        events.append(json.loads(line)["event"])
        if events[-1] == "job_failed":
            break
    worker.send_signal(signal.SIGTERM)
    rest = worker.stderr.read()
    worker.stderr.close()
    assert worker.wait(30) == 0
    assert events == ["worker_started", "job_started", "job_failed"]
    assert "Traceback" not in rest
    ended = store.jobs.get(job.id)
    assert ended is not None
    assert ended.state is JobState.FAILED
    assert (tmp_path / "faqbot-data" / "jobs" / str(job.id) / "log.txt").exists()
