"""Bootstrap intervals: of means, of means over groups, and of any other figure."""

import math

import numpy as np
import pytest

from index.evaluation.bootstrap import bootstrap, estimate_grouped_means, estimate_mean


def test_the_interval_brackets_the_mean_and_is_as_wide_as_it_should() -> None:
    values = np.array([1.0] * 700 + [0.0] * 300)

    result = estimate_mean(values)

    error = math.sqrt(0.7 * 0.3 / 1000)
    assert result.value == pytest.approx(0.7)
    assert result.low == pytest.approx(0.7 - 1.96 * error, abs=0.004)
    assert result.high == pytest.approx(0.7 + 1.96 * error, abs=0.004)
    assert estimate_mean(values) == result, "the same every time"


def test_nothing_has_no_mean() -> None:
    estimate = estimate_mean(np.array([]))

    assert all(math.isnan(figure) for figure in (estimate.value, estimate.low, estimate.high))


def test_groups_with_many_rows_weigh_more() -> None:
    groups = np.array([0, 0, 0, 1])
    values = np.array([[1.0], [1.0], [1.0], [0.0]])

    (estimate,) = estimate_grouped_means(values, groups)

    assert estimate.value == 0.75
    assert (estimate.low, estimate.high) == (0.0, 1.0)


def test_weighted_means_are_those_of_repeated_rows() -> None:
    values, groups = np.array([[1.0], [0.0], [3.0]]), np.array([0, 1, 1])

    (weighted,) = estimate_grouped_means(values, groups, np.array([2.0, 1.0, 1.0]))
    (repeated,) = estimate_grouped_means(values[[0, 0, 1, 2]], groups[[0, 0, 1, 2]])

    assert weighted == repeated


def test_groups_of_one_row_are_rows() -> None:
    values = np.random.default_rng(1).random(50)

    (grouped,) = estimate_grouped_means(values[:, None], np.arange(50))
    alone = estimate_mean(values)

    assert (grouped.low, grouped.high) == pytest.approx((alone.low, alone.high))


def test_samples_in_which_a_figure_is_no_number_are_passed_over() -> None:
    values = np.array([1.0, 2.0, math.nan])

    def least(rows: np.ndarray) -> list[float]:
        return [float(values[rows].min()), math.nan]

    known, never = bootstrap(least, [1.0, 1.0], 3)
    (unknown,) = bootstrap(lambda rows: [1.0], [math.nan], 3)

    assert 1 <= known.low <= known.high <= 2
    assert math.isnan(never.low)
    assert math.isnan(unknown.high)
