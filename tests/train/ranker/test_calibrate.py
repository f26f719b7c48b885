"""How sure to be: curves that only rise, and counts of what they would have answered."""

from itertools import pairwise

import numpy as np
import pytest

from train.ranker.calibrate import FOLDS, OUTSIDE, folds_of, isotonic, platt, precision_curve


def test_questions_of_one_answer_are_in_one_fold() -> None:
    groups = np.repeat(np.arange(-50, 50), 3)

    folds = folds_of(groups)

    assert all(len(set(folds[groups == group])) == 1 for group in groups)
    assert np.bincount(folds).tolist() == [60] * FOLDS


def test_isotonic_calibration_makes_no_equals_of_answers_told_apart() -> None:
    generator = np.random.default_rng(0)
    log_odds = np.sort(generator.normal(scale=3, size=800))
    right = generator.random(800) < 1 / (1 + np.exp(-np.sign(log_odds) * 2))

    calibration = isotonic(log_odds, right, np.ones(800))

    assert calibration.method == "isotonic"
    inner = np.linspace(log_odds[0], log_odds[-1], 50).tolist()
    curve = [calibration.probability(z) for z in inner]
    assert all(a < b for a, b in pairwise(curve))
    assert calibration.probability(-1e9) == calibration.points[0][1]
    assert calibration.probability(1e9) == calibration.points[-1][1]
    assert 0 < curve[0] < 0.25
    assert 0.75 < curve[-1] < 1


def test_platt_calibration_finds_the_curve() -> None:
    generator = np.random.default_rng(0)
    log_odds = generator.normal(scale=2, size=5000)
    right = generator.random(5000) < 1 / (1 + np.exp(-(0.5 * log_odds - 1)))

    calibration = platt(log_odds, right, np.ones(5000))

    assert calibration.method == "platt"
    assert calibration.points[0] == pytest.approx((0.5, -1), abs=0.1)


def test_the_held_out_curve_counts_answers_by_confidence() -> None:
    confidence = np.array([0.95, 0.5, 0.2, 0.9] * 300)
    right = np.array([True, True, False, False] * 300)
    unanswerable = np.array([False, False, False, True] * 300)

    curve = precision_curve(confidence, right, unanswerable)

    # As many as there are questions with an answer, a share of them without one.
    assert curve.answers[0] == 900
    within, outside = (1 - OUTSIDE) * 300, OUTSIDE * 900
    assert curve.right[0] == within * 2
    assert (curve.answers[20], curve.answers[21]) == (900, within * 2 + outside)
    assert (curve.answers[91], curve.right[91]) == (within, within)
    assert (curve.answers[96], curve.right[96]) == (0, 0)
