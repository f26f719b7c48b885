"""The check of what is served against the store, as a job of the process that serves it."""

from index.generations.check import check
from index.generations.follow import Serving
from index.jobs.protocol import JobEnding
from index.jobs.results import CheckResult
from index.jobs.worker import Task
from index.progress import Report
from index.store import Store
from index.store.types import Job, JobKind, JobState

# Who asks for the reindex.
CHECK = "index check"


def check_of(serving: Serving, store: Store) -> Task:
    """A check of what is served against the store; where it fails, a reindex is asked for."""

    def run(job: Job, report: Report) -> JobEnding:
        with serving.use() as live:
            problems = check(live, store, report)
        if problems is None:
            return JobEnding("not checked: the index is following the store")
        if not problems:
            return JobEnding("the index matches the store", CheckResult([]))
        repair, _ = store.jobs.request(JobKind.REINDEX, requested_by=CHECK)
        return JobEnding(
            f"the index does not match the store: {'; '.join(problems)}; "
            f"reindex (job {repair.id}) is asked for",
            CheckResult(list(problems), repair.id),
            JobState.FAILED,
        )

    return run
