"""Comparing two models: pairs are resampled, and both are asked the same questions."""

import numpy as np
import pytest

from index.search.ranking import BaselineRanker
from train.compare import Comparison, Model, compare, resampled_means
from train.errors import TrainingFailed
from train.ranks import Ints, Ranks

NOTHING = np.zeros(0, dtype=np.float32)


def ranks(values: list[int]) -> Ranks:
    return Ranks(np.array(values, dtype=np.int64), NOTHING, NOTHING, NOTHING)


def pairs(count: int, each: int = 1) -> Ints:
    return np.repeat(np.arange(count), each)


def compared(live: list[int], candidate: list[int], each: int = 1) -> Comparison:
    return compare(ranks(live), ranks(candidate), pairs(len(live) // each, each))


def test_the_figures_are_means_over_questions() -> None:
    comparison = compared([1, 2, 4, 1], [1, 1, 2, 2])

    assert (comparison.questions, comparison.pairs) == (4, 4)
    assert comparison.live.precision_at_1.value == 0.5
    assert comparison.live.mrr.value == pytest.approx((1 + 0.5 + 0.25 + 1) / 4)
    assert comparison.candidate.mrr.value == pytest.approx((1 + 1 + 0.5 + 0.5) / 4)
    assert comparison.mrr_difference.value == pytest.approx(0.25 / 4)
    assert comparison.precision_difference.value == 0


def test_equal_models_do_not_differ() -> None:
    difference = compared([1, 3, 2, 9] * 20, [1, 3, 2, 9] * 20).mrr_difference

    assert (difference.low, difference.value, difference.high) == (0, 0, 0)


def test_a_small_steady_gain_shows_because_the_questions_are_the_same() -> None:
    generator = np.random.default_rng(3)
    live = generator.integers(4, 20, size=60)

    comparison = compared(live.tolist(), (live - 1).tolist())

    apart = comparison.live.mrr.high - comparison.candidate.mrr.low
    assert apart > 0, "the two models' own intervals overlap"
    assert comparison.mrr_difference.low > 0


def test_questions_of_one_pair_do_not_count_as_independent() -> None:
    generator = np.random.default_rng(4)
    live, candidate = generator.integers(1, 5, size=(2, 40))

    def width(each: int) -> float:
        difference = compared(
            np.repeat(live, each).tolist(), np.repeat(candidate, each).tolist(), each
        ).mrr_difference
        return difference.high - difference.low

    assert width(10) == pytest.approx(width(1), rel=0.01), "ten like questions say no more than one"


def test_pairs_with_many_questions_weigh_more() -> None:
    groups = np.array([0, 0, 0, 1])
    values = np.array([[1.0], [1.0], [1.0], [0.0]])

    (estimate,) = resampled_means(values, groups)

    assert estimate.value == 0.75
    assert (estimate.low, estimate.high) == (0.0, 1.0)


def test_the_same_data_give_the_same_interval() -> None:
    live, candidate = [1, 2, 3, 4, 5] * 10, [1, 1, 5, 2, 7] * 10

    assert compared(live, candidate) == compared(live, candidate)


def test_vectors_that_are_no_numbers_are_refused() -> None:
    vectors = np.array([[1.0, np.nan]], dtype=np.float32)

    with pytest.raises(TrainingFailed, match="not numbers"):
        Model(vectors, BaselineRanker())
