"""When a trained model goes live, and when a run is not worth starting."""

from dataclasses import replace
from typing import Any

import pytest

from index.evaluation.bootstrap import Estimate
from index.jobs.enough import SideSizes
from index.jobs.results import AnswersChange, Basis
from tests.support.tables import table
from train.promotion.compare import Comparison, Figures, RankerComparison
from train.promotion.rules import (
    EarlierBasis,
    decide_promotion,
    decide_ranking_promotion,
    why_not_now,
)

BASIS = Basis(
    revision=7,
    live_model="base",
    settings={"depth": "head", "seed": 1},
    golden=(),
    hyperparameters="h",
)
ENOUGH = SideSizes(700, 100, 200)


def comparison(
    mrr: tuple[float, float, float], precision: tuple[float, float] = (0.6, 0.65)
) -> Comparison:
    """Live and candidate that differ by an MRR of (value, low, high), at these precisions."""
    before, after = (Estimate(value, value, value) for value in precision)
    gain = precision[1] - precision[0]
    return Comparison(
        questions=212,
        pairs=50,
        live=Figures(before, Estimate(0.7, 0.6, 0.8)),
        candidate=Figures(after, Estimate(0.7 + mrr[0], 0.6, 0.8)),
        precision_difference=Estimate(gain, gain, gain),
        mrr_difference=Estimate(*mrr),
    )


def test_a_model_that_is_surely_better_goes_live() -> None:
    decision = decide_promotion(comparison((0.031, 0.012, 0.05)), [], [])

    assert decision.promote
    assert decision.reason == (
        "better: MRR +0.031 (+0.012 to +0.050) on 212 held-out questions, "
        "precision@1 0.600 -> 0.650"
    )
    assert decision.inputs["mrr_difference"] == {"value": 0.031, "low": 0.012, "high": 0.05}
    assert decision.inputs["held_out_questions"] == 212
    assert "interval" in decision.inputs["rule"]


@table(
    [
        (
            (0.004, -0.010, 0.017),
            (0.6, 0.65),
            [],
            "not proven better: MRR +0.004 (-0.010 to +0.017) on 212 held-out questions",
        ),
        ((0.004, 0.0, 0.017), (0.6, 0.65), [], "not proven better: MRR +0.004 (+0.000 to +0.017)"),
        ((float("nan"),) * 3, (0.6, 0.65), [], "not proven better: MRR +nan"),
        ((-0.03, -0.05, -0.01), (0.6, 0.65), [], "worse: MRR -0.030 (-0.050 to -0.010)"),
        (
            (0.03, 0.01, 0.05),
            (0.65, 0.6),
            [],
            "fewer first answers right: precision@1 0.650 -> 0.600; MRR +0.030",
        ),
        (
            (0.03, 0.01, 0.05),
            (0.6, 0.65),
            [4],
            "golden question 4 would be answered wrongly; MRR +0.030",
        ),
        (
            (0.03, 0.01, 0.05),
            (0.6, 0.65),
            [1, 2, 3, 4, 5, 6],
            "golden questions 1, 2, 3, 4, 5, ... would be answered wrongly",
        ),
    ],
)
def test_the_live_model_stays(
    mrr: tuple[float, float, float],
    precision: tuple[float, float],
    golden: list[int],
    reason: str,
) -> None:
    decision = decide_promotion(comparison(mrr, precision), golden, [])

    assert not decision.promote
    assert decision.reason.startswith(reason)
    assert "\n" not in decision.reason


def test_as_many_first_answers_as_before_are_enough() -> None:
    assert decide_promotion(comparison((0.03, 0.01, 0.05), (0.6, 0.6)), [], []).promote


def rankers(
    log_loss: tuple[float, float, float], precision: tuple[float, float, float]
) -> RankerComparison:
    """Two rankers whose gains are (value, low, high)."""
    return RankerComparison(480, Estimate(*log_loss), Estimate(*precision))


def test_a_ranking_that_is_surely_better_goes_live() -> None:
    decision = decide_ranking_promotion(
        rankers((0.08, 0.05, 0.11), (0.011, -0.004, 0.02)), 480, [], []
    )

    assert decision.promote
    assert decision.reason == (
        "better: log loss -0.080 (-0.110 to -0.050), right first answers +0.011 "
        "(-0.004 to +0.020) on 480 questions"
    )
    assert decision.inputs["log_loss_gain"] == {"value": 0.08, "low": 0.05, "high": 0.11}


@pytest.mark.parametrize(
    ("comparison", "golden", "reason"),
    [
        (None, [], "480 questions are too few to fit it"),
        (rankers((0.02, -0.01, 0.05), (0.1, 0.05, 0.2)), [], "not proven better: log loss -0.020"),
        (rankers((0.02, 0.0, 0.05), (0.1, 0.05, 0.2)), [], "not proven better: "),
        (rankers((0.1, 0.05, 0.2), (-0.1, -0.2, -0.05)), [], "fewer right first answers: log loss"),
        (
            rankers((0.1, 0.05, 0.2), (0.1, 0.05, 0.2)),
            [4],
            "golden question 4 would be answered wrongly; log loss -0.100",
        ),
    ],
)
def test_the_live_ranking_stays(
    comparison: RankerComparison | None, golden: list[int], reason: str
) -> None:
    decision = decide_ranking_promotion(comparison, 480, golden, [])

    assert not decision.promote
    assert decision.reason.startswith(reason)
    assert "\n" not in decision.reason


