"""How far confidence can be believed, and how well it tells right answers from wrong ones."""

from dataclasses import dataclass

import numpy as np

from index.evaluation.metrics import BINS, auroc, expected_calibration_error, tenths
from train.ranker.calibrate import Bools, Floats


@dataclass(frozen=True)
class Bin:
    """Answers given with a confidence in one tenth of the range.

    Attributes:
        answers: By weight.
        confidence, right: Means over them.
    """

    answers: float
    confidence: float
    right: float


@dataclass(frozen=True)
class Reliability:
    """How far confidence can be believed.

    Attributes:
        error: Expected calibration error: mean distance, over answers, between the confidence of
            a tenth and its share of right answers.
        auroc: Probability that a right answer has a higher confidence than a wrong one; not a
            number where all are right, or none.
        bins: The tenths that have answers.
    """

    error: float
    auroc: float
    bins: tuple[Bin, ...]


def reliability(confidence: Floats, right: Bools, weight: Floats) -> Reliability:
    """Compare confidence with what was right; arrays of shape (n,), n > 0."""
    tenth = tenths(confidence)
    bins = []
    for number in range(BINS):
        inside = tenth == number
        if inside.any():
            bins.append(
                Bin(
                    float(weight[inside].sum()),
                    float(np.average(confidence[inside], weights=weight[inside])),
                    float(np.average(right[inside], weights=weight[inside])),
                )
            )
    return Reliability(
        error=expected_calibration_error(confidence, right, weight),
        auroc=auroc(confidence, right, weight),
        bins=tuple(bins),
    )


def log_losses(likelihood: Floats) -> Floats:
    """Minus the logarithm of the probability given to what is true; all but 0 is as good as 0."""
    losses: Floats = -np.log(np.clip(likelihood, 1e-3, 1.0))
    return losses
