"""How good answers are (precision@1, MRR, recall@k), and how far their confidence can be believed.

The measures of confidence (AUROC, calibration error, answer rate at a precision) are over queries:
for each the confidence in the answer that came first, and whether that answer was right. A query
for which nothing was found has confidence 0 and is wrong.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from index.evaluation.bootstrap import Estimate, bootstrap, estimate_mean

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int_]

BINS = 10
# Random halvings that an answer rate is averaged over.
HALVINGS = 20
# Fewer than for means: each takes a sort.
CONFIDENCE_RESAMPLES = 200


def auroc(confidence: Floats, right: Bools, weight: Floats | None = None) -> float:
    """The probability that a right answer is surer than a wrong one; ties count half.

    Args:
        confidence, right: Shape (n,).
        weight: How often each answer counts, shape (n,); None for once each.

    Returns:
        From 0 to 1; NaN where all answers are right, or none is.
    """
    if right.all() or not right.any():
        return float("nan")
    weight = np.ones(len(right)) if weight is None else weight
    _, level = np.unique(confidence, return_inverse=True)
    wrong_at = np.bincount(level, weight * ~right)
    right_at = np.bincount(level, weight * right)
    wrong_below = np.cumsum(wrong_at) - wrong_at
    ordered = right_at @ (wrong_below + wrong_at / 2)
    return float(ordered / (wrong_at.sum() * right_at.sum()))


def tenths(confidence: Floats) -> Ints:
    """The tenth of the range that each confidence lies in, from 0 to 9; shape (n,)."""
    numbers: Ints = np.clip((confidence * BINS).astype(int), 0, BINS - 1)
    return numbers


def expected_calibration_error(
    confidence: Floats, right: Bools, weight: Floats | None = None
) -> float:
    """Mean distance, over answers, of a tenth's confidence from its share of right answers.

    Args:
        confidence, right: Shape (n,).
        weight: How often each answer counts, shape (n,); None for once each.

    Returns:
        From 0 to 1; NaN where there are no answers.
    """
    if not len(confidence):
        return float("nan")
    weight = np.ones(len(right)) if weight is None else weight
    gap = np.bincount(tenths(confidence), weight * (confidence - right), minlength=BINS)
    return float(np.abs(gap).sum() / weight.sum())


def answer_rate(
    confidence: Floats, right: Bools, precision: float, halvings: int = HALVINGS
) -> tuple[float, float]:
    """The share of queries answered at a precision, and the precision that was reached.

    The threshold is chosen on one half of the queries (the lowest that keeps the precision there)
    and measured on the other, both ways round, for several random halvings from a fixed seed.

    Returns:
        The mean answer rate, and the share of right answers among all that were given: NaN where
        none was.
    """
    generator = np.random.default_rng(0)
    n = len(confidence)
    if n < 2:
        return float("nan"), float("nan")
    answered = given = correct = 0.0
    for _ in range(halvings):
        order = generator.permutation(n)
        halves = order[: n // 2], order[n // 2 :]
        for chosen, measured in (halves, halves[::-1]):
            least = _threshold(confidence[chosen], right[chosen], precision)
            above = confidence[measured] >= least
            answered += above.mean() / (2 * halvings)
            given += above.sum()
            correct += right[measured][above].sum()
    return float(answered), float(correct / given) if given else float("nan")


def _threshold(confidence: Floats, right: Bools, precision: float) -> float:
    """The lowest confidence from which a share of answers is right; infinity where there is none.

    Equals stand or fall together.
    """
    order = np.argsort(-confidence, kind="stable")
    confidence = confidence[order]
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    last_of_equals = np.append(confidence[1:] < confidence[:-1], True)
    good = np.flatnonzero((share >= precision) & last_of_equals)
    return float(confidence[good[-1]]) if len(good) else float("inf")


def measures(confidence: Floats, right: Bools, halvings: int = HALVINGS) -> dict[str, float]:
    """All of them, by the names `faqbot evaluate --json` gives them."""
    rate_90, reached_90 = answer_rate(confidence, right, 0.90, halvings)
    rate_95, reached_95 = answer_rate(confidence, right, 0.95, halvings)
    return {
        "auroc": auroc(confidence, right),
        "ece": expected_calibration_error(confidence, right),
        "answer_rate_at_90": rate_90,
        "precision_reached_at_90": reached_90,
        "answer_rate_at_95": rate_95,
        "precision_reached_at_95": reached_95,
    }


@dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Attributes:
        n: Queries with a right answer: what precision@1, MRR and recall are means over.
        n_without_answer: Queries where nothing is right. They count in the measures of
            confidence: whatever is answered there is wrong.
        of_confidence: By name, over all queries; see `measures`.
    """

    n: int
    n_without_answer: int
    precision_at_1: Estimate
    mrr: Estimate
    recall_at_3: Estimate
    recall_at_5: Estimate
    of_confidence: dict[str, Estimate]

    def estimates(self) -> dict[str, Estimate]:
        """All figures by name."""
        names = ("precision_at_1", "mrr", "recall_at_3", "recall_at_5")
        return {name: getattr(self, name) for name in names} | self.of_confidence

    def as_dict(self) -> dict[str, Any]:
        """One flat JSON object: each figure, and its interval beside it.

        Figures that no query says anything of are null.
        """
        flat: dict[str, Any] = {"n": self.n, "n_without_answer": self.n_without_answer}
        for name, figure in self.estimates().items():
            flat[name] = _rounded(figure.value)
            flat[f"{name}_ci95"] = [_rounded(figure.low), _rounded(figure.high)]
        return flat


def summarise(ranks: Ints, confidence: Floats, answerable: Bools) -> Evaluation:
    """The figures for the ranks of the right answers and the confidence in the best ones.

    Args:
        ranks: Shape (n,); 1 is best, 0 means not found.
        confidence: Of the answer that came first, from 0 to 1; shape (n,).
        answerable: Whether the query has a right answer; shape (n,).
    """
    known = ranks[answerable]
    found = known > 0
    reciprocal = np.where(found, 1 / np.maximum(known, 1), 0.0)
    return Evaluation(
        n=len(known),
        n_without_answer=len(ranks) - len(known),
        precision_at_1=estimate_mean(known == 1),
        mrr=estimate_mean(reciprocal),
        recall_at_3=estimate_mean(found & (known <= 3)),
        recall_at_5=estimate_mean(found & (known <= 5)),
        of_confidence=_of_confidence(confidence, (ranks == 1) & answerable),
    )


def _of_confidence(confidence: Floats, right: Bools) -> dict[str, Estimate]:
    """The measures of confidence, with their intervals over queries."""
    figures = measures(confidence, right)

    def resampled(rows: Ints) -> list[float]:
        return list(measures(confidence[rows], right[rows], halvings=1).values())

    estimates = bootstrap(resampled, list(figures.values()), len(right), CONFIDENCE_RESAMPLES)
    return dict(zip(figures, estimates, strict=True))


def _rounded(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)
