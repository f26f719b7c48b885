"""`faqbot report`."""

import json
import sys
from pathlib import Path

import pytest

from index.store import Store
from index.store.types import JobKind, JobState
from tests.cli.outcomes import Run, refusal


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
