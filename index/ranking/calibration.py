"""How sure a ranker may be: from log-odds to probability, and from probability to a threshold."""

import math
from bisect import bisect_right
from dataclasses import dataclass
from statistics import NormalDist

# One-sided: a threshold is given for a precision that holds with this probability.
BOUND = 0.95
# How many standard errors below what was seen the bound lies.
_STANDARD_ERRORS = NormalDist().inv_cdf(BOUND)


@dataclass(frozen=True)
class Calibration:
    """From the second stage's log-odds to a probability.

    Attributes:
        method: "platt": a logistic curve through `points[0]` = (slope, intercept). "isotonic":
            linear between `points`, (log-odds, probability) in rising order.
    """

    method: str = "platt"
    points: tuple[tuple[float, float], ...] = ((1.0, 0.0),)

    def probability(self, log_odds: float) -> float:
        """The probability, from 0 to 1, that log-odds stand for."""
        if self.method == "platt":
            slope, intercept = self.points[0]
            return _logistic(slope * log_odds + intercept)
        i = bisect_right(self.points, (log_odds, math.inf))
        if i == 0:
            return self.points[0][1]
        if i == len(self.points):
            return self.points[-1][1]
        (x0, y0), (x1, y1) = self.points[i - 1], self.points[i]
        return y0 + (y1 - y0) * (log_odds - x0) / (x1 - x0)


@dataclass(frozen=True)
class PrecisionCurve:
    """The precision above each confidence, on questions that no part of the fit had seen.

    Attributes:
        answers: At place k, how many answers had a confidence of at least k / (len - 1).
        right: How many of those were right.
    """

    answers: tuple[int, ...] = ()
    right: tuple[int, ...] = ()

    def threshold(self, precision: float) -> float | None:
        """The lowest confidence from which at least this share of answers is right.

        That is shown with probability `BOUND` (Wilson's one-sided bound on the held-out answers);
        None where they are too few, or too few of them right, to show it for any confidence.
        """
        steps = len(self.answers) - 1
        chosen: int | None = None
        for k in range(steps, -1, -1):
            # Not below the lowest confidence that an answer really had.
            if chosen is not None and self.answers[k] == self.answers[chosen]:
                continue
            if lower_bound(self.right[k], self.answers[k]) >= precision:
                chosen = k
        return None if chosen is None else chosen / steps

    def at(self, confidence: float) -> tuple[int, int]:
        """How many answers had a confidence, or more, and how many of those were right.

        Args:
            confidence: As `threshold` gives it.
        """
        place = round(confidence * (len(self.answers) - 1))
        return self.answers[place], self.right[place]


def lower_bound(right: int, answers: int) -> float:
    """Wilson's lower bound of a share, one-sided at `BOUND`; 0 where there are no answers.

    (Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference".)
    """
    if not answers:
        return 0.0
    z = _STANDARD_ERRORS
    share = right / answers
    middle = share + z * z / (2 * answers)
    spread = z * math.sqrt(share * (1 - share) / answers + z * z / (4 * answers * answers))
    return (middle - spread) / (1 + z * z / answers)


def upper_bound(right: int, answers: int) -> float:
    """Wilson's upper bound of a share, one-sided at `BOUND`; 1 where there are no answers."""
    return 1.0 - lower_bound(answers - right, answers)


def _logistic(z: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, z))))
