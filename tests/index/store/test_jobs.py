"""Jobs: asked for, cancelled, recorded."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from index.store import Store, leases
from index.store.leases import INTERRUPTED, Claim, LeaseState, describe
from index.store.types import JobKind, JobState
from tests.index.store.claims import WORK, claimed, found, holds
from tests.index.store.together import OpenStore, at_once

# -- asked for -----------------------------------------------------------------------------


def test_what_is_asked_for_waits_until_somebody_claims_it(store: Store) -> None:
    asked, is_new = store.jobs.request(
        JobKind.RETRAIN, arguments={"depth": "head"}, requested_by="U1", channel="C1"
    )
    assert is_new
    assert (asked.state, asked.started_at, asked.owner) == (JobState.QUEUED, None, None)
    assert store.jobs.is_waiting(WORK)
    job = store.jobs.claim("me", WORK)
    assert job is not None
    assert (job.id, job.state, job.owner) == (asked.id, JobState.RUNNING, "me")
    assert (job.arguments, job.requested_by, job.channel) == ({"depth": "head"}, "U1", "C1")
    assert job.started_at is not None
    assert not store.jobs.is_waiting(WORK)
    assert store.jobs.running() == job == found(store, job.id)


def test_the_oldest_is_claimed_first_of_the_kinds_that_are_wanted(store: Store) -> None:
    for kind in (JobKind.CHECK, JobKind.PURGE, JobKind.RETRAIN):
        store.jobs.request(kind)
    assert not store.jobs.is_waiting((JobKind.REINDEX,))
    assert store.jobs.claim("me", (JobKind.REINDEX,)) is None
    job = store.jobs.claim("me", (JobKind.RETRAIN, JobKind.PURGE))
    assert job is not None
    assert job.kind == JobKind.PURGE


def test_a_second_request_is_the_first_one_s_job(store: Store) -> None:
    first, _ = store.jobs.request(JobKind.RETRAIN)
    assert store.jobs.request(JobKind.RETRAIN, requested_by="U2") == (first, False)
    running = store.jobs.claim("me", WORK)
    assert store.jobs.request(JobKind.RETRAIN) == (running, False)
    assert store.jobs.request(JobKind.REINDEX)[1], "another kind is another job"
    store.jobs.finish(first.id, JobState.DONE, {})
    assert store.jobs.request(JobKind.RETRAIN)[1], "it is over"


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        (JobKind.RETRAIN, {"depth": "head"}, {"depth": "full"}),
        (JobKind.RETRAIN, {}, {"dry_run": True}),
        (JobKind.ROLLBACK, {"generation": 2}, {"generation": 5}),
        (JobKind.ROLLBACK, {}, {"generation": 5}),
    ],
)
@pytest.mark.parametrize("is_running", [False, True])
def test_a_request_for_something_else_is_another_job(
    store: Store, kind: JobKind, first: Any, second: Any, is_running: bool
) -> None:
    one, _ = store.jobs.request(kind, arguments=first)
    if is_running:
        store.jobs.claim("me", WORK)
    other, is_new = store.jobs.request(kind, arguments=second)
    assert is_new
    assert (other.id != one.id, other.state, other.arguments) == (True, "queued", second)
    assert store.jobs.request(kind, arguments=first)[0].id == one.id
    assert store.jobs.request(kind, arguments=second) == (other, False)


def test_a_dry_run_stands_for_no_slot(store: Store) -> None:
    dry = store.jobs.begin(JobKind.RETRAIN, "me", arguments={"dry_run": True})
    slot = "2026-11-23T02:00+00:00"
    nightly, is_new = store.jobs.request(JobKind.RETRAIN, arguments={"scheduled": True}, slot=slot)
    assert is_new
    assert (nightly.slot, found(store, dry.id).slot) == (slot, None)


def test_a_job_that_stands_for_a_slot_is_reported_where_the_slot_is(store: Store) -> None:
    slots = [f"2026-11-{day}T02:00+00:00" for day in (23, 24)]
    asked, _ = store.jobs.request(JobKind.RETRAIN)
    for slot, channel in zip(slots, ("C1", "C2"), strict=True):
        job, is_new = store.jobs.request(
            JobKind.RETRAIN, arguments={"scheduled": True}, slot=slot, channel=channel
        )
        assert (job.id, is_new, job.slot, job.channel) == (asked.id, False, slot, "C1")
    assert job.arguments == {}


def test_what_somebody_asks_for_is_done_even_if_the_schedule_would_skip_it(store: Store) -> None:
    nightly, _ = store.jobs.request(JobKind.RETRAIN, arguments={"scheduled": True}, slot="s")
    job, is_new = store.jobs.request(JobKind.RETRAIN, requested_by="U1")
    assert (job.id, is_new, job.arguments, job.slot) == (nightly.id, False, {}, "s")


def test_a_job_that_is_being_cancelled_stands_for_no_request(store: Store) -> None:
    running = store.jobs.begin(JobKind.RETRAIN, "me")
    store.jobs.cancel(running.id)
    again, is_new = store.jobs.request(JobKind.RETRAIN)
    assert is_new
    assert again.id != running.id


def test_a_dead_runner_s_job_stands_for_no_request(store: Store, no_lease: None) -> None:
    dead = store.jobs.begin(JobKind.RETRAIN, "me")
    _, is_new = store.jobs.request(JobKind.RETRAIN)
    assert is_new
    assert (found(store, dead.id).state, found(store, dead.id).detail) == ("failed", INTERRUPTED)


def test_a_slot_is_asked_for_once_even_after_its_job_is_over(store: Store) -> None:
    first, is_new = store.jobs.request(JobKind.RETRAIN, slot="2026-11-23T02:00+00:00")
    assert is_new
    store.jobs.finish(first.id, JobState.FAILED, {})
    again, is_new = store.jobs.request(JobKind.RETRAIN, slot="2026-11-23T02:00+00:00")
    assert (again.id, is_new) == (first.id, False)
    assert store.jobs.request(JobKind.PURGE, slot="2026-11-23T02:00+00:00")[1], "of another kind"
    assert store.jobs.request(JobKind.RETRAIN, slot="2026-11-24T02:00+00:00")[1]
    now = datetime(2026, 11, 24, 2, tzinfo=UTC)
    assert store.jobs.newest_slot(JobKind.RETRAIN, now) == "2026-11-24T02:00+00:00"
    assert store.jobs.newest_slot(JobKind.REINDEX, now) is None
    before = now - timedelta(days=1, minutes=1)
    assert store.jobs.newest_slot(JobKind.RETRAIN, before) == "2026-11-23T02:00+00:00"


def test_a_job_that_was_open_when_a_slot_came_stands_for_it_for_ever(store: Store) -> None:
    job, _ = store.jobs.request(JobKind.RETRAIN, requested_by="U1")
    for day in (23, 24):
        slot = f"2026-11-{day}T02:00+00:00"
        same, is_new = store.jobs.request(JobKind.RETRAIN, slot=slot)
        assert (same.id, is_new, same.slot) == (job.id, False, slot)
    store.jobs.finish(job.id, JobState.DONE, {})
    assert not store.jobs.request(JobKind.RETRAIN, slot="2026-11-24T02:00+00:00")[1]


def test_requests_at_the_same_time_make_one_job(open_store: OpenStore) -> None:
    results = at_once(open_store, lambda store, n: store.jobs.request(JobKind.RETRAIN))
    assert len({job.id for job, _ in results}) == 1
    assert sum(is_new for _, is_new in results) == 1


def test_requests_for_a_slot_at_the_same_time_make_one_job(open_store: OpenStore) -> None:
    def ask(store: Store, number: int) -> bool:
        job, is_new = store.jobs.request(JobKind.PURGE, slot="2026-11-23T02:00+00:00")
        store.jobs.finish(job.id, JobState.DONE, {})
        return is_new

    assert sum(at_once(open_store, ask)) == 1


# -- cancelling ----------------------------------------------------------------------------


def test_a_waiting_job_is_cancelled_at_once(store: Store) -> None:
    job, _ = store.jobs.request(JobKind.RETRAIN)
    assert store.jobs.cancel(job.id) is JobState.CANCELLED
    assert store.jobs.claim("me", WORK) is None
    assert found(store, job.id).finished_at is not None


def test_a_running_job_is_told(store: Store) -> None:
    claim = claimed(store)
    assert store.jobs.cancel(claim.job_id) is JobState.RUNNING
    assert store.jobs.renew(claim) is LeaseState.CANCELLED
    assert not holds(store, claim)
    assert found(store, claim.job_id).cancel_requested


def test_what_is_over_or_was_never_there_is_not_cancelled(store: Store) -> None:
    claim = claimed(store)
    store.jobs.finish(claim.job_id, JobState.DONE, {})
    assert store.jobs.cancel(claim.job_id) is JobState.DONE
    assert store.jobs.cancel(claim.job_id + 1) is None


def test_a_claim_and_a_cancel_at_the_same_time_leave_no_job_that_nobody_stops(
    open_store: OpenStore,
) -> None:
    store = open_store()
    job, _ = store.jobs.request(JobKind.RETRAIN)

    def act(other: Store, number: int) -> Any:
        return other.jobs.cancel(job.id) if number else other.jobs.claim("me", WORK)

    at_once(open_store, act, count=2)
    after = found(store, job.id)
    assert after.state is JobState.CANCELLED or after.cancel_requested


# -- looking -------------------------------------------------------------------------------


def test_the_newest_jobs_are_found_by_kind_and_state(store: Store) -> None:
    first = claimed(store, JobKind.RETRAIN)
    store.jobs.finish(first.job_id, JobState.DONE, {})
    second, _ = store.jobs.request(JobKind.RETRAIN)
    third, _ = store.jobs.request(JobKind.PURGE)
    assert [job.id for job in store.jobs.latest()] == [third.id, second.id, first.job_id]
    assert [job.id for job in store.jobs.latest(1)] == [third.id]
    retrains = store.jobs.latest(kinds=(JobKind.RETRAIN,))
    assert [job.id for job in retrains] == [second.id, first.job_id]
    done = store.jobs.latest(kinds=(JobKind.RETRAIN,), states=(JobState.DONE,))
    assert [job.id for job in done] == [first.job_id]


def test_a_job_is_described_in_a_line(store: Store) -> None:
    job, _ = store.jobs.request(JobKind.RETRAIN)
    assert describe(job) == "retrain is waiting for its turn"
    store.jobs.claim("me", WORK)
    store.jobs.renew(Claim(job.id, "me"), 0.434)
    line = describe(found(store, job.id))
    assert line.startswith("retrain is running since ")
    assert line.endswith(", at 43 %")


def test_a_job_of_another_day_says_which(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + timedelta(days=1)

    job = store.jobs.begin(JobKind.RETRAIN, "me")
    assert job.started_at is not None
    monkeypatch.setattr(leases, "datetime", Tomorrow)
    assert f"since {job.started_at.astimezone():%F %H:%M}, " in describe(job)


def test_a_job_tells_how_it_ended(store: Store) -> None:
    first = store.jobs.start(JobKind.IMPORT, "faq.csv")
    second = store.jobs.start(JobKind.IMPORT)
    running = {job.id: job for job in store.jobs.latest()}
    assert (running[first].state, running[first].progress) == ("running", 0.0)
    store.jobs.finish(first, JobState.DONE, {"added": 3})
    store.jobs.finish(second, JobState.FAILED, {}, "out of memory")
    newest, oldest = store.jobs.latest()
    assert (newest.id, newest.state, newest.detail) == (second, "failed", "out of memory")
    assert newest.progress < 1
    assert (oldest.state, oldest.progress, oldest.result) == ("done", 1.0, {"added": 3})
    assert oldest.detail == "faq.csv"
    assert oldest.finished_at is not None
    assert [job.id for job in store.jobs.latest(1)] == [second]
