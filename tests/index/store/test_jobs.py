"""Jobs: asked for, claimed by one, renewed, cancelled, recorded; and what a lease fences."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from index.store import Store
from index.store import jobs as module
from index.store.jobs import INTERRUPTED, Claim, JobRunning, LeaseState, describe
from index.store.types import GenerationState, Job, JobKind, JobState
from tests.index.store.together import OpenStore, at_once

WORK = (JobKind.RETRAIN, JobKind.REINDEX, JobKind.ROLLBACK, JobKind.PURGE)


@pytest.fixture
def no_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases that have ended when they are given."""
    monkeypatch.setattr(module, "LEASE", timedelta(seconds=-1))


def claimed(store: Store, kind: JobKind = JobKind.REINDEX) -> Claim:
    job = store.jobs.begin(kind, "me")
    return Claim(job.id, "me")


def found(store: Store, job_id: int) -> Job:
    job = store.jobs.get(job_id)
    assert job is not None
    return job


def holds(store: Store, claim: Claim) -> bool:
    with store.database.read() as connection:
        return module.holds(connection, claim)


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
    assert store.jobs.newest_slot(JobKind.RETRAIN) == "2026-11-24T02:00+00:00"
    assert store.jobs.newest_slot(JobKind.REINDEX) is None


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


# -- one at a time -------------------------------------------------------------------------


def test_one_job_runs_at_a_time_whatever_its_kind(store: Store) -> None:
    running = store.jobs.begin(JobKind.RETRAIN, "me")
    store.jobs.request(JobKind.PURGE)
    assert store.jobs.claim("other", WORK) is None
    with pytest.raises(JobRunning, match=r"^retrain is running since \d\d:\d\d, at 0 %; ") as error:
        store.jobs.begin(JobKind.REINDEX, "other")
    assert error.value.job == running
    assert "faqbot cancel" in str(error.value)
    store.jobs.finish(running.id, JobState.DONE, {})
    assert store.jobs.claim("other", WORK) is not None


def test_an_import_takes_no_turn(store: Store) -> None:
    job = store.jobs.start(JobKind.IMPORT)
    assert store.jobs.running() is None
    store.jobs.begin(JobKind.RETRAIN, "me")
    store.jobs.start(JobKind.IMPORT)
    store.jobs.fail_abandoned()
    assert found(store, job).state is JobState.RUNNING


def test_claims_at_the_same_time_give_the_job_to_one(open_store: OpenStore) -> None:
    open_store().jobs.request(JobKind.REINDEX)
    results = at_once(open_store, lambda store, n: store.jobs.claim(f"w{n}", WORK))
    (job,) = [job for job in results if job is not None]
    assert open_store().jobs.running() == job


def test_claims_of_several_jobs_at_the_same_time_start_one(open_store: OpenStore) -> None:
    store = open_store()
    for kind in WORK:
        store.jobs.request(kind)
    results = at_once(open_store, lambda store, n: store.jobs.claim(f"w{n}", WORK))
    assert sum(job is not None for job in results) == 1
    assert len(store.jobs.latest(10, states=(JobState.RUNNING,))) == 1


def test_begins_and_claims_at_the_same_time_start_one(open_store: OpenStore) -> None:
    open_store().jobs.request(JobKind.REINDEX)

    def take(store: Store, number: int) -> Job | None:
        if number % 2:
            return store.jobs.claim(f"w{number}", WORK)
        try:
            return store.jobs.begin(JobKind.RETRAIN, f"w{number}")
        except JobRunning:
            return None

    assert sum(job is not None for job in at_once(open_store, take)) == 1


# -- the lease -----------------------------------------------------------------------------


def test_a_renewal_records_progress(store: Store) -> None:
    claim = claimed(store)
    assert store.jobs.renew(claim, 0.43, "training, epoch 12 of 38") is LeaseState.HELD
    job = found(store, claim.job_id)
    assert (job.progress, job.detail) == (0.43, "training, epoch 12 of 38")
    assert store.jobs.renew(claim) is LeaseState.HELD
    assert found(store, claim.job_id).progress == 0.43
    store.jobs.renew(claim, 7.0)
    assert found(store, claim.job_id).progress == 1


def test_a_lease_that_is_renewed_lasts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(module, "LEASE", timedelta(seconds=-1))
        claim = claimed(store)
    assert store.jobs.renew(claim) is LeaseState.HELD, "late, but nobody had noticed"
    store.jobs.fail_abandoned()
    assert holds(store, claim)


def test_the_next_one_has_its_turn_when_a_lease_ends(store: Store, no_lease: None) -> None:
    dead = claimed(store)
    store.jobs.request(JobKind.PURGE)
    job = store.jobs.claim("other", WORK)
    assert job is not None
    interrupted = found(store, dead.job_id)
    assert (interrupted.state, interrupted.detail) == (JobState.FAILED, INTERRUPTED)
    assert interrupted.finished_at is not None
    assert store.jobs.renew(dead, 0.9) is LeaseState.LOST
    assert not holds(store, dead)
    assert not store.jobs.finish(dead.job_id, JobState.DONE, {"n": 1}, "done", owner="me")
    assert found(store, dead.job_id) == interrupted


