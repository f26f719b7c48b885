"""Confidence against what was right."""

import math

import numpy as np
import pytest

from train.promotion.reliability import log_losses, reliability
from train.ranker.calibrate import Bools, Floats


def equal(n: int) -> Floats:
    return np.ones(n)


def test_the_error_is_the_mean_distance_from_what_was_right() -> None:
    confidence = np.array([0.95] * 10 + [0.25] * 10 + [1.0])
    right = np.array([True] * 5 + [False] * 5 + [False] * 10 + [True])

    measured = reliability(confidence, right, equal(21))

    assert [part.answers for part in measured.bins] == [10, 11]
    expected = (10 * 0.25 + 11 * abs((0.95 * 10 + 1.0) / 11 - 6 / 11)) / 21
    assert measured.error == pytest.approx(expected)


def test_weights_count_as_repeats() -> None:
    confidence, right = np.array([0.9, 0.3, 0.35, 0.8]), np.array([True, False, True, False])
    times = np.array([3, 1, 2, 2])

    weighted = reliability(confidence, right, times.astype(float))
    repeated = reliability(np.repeat(confidence, times), np.repeat(right, times), equal(8))

    assert weighted.error == pytest.approx(repeated.error)
    assert weighted.auroc == pytest.approx(repeated.auroc)
    assert [b.right for b in weighted.bins] == pytest.approx([b.right for b in repeated.bins])


@pytest.mark.parametrize(
    ("confidence", "right", "auroc"),
    [
        ([0.9, 0.8, 0.2, 0.1], [True, True, False, False], 1.0),
        ([0.1, 0.2, 0.8, 0.9], [True, True, False, False], 0.0),
        ([0.5, 0.5, 0.5, 0.5], [True, True, False, False], 0.5),
        ([0.9, 0.5, 0.5, 0.1], [True, True, False, False], 0.875),
    ],
)
def test_auroc_is_the_share_of_pairs_in_order(
    confidence: list[float], right: list[bool], auroc: float
) -> None:
    measured = reliability(np.array(confidence), np.array(right), equal(4))

    assert measured.auroc == pytest.approx(auroc)


@pytest.mark.parametrize("right", [np.ones(3, dtype=bool), np.zeros(3, dtype=bool)])
def test_auroc_of_one_kind_only_is_no_number(right: Bools) -> None:
    assert math.isnan(reliability(np.array([0.1, 0.5, 0.9]), right, equal(3)).auroc)


def test_a_truth_that_was_ruled_out_costs_much_but_not_everything() -> None:
    losses = log_losses(np.array([1.0, 0.5, 0.0]))

    assert losses.tolist() == pytest.approx([0.0, math.log(2), math.log(1000)])
