"""`python -m index.jobs`: rebuild the index, roll back or purge, as ordered on stdin."""

import sys

from index.jobs.child import Ending, Order, run
from index.progress import Report


def _work(order: Order, report: Report) -> Ending:
    # Imported late: a cancelled child should not have to wait for it.
    from index.jobs.tasks import WORKS

    return WORKS[order.kind](order, report)


if __name__ == "__main__":
    sys.exit(run(_work))
