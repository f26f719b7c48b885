"""The measures of confidence: worked out by hand, and held to scikit-learn's."""

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from index.evaluation.metrics import (
    answer_rate,
    auroc,
    expected_calibration_error,
    measures,
    summarise,
)
from tests.support.tables import table


def floats(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def bools(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.bool_)


def test_auroc_counts_ties_half() -> None:
    # Of the six pairs of a right and a wrong answer: 0.9 is surer than both wrong ones, 0.5 than
    # one and as sure as the other, 0.2 than neither.
    confidence = floats(0.9, 0.5, 0.5, 0.2, 0.3)
    right = bools(1, 1, 0, 1, 0)

    assert auroc(confidence, right) == pytest.approx((2 + 1.5 + 0) / 6)


@table(range(5))
def test_auroc_is_scikit_learns(seed: int) -> None:
    generator = np.random.default_rng(seed)
    right = generator.random(300) < 0.7
    # Rounded, so that many are equal.
    confidence = np.round(np.clip(0.4 * right + 0.6 * generator.random(300), 0, 1), 1 + seed % 2)

    assert auroc(confidence, right) == pytest.approx(roc_auc_score(right, confidence))


@pytest.mark.parametrize("right", [bools(), bools(1, 1), bools(0, 0)])
def test_auroc_says_nothing_where_all_are_of_one_kind(right: np.ndarray) -> None:
    assert math.isnan(auroc(np.linspace(0, 1, len(right)), right))


def test_weights_count_as_repeats() -> None:
    confidence, right = floats(0.9, 0.3, 0.35, 0.8), bools(1, 0, 1, 0)
    times = np.array([3, 1, 2, 2])
    repeated = np.repeat(confidence, times), np.repeat(right, times)

    for measure in (auroc, expected_calibration_error):
        assert measure(confidence, right, times.astype(float)) == pytest.approx(measure(*repeated))


def test_the_calibration_error_is_the_gap_by_tenths() -> None:
    # From 0.8 to 0.9: 0.85 on average, half of them right. From 0.1 to 0.2: 0.15, none right.
    confidence = floats(0.81, 0.89, 0.15)
    right = bools(1, 0, 0)

    expected = (2 * abs(0.85 - 0.5) + 1 * 0.15) / 3
    assert expected_calibration_error(confidence, right) == pytest.approx(expected)


def test_full_certainty_belongs_to_the_highest_tenth() -> None:
    # One is too sure by 1, the other not sure enough by 0.05: within one tenth that makes 0.95.
    assert expected_calibration_error(floats(1.0, 0.95), bools(0, 1)) == pytest.approx(0.95 / 2)
    assert expected_calibration_error(floats(1.0, 0.0), bools(1, 0)) == 0
    assert expected_calibration_error(floats(1.0, 0.0), bools(0, 1)) == 1


def test_no_answers_have_no_calibration() -> None:
    assert math.isnan(expected_calibration_error(floats(), bools()))


def test_perfect_separation_answers_all_that_is_right() -> None:
    confidence = np.concatenate([np.linspace(0.8, 0.9, 60), np.linspace(0.1, 0.2, 40)])
    right = np.arange(100) < 60

    rate, reached = answer_rate(confidence, right, 1.0)

    # Just below the threshold of one half a few of the other half's right ones may lie.
    assert 0.55 < rate <= 0.6
    assert reached == 1.0


def test_where_no_threshold_reaches_the_precision_nothing_is_answered() -> None:
    confidence = np.linspace(0, 1, 50)

    rate, reached = answer_rate(confidence, np.zeros(50, dtype=np.bool_), 0.9)

    assert rate == 0
    assert math.isnan(reached)


def test_equals_are_answered_together_or_not_at_all() -> None:
    # All are equally sure, and 80 % are right, in whatever order they come.
    confidence = np.full(100, 0.5)

    for right in (np.arange(100) < 80, np.arange(100) >= 20):
        assert answer_rate(confidence, right, 0.6) == (pytest.approx(1), pytest.approx(0.8))
        assert answer_rate(confidence, right, 0.95)[0] == 0


def test_the_threshold_is_chosen_on_the_other_half() -> None:
    # One right and one wrong answer: each half has one. Chosen on both, the threshold would be
    # 0.9, with half of the queries answered and all of them right. Chosen on the right one, it is
    # 0.9, and the wrong one is below it; chosen on the wrong one there is none.
    assert answer_rate(floats(0.9, 0.1), bools(1, 0), 0.9)[0] == 0

    # Chosen on the right one, 0.1, the surer wrong one is answered.
    rate, reached = answer_rate(floats(0.1, 0.9), bools(1, 0), 0.9)
    assert rate == pytest.approx(0.5)
    assert reached == 0


def test_confidence_that_says_nothing_does_not_reach_a_higher_precision() -> None:
    # With the threshold chosen on the answers it is measured on, luck would always reach it.
    generator = np.random.default_rng(1)
    confidence, right = generator.random(200), generator.random(200) < 0.7

    _, reached = answer_rate(confidence, right, 0.9)

    assert reached < 0.85


def test_an_answer_rate_is_the_same_every_time() -> None:
    generator = np.random.default_rng(2)
    confidence = generator.random(101)
    right = generator.random(101) < confidence

    assert answer_rate(confidence, right, 0.8) == answer_rate(confidence, right, 0.8)


@pytest.mark.parametrize("n", [0, 1])
def test_what_cannot_be_halved_has_no_answer_rate(n: int) -> None:
    rate, reached = answer_rate(np.full(n, 0.9), np.ones(n, dtype=np.bool_), 0.9)

    assert math.isnan(rate)
    assert math.isnan(reached)


def test_the_measures_find_what_was_drawn() -> None:
    generator = np.random.default_rng(3)
    confidence = generator.random(20_000)
    right = generator.random(20_000) < confidence

    figures = measures(confidence, right)

    # Above t, (1 + t) / 2 are right: 90 % from 0.8 on, 95 % from 0.9 on.
    assert figures["answer_rate_at_90"] == pytest.approx(0.2, abs=0.03)
    assert figures["precision_reached_at_90"] == pytest.approx(0.9, abs=0.01)
    assert figures["answer_rate_at_95"] == pytest.approx(0.1, abs=0.03)
    assert figures["precision_reached_at_95"] == pytest.approx(0.95, abs=0.01)
    assert figures["auroc"] == pytest.approx(5 / 6, abs=0.01)
    assert figures["ece"] < 0.02


def test_recall_counts_ranks_up_to_k() -> None:
    # The last two have no right answer.
    ranks, answerable = np.array([1, 3, 4, 5, 6, 0, 0, 0]), np.arange(8) < 6

    result = summarise(ranks, np.full(8, 0.5), answerable)

    assert (result.n, result.n_without_answer) == (6, 2)

    assert result.precision_at_1.value == pytest.approx(1 / 6)
    assert result.recall_at_3.value == pytest.approx(2 / 6)
    assert result.recall_at_5.value == pytest.approx(4 / 6)
    assert result.mrr.value == pytest.approx((1 + 1 / 3 + 1 / 4 + 1 / 5 + 1 / 6) / 6)


def test_confidence_is_measured_on_the_answer_that_came_first() -> None:
    # Right, second only, not found, and nothing to be found.
    result = summarise(
        np.array([1, 2, 0, 0]),
        np.array([0.9, 0.6, 0.5, 0.95]),
        np.array([True, True, True, False]),
    )

    # Surer than two of the three wrong ones.
    assert result.of_confidence["auroc"].value == pytest.approx(2 / 3)
    # 0.9 and 0.95 are in one tenth, where one of two is right.
    assert result.of_confidence["ece"].value == pytest.approx((1.85 - 1 + 0.6 + 0.5) / 4)


def test_intervals_of_confidence_bracket_it_and_are_the_same_every_time() -> None:
    generator = np.random.default_rng(0)
    confidence = generator.random(300)
    ranks = (generator.random(300) < confidence).astype(int)

    result = summarise(ranks, confidence, np.ones(300, dtype=np.bool_))

    for name in ("auroc", "ece", "answer_rate_at_90", "answer_rate_at_95"):
        figure = result.of_confidence[name]
        assert 0 <= figure.low <= figure.high <= 1
        assert figure.low < figure.high, name
    auroc = result.of_confidence["auroc"]
    assert auroc.low < auroc.value < auroc.high
    assert summarise(ranks, confidence, np.ones(300, dtype=np.bool_)) == result
