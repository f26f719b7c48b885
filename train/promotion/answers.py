"""What people get without asking: how many questions are answered automatically, and rightly."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.jobs.results import AnswersChange
from index.ranking.ranker import LearnedRanker
from train.ranker.calibrate import Bools, Floats, precision_curve
from train.ranker.examples import Example
from train.ranker.fit import Fit, first_answers


@dataclass(frozen=True)
class FirstAnswers:
    """The first answers of one ranker to held-out questions.

    Attributes:
        confidence, right: Of each answer; shape (questions,).
        unanswerable: Whether the question has no answer at all; shape (questions,).
        ranker: Whose thresholds say what is answered automatically.
    """

    confidence: Floats
    right: Bools
    unanswerable: Bools
    ranker: LearnedRanker

    def automatic(self, precision: float) -> tuple[int, int, int]:
        """How many are answered automatically, how many of those rightly, and how many there are.

        The share of questions without an answer is the one that thresholds are made for.
        """
        curve = precision_curve(self.confidence, self.right, self.unanswerable)
        threshold = self.ranker.threshold(precision)
        answered, right = (0, 0) if threshold is None else curve.at(threshold)
        return answered, right, curve.answers[0]


def compare_answers(
    before: FirstAnswers, after: FirstAnswers, precisions: Sequence[float]
) -> tuple[AnswersChange, ...]:
    """What changes for people, at each stated precision."""
    changes = []
    for precision in precisions:
        answered, right, questions = before.automatic(precision)
        answered_after, right_after, _ = after.automatic(precision)
        changes.append(
            AnswersChange(precision, questions, answered, right, answered_after, right_after)
        )
    return tuple(changes)


def answers_by_ranker(examples: Sequence[Example], ranker: LearnedRanker) -> FirstAnswers:
    """The answers that a ranker gives as it is."""
    unanswerable = np.array([example.weight < 1.0 for example in examples], dtype=np.bool_)
    return FirstAnswers(*first_answers(examples, ranker), unanswerable, ranker)


def answers_by_fit(fit: Fit, examples: Sequence[Example]) -> FirstAnswers:
    """The answers of a fit's ranker: out of fold where it was fitted to these very questions."""
    judged = fit.judged
    if judged is None or fit.ranker.questions == 0:
        return answers_by_ranker(examples, fit.ranker)
    return FirstAnswers(judged.confidence, judged.right, judged.weight < 1.0, fit.ranker)


def change_by_fit(
    fit: Fit, present: LearnedRanker, precisions: Sequence[float]
) -> tuple[AnswersChange, ...]:
    """What changes for people where a fit takes the place of the ranker it was compared with."""
    judged = fit.judged
    if judged is None:
        return ()
    unanswerable = judged.weight < 1.0
    return compare_answers(
        FirstAnswers(judged.before, judged.right_before, unanswerable, present),
        FirstAnswers(judged.confidence, judged.right, unanswerable, fit.ranker),
        precisions,
    )
