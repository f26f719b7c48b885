"""Recording how a job ended, also where the store is away for a while or the runner is dead."""

import time
from collections.abc import Callable
from typing import TypeVar

import structlog

from index import processes
from index.errors import StoreError
from index.jobs.protocol import JobEnding
from index.jobs.timing import Timing
from index.store import Store
from index.store.leases import Claim
from index.store.types import Job, JobKind, JobState

# Who asked for what the schedule asked for.
SCHEDULE = "schedule"

T = TypeVar("T")

log = structlog.get_logger(__name__)


def claim_of(job: Job) -> Claim:
    """The claim on a job that this process has claimed or begun."""
    assert job.owner is not None, "it is claimed"
    return Claim(job.id, job.owner)


def record_end(
    job: Job, ending: JobEnding, store: Store, *, stopped: str | None, timing: Timing
) -> Job:
    """Record how a job ended; returns it as it is then.

    Args:
        stopped: Why the runner was stopped; None where it was not. What the schedule asked for
            and a stop ended waits for its turn again: its time comes only once.

    Raises:
        StoreError: The store was away for too long.
    """
    claim = claim_of(job)
    if ending.state is JobState.CANCELLED and stopped and job.requested_by == SCHEDULE:
        waits = f"waits for its turn again: {stopped}"
        if patiently(lambda: store.jobs.put_back(claim, waits), timing):
            return patiently(lambda: store.jobs.get(job.id), timing) or job

    def finish() -> bool:
        return store.jobs.finish(
            job.id, ending.state, ending.result.to_json(), ending.detail, owner=claim.owner
        )

    if not patiently(finish, timing):
        log.error("job_lost", job=job.id, kind=job.kind)
    return patiently(lambda: store.jobs.get(job.id), timing) or job


def patiently(act: Callable[[], T], timing: Timing) -> T:
    """Do something in the store, again and again for a while where it is away.

    Raises:
        StoreError: It is away for too long.
    """
    deadline = time.monotonic() + timing.store_patience
    pause = timing.first_pause
    while True:
        try:
            return act()
        except StoreError as error:
            if time.monotonic() + pause > deadline:
                raise
            log.error("store_away", reason=str(error))
        time.sleep(pause)
        pause = min(2 * pause, timing.longest_pause)


def fail_abandoned(store: Store) -> None:
    """Mark jobs as failed whose runners are gone: at once where that was on this machine."""
    running = store.jobs.latest(100, states=(JobState.RUNNING,))
    for owner in {job.owner for job in running if job.owner}:
        if processes.is_dead(owner):
            store.jobs.fail_abandoned_by(owner)
    if any(job.kind != JobKind.IMPORT for job in running):
        store.jobs.fail_abandoned()
