"""Confidence fitted to a model: believable where there is evidence, as shipped elsewhere."""

import subprocess
import sys

import numpy as np
import pytest

from index.search.ranking import BaselineRanker
from train.calibrate import (
    MIN_QUESTIONS,
    Examples,
    calibrate,
    examples_of,
    noisy,
    questions_for,
    reliability,
)
from train.data import Snapshot, wordings_of
from train.ranks import Asked, Faq, Ranks

SHIPPED = BaselineRanker()


def simulated(questions: int, truth: BaselineRanker, seed: int = 0) -> Examples:
    """Answers that are right as often as a ranker's confidence says."""
    generator = np.random.default_rng(seed)
    size = 2 * questions
    score, margin = generator.uniform(0.2, 1.0, size), generator.uniform(0, 0.4, size)
    z = truth.intercept + truth.score_weight * score + truth.margin_weight * margin
    return Examples(
        score=score,
        margin=margin,
        right=generator.random(size) < 1 / (1 + np.exp(-z)),
        pair=np.arange(size) % questions,
    )


def test_a_model_with_other_cosines_gets_other_constants() -> None:
    truth = BaselineRanker(intercept=-6, score_weight=6, margin_weight=12)

    calibration = calibrate(simulated(4000, truth), SHIPPED)

    fitted = calibration.ranker
    assert calibration.fitted
    assert fitted.intercept == pytest.approx(-6, abs=0.5)
    assert fitted.score_weight == pytest.approx(6, abs=0.8)
    assert fitted.margin_weight == pytest.approx(12, abs=1.2)
    assert calibration.after.error < 0.02 < calibration.before.error


def test_the_order_of_answers_is_not_touched() -> None:
    fitted = calibrate(simulated(500, SHIPPED), SHIPPED).ranker

    assert (fitted.answer_discount, fitted.bm25_weight, fitted.rival_floor) == (
        SHIPPED.answer_discount,
        SHIPPED.bm25_weight,
        SHIPPED.rival_floor,
    )


def test_few_questions_leave_the_shipped_constants() -> None:
    calibration = calibrate(simulated(MIN_QUESTIONS - 1, SHIPPED), SHIPPED)

    assert not calibration.fitted
    assert calibration.ranker == SHIPPED
    assert calibration.after == calibration.before


def test_little_evidence_moves_the_constants_little() -> None:
    truth = BaselineRanker(intercept=-12, score_weight=14, margin_weight=30)

    little = calibrate(simulated(MIN_QUESTIONS, truth), SHIPPED).ranker
    much = calibrate(simulated(5000, truth), SHIPPED).ranker

    assert abs(little.intercept - SHIPPED.intercept) < abs(much.intercept - SHIPPED.intercept)
    assert little.margin_weight < much.margin_weight


def test_a_higher_score_never_makes_an_answer_less_likely() -> None:
    upside_down = simulated(1000, SHIPPED)
    upside_down = Examples(
        1 - upside_down.score, -upside_down.margin, upside_down.right, upside_down.pair
    )

    fitted = calibrate(upside_down, SHIPPED).ranker

    assert fitted.score_weight >= 0
    assert fitted.margin_weight >= 0


def test_reliability_is_the_mean_distance_from_what_was_right() -> None:
    confidence = np.array([0.95] * 10 + [0.25] * 10 + [1.0])
    right = np.array([True] * 5 + [False] * 5 + [False] * 10 + [True])

    measured = reliability(confidence, right)

    assert [part.answers for part in measured.bins] == [10, 11]
    expected = (10 * 0.25 + 11 * abs((0.95 * 10 + 1.0) / 11 - 6 / 11)) / 21
    assert measured.error == pytest.approx(expected)


def test_each_question_is_an_example_with_its_answer_and_one_without() -> None:
    column = np.array
    ranks = Ranks(
        rank=column([1, 3]),
        own=column([0.9, 0.4], dtype=np.float32),
        first=column([0.6, 0.7], dtype=np.float32),
        second=column([0.5, 0.6], dtype=np.float32),
    )

    examples = examples_of([Asked("p", 4, True), Asked("q", 5, True)], ranks, rival_floor=0.55)

    assert examples.right.tolist() == [True, False, False, False]
    assert examples.score == pytest.approx([0.9, 0.7, 0.6, 0.7])
    assert examples.margin == pytest.approx([0.9 - 0.6, 0.7 - 0.6, 0.6 - 0.55, 0.7 - 0.6])
    assert examples.pair.tolist() == [4, 5, 4, 5]


def test_pairs_with_phrasings_are_asked_unseen_and_others_with_noise(reworded: Snapshot) -> None:
    faq = Faq(reworded.pairs)

    asked = questions_for(faq, reworded.pairs)

    assert {question.unseen for question in asked} == {True, False}
    for question in asked:
        wordings = wordings_of(faq.pairs[question.pair])
        assert question.unseen is (len(wordings) > 1)
        assert (question.text in wordings) is question.unseen


def test_noise_is_the_same_in_every_process() -> None:
    texts = [f"How do I reset password number {i} of the mail server?" for i in range(20)]
    code = f"from train.calibrate import noisy; print([noisy(t) for t in {texts!r}])"

    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout

    assert other.strip() == repr([noisy(text) for text in texts])
    assert all(noisy(text) for text in texts)
    assert sum(noisy(text) != text for text in texts) > 15
