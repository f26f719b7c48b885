"""Automatic answers are counted as they would be given."""

from dataclasses import replace

import numpy as np

from index.ranking.calibration import PrecisionCurve
from index.ranking.ranker_file import shipped
from train.promotion.answers import FirstAnswers, compare_answers

PROVEN = PrecisionCurve((100,) * 91 + (0,) * 10, (99,) * 91 + (0,) * 10)


def test_automatic_answers_are_counted_by_each_ones_own_threshold() -> None:
    sure, right = np.array([0.95] * 8 + [0.4] * 2), np.array([True] * 7 + [False] * 3)
    none = np.zeros(10, dtype=np.bool_)
    answers_first = FirstAnswers(sure, right, none, replace(shipped(), precision_curve=PROVEN))
    asks_first = replace(answers_first, ranker=replace(shipped(), precision_curve=PrecisionCurve()))

    (change,) = compare_answers(answers_first, asks_first, (0.9,))

    # Nine in ten of the questions asked have an answer, as thresholds assume.
    assert (change.before, change.right_before) == (7, 6)
    assert (change.after, change.right_after, change.questions) == (0, 0, 9)
