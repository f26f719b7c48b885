"""The kinds of jobs: what is listed follows from the registry alone."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.cards.admin import job_title
from bot.cards.wording import help_text
from bot.schedule import Schedule, timetable
from bot.settings import BotSettings
from index.jobs import registry
from index.jobs.registry import JobType, Runs, Scheduled
from index.jobs.supervisor import Supervisor
from index.jobs.worker import Worker, worker_stop
from index.settings import IndexSettings
from index.store import Store
from index.store.types import Job, JobKind, JobState
from tests.index.jobs.runs import ended

DIGEST = """
import sys
from index.jobs.child import run
from index.jobs.protocol import JobEnding
from index.jobs.results import RawResult

def digest(order, report):
    report(0.5, "counting")
    return JobEnding(f"{order.kind} of {order.arguments['days']} days", RawResult({"sent": True}))

sys.exit(run(digest))
"""


@pytest.fixture
def digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> JobType:
    """A kind of job that only this test knows: one file, one entry."""
    script = tmp_path / "digest.py"
    script.write_text(DIGEST)
    entry = JobType(
        "digest",
        Runs.IN_CHILD,
        command=(sys.executable, str(script)),
        options={"days": "{} days"},
        schedule=Scheduled("purge_schedule", arguments_from={"days": "keep_questions_days"}),
        slack_help=": what was asked",
    )
    monkeypatch.setitem(registry.JOB_TYPES, entry.kind, entry)
    return entry


def test_a_new_kind_runs(digest: JobType, sqlite_store: Store, tmp_path: Path) -> None:
    settings = IndexSettings(data_dir=tmp_path)
    worker = Worker(Supervisor(sqlite_store, settings, None, limit_s=60, stop=worker_stop()))
    job, _ = sqlite_store.jobs.request(digest.kind, arguments={"days": 7})
    worker.start()
    done = ended(sqlite_store, job)
    worker.stop()
    assert (done.kind, done.state, done.detail) == ("digest", "done", "digest of 7 days")
    assert done.result == {"sent": True}


def test_a_new_kind_is_on_the_schedule(digest: JobType, sqlite_store: Store) -> None:
    bot = BotSettings(timezone="UTC", keep_questions_days=30)
    generation = sqlite_store.generations.add("m1", "faq-1")
    sqlite_store.generations.make_live(generation.id)

    assert digest.kind in timetable(bot)
    schedule = Schedule(sqlite_store, bot)
    schedule.request_due(digest.kind)
    schedule.request_due(digest.kind, datetime.now(UTC) + timedelta(days=2))

    (job,) = sqlite_store.jobs.latest()
    assert (job.kind, job.arguments, job.requested_by) == ("digest", {"days": 30}, "schedule")


def test_a_new_kind_has_a_title_and_words(digest: JobType) -> None:
    job = Job(1, digest.kind, JobState.QUEUED, 0.0, None, arguments={"days": 7})

    assert job_title(job) == "Digest (7 days)"
    assert "\n• `/faq digest`: what was asked\n" in help_text(registry.slack_commands())
    assert digest.kind in registry.cancellable()


def test_a_kind_of_a_later_version_is_shown_all_the_same() -> None:
    job = Job(1, "a-later-kind", JobState.DONE, 1.0, None, arguments={"days": 7})

    assert job_title(job) == "A-later-kind"


def test_every_kind_that_code_speaks_of_is_registered() -> None:
    assert list(registry.JOB_TYPES) == [
        JobKind.IMPORT,
        JobKind.RETRAIN,
        JobKind.REINDEX,
        JobKind.ROLLBACK,
        JobKind.CHECK,
        JobKind.PURGE,
    ]
    assert set(registry.JOB_TYPES) == set(JobKind)


@pytest.mark.parametrize("known", registry.JOB_TYPES.values(), ids=registry.JOB_TYPES)
def test_what_an_entry_names_is_there(known: JobType) -> None:
    if known.task is not None:
        assert callable(known.load_task())
    if known.schedule is not None:
        fields = BotSettings.model_fields
        assert known.schedule.setting in fields
        assert set(known.schedule.arguments_from.values()) <= set(fields)
        assert known.schedule.channel_from is None or known.schedule.channel_from in fields
