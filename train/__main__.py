"""`python -m train`: one retrain, as ordered on stdin by the process that records it."""

import sys

from index.jobs.child import run
from index.jobs.protocol import JobEnding, JobOrder
from index.progress import Report


def _task(order: JobOrder, report: Report) -> JobEnding:
    # Imported late: a cancelled child should not have to wait for it.
    from train.run import retrain

    return retrain(order, report)


if __name__ == "__main__":
    sys.exit(run(_task))
