"""`python -m train`: one retrain, as ordered on stdin by the process that records it."""

import sys

from index.jobs.child import Ending, Order, run
from index.progress import Report


def _work(order: Order, report: Report) -> Ending:
    # Imported late: a cancelled child should not have to wait for it.
    from train.run import retrain

    return retrain(order, report)


if __name__ == "__main__":
    sys.exit(run(_work))
