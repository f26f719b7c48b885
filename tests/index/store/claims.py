"""Claiming a job, and looking how it stands."""

from index.store import Store, leases
from index.store.leases import Claim
from index.store.types import Job, JobKind

WORK = (JobKind.RETRAIN, JobKind.REINDEX, JobKind.ROLLBACK, JobKind.PURGE)


def claimed(store: Store, kind: JobKind = JobKind.REINDEX) -> Claim:
    job = store.jobs.begin(kind, "me")
    return Claim(job.id, "me")


def found(store: Store, job_id: int) -> Job:
    job = store.jobs.get(job_id)
    assert job is not None
    return job


def holds(store: Store, claim: Claim) -> bool:
    with store.database.read() as connection:
        return leases.holds(connection, claim)