def test_a_lease_that_ended_at_the_same_time_for_all_is_taken_over_by_one(
    open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store()
    with monkeypatch.context() as patch:
        patch.setattr(module, "LEASE", timedelta(seconds=-1))
        claimed(store)
    store.jobs.request(JobKind.PURGE)
    results = at_once(open_store, lambda store, n: store.jobs.claim(f"w{n}", WORK))
    assert sum(job is not None for job in results) == 1


def test_the_jobs_of_a_dead_owner_are_buried_and_of_no_other(store: Store) -> None:
    mine = claimed(store)
    store.jobs.fail_abandoned_by("other")
    assert holds(store, mine)
    store.jobs.fail_abandoned_by("me")
    assert found(store, mine.job_id).detail == INTERRUPTED
    assert store.jobs.running() is None


def test_an_owner_finishes_its_job_once(store: Store) -> None:
    claim = claimed(store)
    assert not store.jobs.finish(claim.job_id, JobState.DONE, {}, owner="other")
    assert store.jobs.finish(claim.job_id, JobState.FAILED, {"at": 2}, "no memory", owner="me")
    assert not store.jobs.finish(claim.job_id, JobState.DONE, {}, owner="me")
    job = found(store, claim.job_id)
    assert (job.state, job.result, job.detail) == (JobState.FAILED, {"at": 2}, "no memory")


def test_a_job_that_is_put_back_waits_again_but_not_for_ever(store: Store) -> None:
    job, _ = store.jobs.request(JobKind.RETRAIN, arguments={"scheduled": True}, slot="s")
    for _ in range(2):
        claimed_job = store.jobs.claim("me", WORK)
        assert claimed_job is not None
        assert store.jobs.put_back(Claim(job.id, "me"), "the bot was stopped")
        waiting = found(store, job.id)
        assert (waiting.state, waiting.owner, waiting.started_at) == ("queued", None, None)
        assert store.jobs.running() is None
    assert store.jobs.request(JobKind.RETRAIN)[0].id == job.id, "it is still the same work"
    store.jobs.claim("me", WORK)
    assert not store.jobs.put_back(Claim(job.id, "me"), "the bot was stopped")
    assert found(store, job.id).state is JobState.RUNNING


def test_what_was_cancelled_or_is_somebody_else_s_is_not_put_back(store: Store) -> None:
    claim = claimed(store)
    assert not store.jobs.put_back(Claim(claim.job_id, "other"), "stopped")
    store.jobs.cancel(claim.job_id)
    assert not store.jobs.put_back(claim, "stopped")


def test_an_import_that_nobody_has_ended_for_a_day_is_given_up(store: Store) -> None:
    old, new = store.jobs.start(JobKind.IMPORT), store.jobs.start(JobKind.IMPORT)
    with store.database.write() as connection:
        connection.execute(
            sa.update(module.jobs)
            .where(module.jobs.c.id == old)
            .values(started_at=datetime.now(UTC) - timedelta(days=2))
        )
    store.jobs.fail_abandoned()
    assert [found(store, job).state for job in (old, new)] == ["failed", "running"]


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


# -- what a lease fences -------------------------------------------------------------------


def test_a_job_moves_the_pointer_while_it_has_its_lease(store: Store) -> None:
    claim = claimed(store)
    generation = store.generations.add("m2", "faq-2", claim.job_id)
    assert generation.job_id == claim.job_id
    before = datetime.now(UTC)
    assert store.generations.make_live(generation.id, claim)
    live = store.generations.live()
    assert live is not None
    assert live.id == generation.id
    assert live.live_at is not None
    assert live.live_at >= before


@pytest.mark.parametrize("how", ["interrupted", "cancelled", "finished", "somebody else's"])
def test_a_job_without_its_lease_leaves_the_pointer_alone(store: Store, how: str) -> None:
    first, second = store.generations.add("m1", "faq-1"), store.generations.add("m2", "faq-2")
    store.generations.make_live(first.id)
    claim = claimed(store)
    if how == "interrupted":
        store.jobs.fail_abandoned_by("me")
    elif how == "cancelled":
        store.jobs.cancel(claim.job_id)
    elif how == "finished":
        store.jobs.finish(claim.job_id, JobState.FAILED, {})
    else:
        claim = Claim(claim.job_id, "other")
    assert not store.generations.make_live(second.id, claim)
    live = store.generations.live()
    assert live is not None
    assert live.id == first.id


def test_a_cancel_at_the_moment_of_the_switch_comes_before_or_after_it(
    open_store: OpenStore,
) -> None:
    store = open_store()
    claim = claimed(store)
    generation = store.generations.add("m1", "faq-1", claim.job_id)

    def act(other: Store, number: int) -> Any:
        if number:
            return other.jobs.cancel(claim.job_id)
        return other.generations.make_live(generation.id, claim)

    results = at_once(open_store, act, count=2)
    moved = True in results
    assert (store.generations.live() is not None) == moved
    assert found(store, claim.job_id).cancel_requested


def test_a_dropped_generation_never_goes_live_and_the_live_one_is_not_dropped(
    store: Store,
) -> None:
    first, second = store.generations.add("m1", "faq-1"), store.generations.add("m2", "faq-2")
    assert store.generations.make_live(first.id)
    assert not store.generations.mark_dropped(first.id)
    assert store.generations.mark_dropped(second.id)
    assert not store.generations.make_live(second.id)
    assert [g.id for g in store.generations.all(GenerationState.READY)] == [first.id]
    assert [g.id for g in store.generations.all()] == [second.id, first.id]


def test_a_switch_and_a_drop_at_the_same_time_leave_one_of_them(open_store: OpenStore) -> None:
    store = open_store()
    generation = store.generations.add("m1", "faq-1")

    def act(other: Store, number: int) -> bool:
        if number:
            return other.generations.mark_dropped(generation.id)
        return other.generations.make_live(generation.id)

    assert sorted(at_once(open_store, act, count=2)) == [False, True]
    live = store.generations.live()
    after = store.generations.get(generation.id)
    assert after is not None
    assert (live is None) == (after.state is GenerationState.DROPPED)


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
    monkeypatch.setattr(module, "datetime", Tomorrow)
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
