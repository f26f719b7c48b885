"""How far confidence can be believed: AUROC, calibration error, answer rate at a precision.

All are over queries: for each the confidence in the answer that came first, and whether that
answer was right. A query for which nothing was found has confidence 0 and is wrong.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int_]

BINS = 10
# Random halvings that an answer rate is averaged over.
HALVINGS = 20


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
