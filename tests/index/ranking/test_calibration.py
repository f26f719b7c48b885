"""From log-odds to a probability, and from held-out answers to a threshold."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from index.ranking.calibration import BOUND, Calibration, PrecisionCurve, lower_bound


@pytest.mark.parametrize(
    "calibration",
    [
        Calibration("platt", ((0.7, -0.2),)),
        Calibration("isotonic", ((-2.0, 0.1), (0.0, 0.3), (3.0, 0.9))),
    ],
)
def test_calibration_only_rises_and_keeps_within_0_and_1(calibration: Calibration) -> None:
    curve = [calibration.probability(z) for z in np.linspace(-50, 50, 501).tolist()]

    assert all(a <= b for a, b in pairwise(curve))
    assert 0 <= curve[0] < curve[-1] <= 1


def test_isotonic_calibration_is_linear_between_its_points() -> None:
    calibration = Calibration("isotonic", ((-2.0, 0.1), (0.0, 0.3), (3.0, 0.9)))

    assert calibration.probability(-1.0) == pytest.approx(0.2)
    assert calibration.probability(1.0) == pytest.approx(0.5)
    assert (calibration.probability(-9), calibration.probability(9)) == (0.1, 0.9)


def curve_of(right: Callable[[float], float], answers: int) -> PrecisionCurve:
    """A held-out curve: answers spread evenly over the confidences, right as a function says."""
    confidence = (np.arange(answers) + 0.5) / answers
    share = np.array([right(c) for c in confidence.tolist()])
    above = [confidence >= k / 100 for k in range(101)]
    return PrecisionCurve(
        tuple(int(chosen.sum()) for chosen in above),
        tuple(int(share[chosen].sum()) for chosen in above),
    )


def test_the_threshold_is_where_the_bound_reaches_the_precision() -> None:
    curve = curve_of(lambda confidence: confidence, 10_000)

    threshold = curve.threshold(0.9)

    assert threshold is not None
    k = round(100 * threshold)
    # From 0.8 up the mean confidence, and so the share that is right, is 0.9; a little more for
    # the bound.
    assert 0.8 < threshold < 0.84
    assert lower_bound(curve.right[k], curve.answers[k]) >= 0.9
    assert lower_bound(curve.right[k - 1], curve.answers[k - 1]) < 0.9


def test_a_higher_precision_never_has_a_lower_threshold() -> None:
    curve = curve_of(lambda confidence: confidence, 2000)
    thresholds = [curve.threshold(precision) for precision in (0.6, 0.7, 0.8, 0.9)]

    assert thresholds == sorted(t for t in thresholds if t is not None)


def test_few_answers_prove_nothing() -> None:
    # All right, but twenty of them: nineteen in twenty is not shown with that.
    assert curve_of(lambda _: 1.0, 20).threshold(0.95) is None
    assert curve_of(lambda _: 1.0, 200).threshold(0.95) is not None
    assert curve_of(lambda _: 0.5, 10_000).threshold(0.9) is None
    assert PrecisionCurve().threshold(0.5) is None


def test_the_bound_is_wilsons() -> None:
    assert lower_bound(0, 0) == 0
    assert lower_bound(90, 100) == pytest.approx(0.8396, abs=1e-3)
    assert lower_bound(10, 10) == pytest.approx(0.787, abs=1e-3)
    assert lower_bound(0, 10) == pytest.approx(0, abs=1e-9)


def test_the_bound_holds_with_the_stated_probability() -> None:
    # Of many draws of answers that are right at a known rate, in 95 of 100 it is not above it.
    right = np.random.default_rng(0).binomial(1000, 0.9, 5000)
    held = np.mean([lower_bound(int(n), 1000) <= 0.9 for n in right])

    assert held == pytest.approx(BOUND, abs=0.01)
