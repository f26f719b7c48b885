"""`faqbot status`."""

import json
from typing import Any

import pytest

from index.store import Store
from index.store.leases import Claim
from index.store.types import JobKind, JobState
from tests.cli.outcomes import Run


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
