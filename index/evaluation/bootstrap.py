"""The percentile bootstrap: how far a figure would move with other questions.

Every interval in the product is drawn here, from a fixed seed: the same data give the same one.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int_]

RESAMPLES = 2000
SEED = 0
# The middle 95 %.
QUANTILES = (0.025, 0.975)


@dataclass(frozen=True)
class Estimate:
    """A figure over questions, with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def bootstrap(
    statistic: Callable[[Ints], Sequence[float] | Floats],
    values: Sequence[float] | Floats,
    n: int,
    resamples: int = RESAMPLES,
) -> list[Estimate]:
    """Figures with their intervals.

    Args:
        statistic: The figures for a sample: takes the numbers of what was drawn, shape (n,), with
            repeats, and returns one value for each figure.
        values: The figures for all there is, each once.
        n: How many there are to draw from, and how many are drawn each time.
        resamples: How many samples are drawn.

    Returns:
        One estimate a figure. Its interval is over the samples in which the figure is a number,
        and not a number where there are none, or where the figure itself is not.
    """
    if not n:
        return [Estimate(float(value), math.nan, math.nan) for value in values]
    generator = np.random.default_rng(SEED)
    drawn = np.array([statistic(generator.integers(n, size=n)) for _ in range(resamples)])
    return [_estimate(float(v), column) for v, column in zip(values, drawn.T, strict=True)]


def _estimate(value: float, resampled: Floats) -> Estimate:
    resampled = resampled[~np.isnan(resampled)]
    if not len(resampled) or math.isnan(value):
        return Estimate(value, math.nan, math.nan)
    low, high = np.quantile(resampled, QUANTILES)
    return Estimate(value, float(low), float(high))


def estimate_mean(values: npt.NDArray[Any]) -> Estimate:
    """The mean with its interval; not a number where there are no values.

    Args:
        values: Shape (n,), one value a question.
    """
    values = values.astype(np.float64)
    mean = float(values.mean()) if len(values) else math.nan
    (estimate,) = bootstrap(lambda rows: [values[rows].mean()], [mean], len(values))
    return estimate


def estimate_grouped_means(
    values: Floats, groups: npt.NDArray[np.int_], weights: Floats | None = None
) -> list[Estimate]:
    """The mean of each column with its interval over groups: whole groups are drawn.

    Args:
        values: Shape (n, columns), n > 0.
        groups: The group of each row; shape (n,).
        weights: Of the rows, shape (n,); None for equal ones.

    Returns:
        One estimate a column.
    """
    weights = np.ones(len(values)) if weights is None else weights
    _, group = np.unique(groups, return_inverse=True)
    count = int(group.max()) + 1
    sums = np.zeros((count, values.shape[1]))
    np.add.at(sums, group, weights[:, None] * values)
    sizes = np.bincount(group, weights)

    def means(rows: Ints) -> Floats:
        drawn = np.bincount(rows, minlength=count)
        result: Floats = (drawn @ sums) / (drawn @ sizes)
        return result

    return bootstrap(means, np.average(values, axis=0, weights=weights), count)
