"""Whose turn it is: one job runs at a time, under a lease in its row.

The lease ends with the process that renews it. What is done here is part of the caller's
transaction.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from index.errors import FaqbotError
from index.store.tables import jobs
from index.store.types import Job, JobKind, JobState

# Renewed every few seconds; a runner that dies is noticed when it has passed. It is written and
# read by each machine's own clock, so it must be long against what their clocks differ.
LEASE = timedelta(seconds=90)
RENEW_EVERY_S = 5.0
INTERRUPTED = "interrupted: the process that ran it ended"
# Imports are recorded, but take no turn: they may run beside anything.
_UNLEASED = (JobKind.IMPORT,)
# For an import whose process cannot be looked at: no import takes so long.
_IMPORT_LIMIT = timedelta(days=1)
# Any number does, as long as no other lock of the store takes it.
_TURN = 7032727


@dataclass(frozen=True)
class Claim:
    """A job in a process's hands."""

    job_id: int
    owner: str


class LeaseState(StrEnum):
    """How a job's lease stands for its claimant, as a renewal finds it."""

    HELD = "held"
    CANCELLED = "cancelled"
    LOST = "lost"


class JobRunning(FaqbotError):
    """Another job has its turn; the message says which, since when and how far it is."""

    def __init__(self, job: Job) -> None:
        super().__init__(f"{describe(job)}; wait for it, or stop it: faqbot cancel")
        self.job = job


def describe(job: Job) -> str:
    """One line on a job that is not over, such as "retrain is running since 02:00, at 43 %"."""
    if job.state is JobState.QUEUED or job.started_at is None:
        return f"{job.kind} is waiting for its turn"
    since = job.started_at.astimezone()
    day = "%H:%M" if since.date() == datetime.now().astimezone().date() else "%F %H:%M"
    return f"{job.kind} is running since {since.strftime(day)}, at {job.progress * 100:.0f} %"


def lease_end() -> datetime:
    """When a lease ends that is given or renewed now."""
    return datetime.now(UTC) + LEASE


def is_claimed(claim: Claim) -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions on the row of a job: that it runs, and is in the claimant's hands."""
    return (
        jobs.c.id == claim.job_id,
        jobs.c.owner == claim.owner,
        jobs.c.state == JobState.RUNNING,
    )


def holds(connection: sa.Connection, claim: Claim) -> bool:
    """Whether a claim stands; inside a write transaction it stands until that ends."""
    query = (
        sa.select(jobs.c.id).where(*is_claimed(claim), ~jobs.c.cancel_requested).with_for_update()
    )
    return connection.scalar(query) is not None


def take_turn(connection: sa.Connection) -> None:
    """Let nobody else look for the running job until the transaction ends.

    Two who look whether a job runs must not both find none. (SQLite holds its write lock.)
    """
    if connection.dialect.name != "sqlite":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_TURN)))


def running_job(connection: sa.Connection) -> sa.Row[Any] | None:
    """The row of the job that has its turn."""
    return connection.execute(
        sa.select(jobs)
        .where(jobs.c.state == JobState.RUNNING, jobs.c.kind.not_in(_UNLEASED))
        .limit(1)
    ).one_or_none()


def fail_abandoned(connection: sa.Connection) -> None:
    """Mark jobs as failed whose lease has ended, and imports that nobody ended for too long."""
    now = datetime.now(UTC)
    # Given by a clock that was wrong, or has been set back since. Whoever renews it is not
    # disturbed; if nobody does, it ends as if it had been renewed now.
    connection.execute(
        sa.update(jobs)
        .where(jobs.c.state == JobState.RUNNING, jobs.c.lease_until > now + 2 * LEASE)
        .values(lease_until=now + LEASE)
    )
    is_given_up = jobs.c.kind.in_(_UNLEASED) & sa.or_(
        jobs.c.started_at < now - _IMPORT_LIMIT, jobs.c.started_at > now + _IMPORT_LIMIT
    )
    mark_interrupted(connection, (jobs.c.lease_until < now) | is_given_up)


def mark_interrupted(connection: sa.Connection, dead: sa.ColumnElement[bool]) -> None:
    """Mark running jobs as failed whose process has ended without a word."""
    connection.execute(
        sa.update(jobs)
        .where(jobs.c.state == JobState.RUNNING, dead)
        .values(
            state=JobState.FAILED,
            detail=INTERRUPTED,
            finished_at=datetime.now(UTC),
            lease_until=None,
        )
    )
