"""One job at a time, under a lease; and what a lease fences."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from index.store import Store, leases, tables
from index.store.leases import INTERRUPTED, Claim, JobRunning, LeaseState
from index.store.types import GenerationState, Job, JobKind, JobState
from tests.index.store.claims import WORK, claimed, found, holds
from tests.index.store.together import OpenStore, at_once

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
        patch.setattr(leases, "LEASE", timedelta(seconds=-1))
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
        patch.setattr(leases, "LEASE", timedelta(seconds=-1))
        claimed(store)
    store.jobs.request(JobKind.PURGE)
    results = at_once(open_store, lambda store, n: store.jobs.claim(f"w{n}", WORK))
    assert sum(job is not None for job in results) == 1


def test_a_lease_that_a_wrong_clock_gave_ends_in_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(leases, "LEASE", timedelta(days=11 * 365))
        dead = claimed(store)
    store.jobs.fail_abandoned()
    assert holds(store, dead), "its runner may be alive, and renew it"
    with monkeypatch.context() as patch:
        patch.setattr(leases, "datetime", LaterClock)
        store.jobs.fail_abandoned()
    assert found(store, dead.job_id).state is JobState.FAILED


class LaterClock(datetime):
    """A clock that shows the time when a lease that was given now has ended."""

    @classmethod
    def now(cls, tz: Any = None) -> "LaterClock":
        return super().now(tz) + leases.LEASE + timedelta(seconds=1)


def test_a_clock_set_back_costs_no_running_job(store: Store) -> None:
    claim = claimed(store)
    with store.database.write() as connection:
        hour = datetime.now(UTC) + timedelta(hours=1)
        connection.execute(sa.update(tables.jobs).values(lease_until=hour + leases.LEASE))
    store.jobs.fail_abandoned()
    assert store.jobs.renew(claim) is LeaseState.HELD


def test_an_import_that_began_in_the_future_is_given_up(store: Store) -> None:
    job = store.jobs.start(JobKind.IMPORT)
    with store.database.write() as connection:
        ahead = datetime.now(UTC) + timedelta(days=900)
        connection.execute(sa.update(tables.jobs).values(started_at=ahead))
    store.jobs.fail_abandoned()
    assert found(store, job).state is JobState.FAILED


def test_the_jobs_of_a_dead_owner_are_failed_and_of_no_other(store: Store) -> None:
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
            sa.update(tables.jobs)
            .where(tables.jobs.c.id == old)
            .values(started_at=datetime.now(UTC) - timedelta(days=2))
        )
    store.jobs.fail_abandoned()
    assert [found(store, job).state for job in (old, new)] == ["failed", "running"]


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