def answers(before: tuple[int, int], after: tuple[int, int]) -> AnswersChange:
    """Of 200 questions, at 90 %: how many are answered automatically, how many of those rightly."""
    return AnswersChange(0.9, 200, *before, *after)


@table(
    [
        # what is answered before and after, each with how many rightly; whether it is refused
        ((80, 79), (79, 79), True),
        ((80, 79), (0, 0), True),  # the bot would ask first everywhere
        ((80, 70), (0, 0), True),  # 87.5 %, but so few do not prove it to be below 90 %
        ((80, 60), (40, 39), False),  # proven to be wrong too often
        ((80, 79), (80, 70), False),  # as many; whether they are right, the rest of the rule says
        ((0, 0), (0, 0), False),
        ((0, 0), (30, 29), False),
    ]
)
def test_automatic_answers_end_only_where_they_are_proven_bad(
    before: tuple[int, int], after: tuple[int, int], is_refused: bool
) -> None:
    change = answers(before, after)
    model = decide_promotion(comparison((0.031, 0.012, 0.05)), [], [change])
    ranking = decide_ranking_promotion(
        rankers((0.08, 0.05, 0.11), (0.01, -0.01, 0.02)), 480, [], [change]
    )

    assert [model.promote, ranking.promote] == [not is_refused] * 2
    if is_refused:
        lost = "fewer questions would be answered without asking: "
        lost += f"{after[0]} instead of {before[0]}"
        assert model.reason.startswith(lost)
        assert ranking.reason.startswith(lost)


def test_a_better_model_may_ask_first_where_its_answers_as_shipped_are_proven_bad() -> None:
    lost = answers((5, 4), (0, 0))
    better = comparison((0.43, 0.33, 0.53))

    assert not decide_promotion(better, [], [lost]).promote
    assert not decide_promotion(better, [], [lost], [answers((64, 54), (0, 0))]).promote
    assert decide_promotion(better, [], [lost], [answers((64, 40), (0, 0))]).promote


def test_each_stated_precision_is_guarded() -> None:
    kept = answers((80, 79), (90, 88))
    lost = AnswersChange(0.97, 200, 40, 40, 0, 0)

    assert not decide_promotion(comparison((0.031, 0.012, 0.05)), [], [kept, lost]).promote


def test_a_ranking_may_lose_a_first_answer_or_two_by_chance() -> None:
    assert decide_ranking_promotion(
        rankers((0.1, 0.05, 0.2), (-0.004, -0.01, 0.002)), 480, [], []
    ).promote


@pytest.mark.parametrize(
    ("sides", "reason"),
    [
        ((39, 10, 20), "too few pairs: 39 to train on of 69 in all, at least 40"),
        ((50, 1, 20), "too few pairs: 1 to stop by of 71 in all, at least 2"),
        ((50, 5, 9), "too few pairs: 9 held out to compare by of 64 in all, at least 20"),
        ((0, 0, 0), "too few pairs: 0 to train on"),
    ],
)
def test_too_few_pairs_are_not_trained_on(sides: tuple[int, int, int], reason: str) -> None:
    why = why_not_now(SideSizes(*sides), BASIS, None, changed=99, scheduled=False, min_new=20)

    assert why is not None
    assert why.startswith(reason)


@table(
    [
        (None, 0, True, None),
        (None, 0, False, None),
        (EarlierBasis(3, replace(BASIS, revision=6)), 19, False, None),
        (EarlierBasis(3, replace(BASIS, revision=6)), 20, True, None),
        (
            EarlierBasis(3, replace(BASIS, revision=6)),
            19,
            True,
            "too little is new: 19 pairs changed since retrain 3, a nightly run starts from 20 "
            "([train] min_new)",
        ),
        (
            EarlierBasis(3, BASIS),
            0,
            False,
            "nothing has changed since retrain 3: same data, model and settings",
        ),
        (EarlierBasis(3, BASIS), 0, True, "nothing has changed since retrain 3: same data"),
        (EarlierBasis(3, replace(BASIS, live_model="retrain-2")), 0, False, None),
        (EarlierBasis(3, replace(BASIS, settings={"depth": "full"})), 0, False, None),
        (EarlierBasis(3, replace(BASIS, golden=((3, "a pair"),))), 0, False, None),
        (EarlierBasis(3, replace(BASIS, hyperparameters="older ones")), 0, False, None),
        (EarlierBasis(3, None), 50, True, None),
    ],
)
def test_a_run_starts_when_it_is_worth_it(
    earlier: EarlierBasis | None, changed: int, scheduled: bool, reason: str | None
) -> None:
    options: dict[str, Any] = {"changed": changed, "scheduled": scheduled, "min_new": 20}

    why = why_not_now(ENOUGH, BASIS, earlier, **options)

    assert (why or "").startswith(reason or "")
    assert (why is None) is (reason is None)
