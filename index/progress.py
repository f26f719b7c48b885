"""Progress of long work, as it is told to whoever watches."""

from collections.abc import Callable

Report = Callable[[float, str], None]
"""Told the share of the whole work that is done (0 to 1), and one line such as
"training, epoch 12 of 38": the step, a comma, and how far it is."""

Counter = Callable[[int, int], None]
"""Told how many are done, and how many there are in all."""


def within(report: Report, start: float, end: float) -> Report:
    """A report on a part of the work, as one on the whole of it."""
    return lambda share, detail: report(start + share * (end - start), detail)
