"""`python -m index.jobs`: rebuild the index, roll back or purge, as ordered on stdin."""

import sys

from index.jobs import registry
from index.jobs.child import run
from index.jobs.protocol import JobEnding, JobOrder
from index.progress import Report


def _task(order: JobOrder, report: Report) -> JobEnding:
    # Imported late: a cancelled child should not have to wait for it.
    ending: JobEnding = registry.job_type(order.kind).load_task()(order, report)
    return ending


if __name__ == "__main__":
    sys.exit(run(_task))
