"""Comparing two models: pairs are resampled, and both are asked the same questions."""

from pathlib import Path

import numpy as np
import pytest

from index.model.embedder import Embedder
from index.model.served import ServedModel
from index.ranking.ranker_file import shipped
from index.store import Store
from train.data import Snapshot
from train.errors import TrainingFailed
from train.promotion.compare import (
    Comparison,
    Model,
    compare,
    compare_rankers,
)
from train.ranker.fit import Judged
from train.ranker.simulated_search import Ints, SimulatedSearch


def ranks(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int64)


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


def test_the_same_data_give_the_same_interval() -> None:
    live, candidate = [1, 2, 3, 4, 5] * 10, [1, 1, 5, 2, 7] * 10

    assert compared(live, candidate) == compared(live, candidate)


def test_vectors_that_are_no_numbers_are_refused() -> None:
    vectors = np.array([[1.0, np.nan]], dtype=np.float32)

    with pytest.raises(TrainingFailed, match="not numbers"):
        Model(vectors, shipped())


def judged(truth: list[float], before: list[float], weight: list[float], each: int = 1) -> Judged:
    """Questions whose right answer is first where it has more than half of the probability."""
    now, then = np.array(truth), np.array(before)
    return Judged(
        confidence=now,
        right=now > 0.5,
        truth=now,
        before=then,
        right_before=then > 0.5,
        truth_before=then,
        weight=np.array(weight),
        group=np.repeat(np.arange(len(truth) // each), each),
    )


def test_rankers_are_compared_by_what_they_say_of_the_truth() -> None:
    comparison = compare_rankers(judged([0.9, 0.9], [0.9, 0.45], [1.0, 1.0]))

    assert comparison.log_loss_gain.value == pytest.approx(np.log(2) / 2)
    assert comparison.precision_gain.value == 0.5
    assert comparison.questions == 2


def test_questions_without_an_answer_count_little_and_in_the_log_loss_only() -> None:
    comparison = compare_rankers(judged([0.8, 0.9], [0.8, 0.45], [1.0, 0.25]))

    assert comparison.log_loss_gain.value == pytest.approx(0.25 * np.log(2) / 1.25)
    assert (comparison.precision_gain.value, comparison.questions) == (0, 1)


def test_a_ranker_that_is_always_surely_wrong_is_not_the_better_one() -> None:
    # It gives the truth nothing, however right it is about its own answers.
    comparison = compare_rankers(judged([0.6] * 50, [0.01] * 50, [1.0] * 50))

    assert comparison.log_loss_gain.low > 0


def test_both_models_get_a_ranker_of_their_own_from_other_questions(
    reworded: Snapshot, base_models: Path, helpdesk_store: Store
) -> None:
    embedder = Embedder(ServedModel.load(base_models, "base", "cpu"), helpdesk_store.embeddings)
    search = SimulatedSearch(reworded.pairs)
    vectors = embedder.embed(list(search.texts))

    few = Model.on_equal_terms(search, reworded.held_out[:3], embedder, vectors)
    many = Model.on_equal_terms(search, reworded.train, embedder, vectors)

    assert few.ranker == shipped(), "too few questions to fit one"
    assert many.ranker.weights != shipped().weights
    assert many.ranker.calibration == shipped().calibration
