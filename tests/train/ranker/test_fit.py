"""The ranker learns from a team's pairs whom to trust, and how sure to be."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from index.ranking.calibration import Calibration
from index.ranking.features import FEATURES
from index.ranking.ranker import SIGNALS, LearnedRanker
from index.ranking.ranker_file import shipped
from tests.train.ranker.faqs import asked_of
from train.promotion.reliability import reliability
from train.ranker.calibrate import OUTSIDE
from train.ranker.fit import MIN_QUESTIONS, Fit, fit_order, fit_ranker


@cache
def fit_to(kind: str, questions: int = 200) -> Fit:
    return fit_ranker(asked_of(kind, questions), shipped())


def bm25_share(fit: Fit) -> float:
    return fit.parts["bm25"] + fit.parts["bm25_share"]


def first_right(fit: Fit) -> float:
    assert fit.judged
    return float(fit.judged.right[fit.judged.weight == 1.0].mean())


def test_it_learns_which_retriever_to_trust() -> None:
    codes, chatty = fit_to("codes"), fit_to("chatty")

    assert bm25_share(codes) > 2 * bm25_share(chatty)
    assert first_right(codes) > 0.95
    assert first_right(chatty) > 0.8
    assert sum(codes.parts.values()) == pytest.approx(1)


def test_one_fixed_fusion_would_be_wrong_on_one_of_them() -> None:
    weights = fit_to("codes").ranker.weights
    examples = asked_of("chatty", 200)

    known = [e for e in examples if e.weight == 1.0]
    right = [int(np.argmax(e.x @ np.asarray(weights))) == e.right for e in known]

    assert np.mean(right) < first_right(fit_to("chatty")) - 0.05


@pytest.mark.parametrize("kind", ["codes", "chatty"])
def test_confidence_is_low_where_nothing_is_right(kind: str) -> None:
    judged = fit_to(kind).judged
    assert judged
    known = judged.weight == 1.0

    found, without = judged.confidence[known], judged.confidence[~known]

    assert np.median(without) < np.median(found) - 0.2
    balanced = np.where(known, 1.0, known.sum() / (~known).sum())
    assert reliability(judged.confidence, judged.right, balanced).auroc > 0.85


def test_confidence_is_calibrated_out_of_fold() -> None:
    judged = fit_to("chatty", 400).judged
    assert judged

    after = reliability(judged.confidence, judged.right, judged.weight)
    before = reliability(judged.before, judged.right_before, judged.weight)

    assert after.error < 0.06
    assert after.error < before.error


def test_evidence_never_counts_against_an_answer() -> None:
    upside_down = [replace(e, x=1 - e.x) for e in asked_of("chatty", 200)]

    for examples in (asked_of("codes", 200), upside_down):
        ranker = fit_ranker(examples, shipped()).ranker
        assert min(ranker.weights) >= 0
        by_signal = dict(zip(SIGNALS, ranker.signal_weights, strict=True))
        assert min(weight for name, weight in by_signal.items() if name != "words") >= 0
        log_odds = np.linspace(-10, 10, 200)
        curve = [ranker.calibration.probability(z) for z in log_odds.tolist()]
        assert curve == sorted(curve)


def test_little_data_stays_near_the_start() -> None:
    few, some, many = (bm25_share(fit_to("codes", n)) for n in (MIN_QUESTIONS, 200, 600))

    assert few < some < many
    assert few < 0.5 * many


def test_fewer_questions_leave_the_start() -> None:
    examples = asked_of("chatty", MIN_QUESTIONS - 1)

    fit = fit_ranker(examples, shipped())

    assert (fit.ranker, fit.fitted, fit.judged) == (shipped(), False, None)
    assert fit.questions == MIN_QUESTIONS - 1, "without the answer, and out of scope, do not count"
    assert fit_order(examples, shipped()) == shipped()


def test_equal_data_give_equal_constants() -> None:
    examples = asked_of("chatty", 200)

    assert fit_ranker(examples, shipped()).ranker == fit_to("chatty").ranker
    order = fit_order(examples, shipped())
    assert order.weights == fit_to("chatty").ranker.weights
    assert order.calibration == shipped().calibration


def test_a_fit_knows_what_was_there_before() -> None:
    examples = asked_of("codes", 200)
    live = fit_to("codes").ranker

    again = fit_ranker(examples, shipped(), before=live)

    assert again.ranker == live, "what it is compared with does not change it"
    assert again.judged
    assert first_right(again) == pytest.approx(
        again.judged.right_before[again.judged.weight == 1.0].mean(), abs=0.03
    )
    assert not np.array_equal(again.judged.before, again.judged.confidence), "that is out of fold"


def test_the_truth_is_an_answer_or_none_of_them() -> None:
    judged = fit_to("chatty").judged
    assert judged
    known = judged.weight == 1.0

    assert judged.truth[judged.right] == pytest.approx(judged.confidence[judged.right])
    assert np.all(judged.truth[~known] <= 1 - judged.confidence[~known] + 1e-9)
    assert np.all((judged.truth >= -1e-9) & (judged.truth <= 1))


def test_a_threshold_holds_with_questions_from_outside() -> None:
    fit = fit_to("chatty", 600)
    threshold = fit.ranker.threshold(0.9)
    assert threshold is not None
    assert fit.judged

    chosen = fit.judged.confidence >= threshold

    known = fit.judged.weight == 1.0
    weight = np.where(known, (1 - OUTSIDE) / known.sum(), OUTSIDE / (~known).sum())
    assert np.average(fit.judged.right[chosen], weights=weight[chosen]) >= 0.9
    assert chosen[known].mean() > 0.3
    assert fit_to("chatty", MIN_QUESTIONS).ranker.threshold(0.99) is None, "too few to prove it"


def test_wordings_of_few_answers_are_too_few() -> None:
    examples = [replace(e, group=e.group % 10) for e in asked_of("codes", 100)]

    assert not fit_ranker(examples, shipped()).fitted
    assert fit_order(examples, shipped()) == shipped()


def test_a_neutral_start_is_no_worse_with_much_data() -> None:
    """The shipped constants help with little data, and do no harm with much."""
    neutral = LearnedRanker((0.0,) * len(FEATURES), 0.0, (0.0,) * len(SIGNALS), 0.0, Calibration())

    fit = fit_ranker(asked_of("codes", 600), neutral)

    assert first_right(fit_to("codes", 600)) == pytest.approx(first_right(fit), abs=0.03)
