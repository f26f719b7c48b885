"""The status report: the same values as JSON and as lines for people."""

import json
from dataclasses import replace
from pathlib import Path

from bot.settings import BotSettings
from bot.status import collect
from index.store import Store
from index.store.leases import Claim
from index.store.types import JobKind, JobState, PairDraft


def test_an_empty_store_is_reported_too(sqlite_store: Store, tmp_path: Path) -> None:
    report = collect(sqlite_store, BotSettings(timezone="UTC"), tmp_path)

    values = json.loads(json.dumps(report.as_dict()))
    assert list(values) == [
        "problems",
        "pairs",
        "revision",
        "embeddings",
        "live_generation",
        "questions",
        "feedback",
        "failed",
        "running_job",
        "last_retrain",
        "suggestions",
        "answers",
        "schedule",
        "jobs",
        "processes",
    ]
    assert values["live_generation"] is values["running_job"] is values["last_retrain"] is None
    assert (values["answers"], values["failed"], values["jobs"]) == ({}, [], [])
    lines = dict(report.lines())
    assert lines["pairs"] == "none"
    assert lines["live generation"] == "none yet; run `faqbot init`"
    assert lines["suggested wordings"] == "0 waiting for an admin"


def test_the_generation_and_the_jobs_are_reported(sqlite_store: Store, tmp_path: Path) -> None:
    sqlite_store.pairs.upsert([PairDraft("kb", "1", "How?", "So.")])
    live = sqlite_store.generations.add("m1", "faq-1")
    sqlite_store.generations.make_live(live.id)
    imported = sqlite_store.jobs.start(JobKind.IMPORT, "faq.jsonl")
    sqlite_store.jobs.finish(imported, JobState.DONE, {"read": 3, "added": 3})
    running = sqlite_store.jobs.begin(JobKind.REINDEX, "me")
    sqlite_store.jobs.renew(Claim(running.id, "me"), 0.43, "building")

    report = collect(sqlite_store, BotSettings(timezone="UTC"), tmp_path)

    values = report.as_dict()
    assert values["live_generation"] == {
        "id": live.id,
        "model": "m1",
        "collection": "faq-1",
        "pairs_behind": 1,
    }
    assert values["running_job"]["progress"] == 0.43
    assert [job["kind"] for job in values["jobs"]] == ["reindex", "import"]
    lines = dict(report.lines())
    assert lines["live generation"] == f"{live.id} (model m1), 1 pair behind"
    assert lines["running"].endswith("at 43 %: building")
    assert lines[f"job {imported}"].endswith(": 3 read, 3 added"), "its detail names only the files"


def test_people_read_no_names_of_values(sqlite_store: Store, tmp_path: Path) -> None:
    report = replace(
        collect(sqlite_store, BotSettings(), tmp_path), feedback={"solved": 0, "not_it": 1}
    )

    assert dict(report.lines())["feedback"] == "1 not it"
    assert report.as_dict()["feedback"]["not_it"] == 1
