"""How sure to be of the best candidate: the ranker's second stage, calibrated out of fold."""

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.isotonic import IsotonicRegression

from index.ranking.calibration import Calibration, PrecisionCurve
from index.ranking.ranker import SIGNALS, LearnedRanker

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

FOLDS = 5
# The share of questions without an answer that thresholds are made for. They are harder than what
# people ask in vain, being taken from the FAQ's midst: with this, answers to real queries (none, or
# one in five, without an answer) were right at least as often as stated.
OUTSIDE = 0.1
# Standard deviation of the normal prior around the constants a fit starts from, in units of a
# signal's own: how confidence follows from the signals differs little from FAQ to FAQ.
SPREAD = 0.3
STEPS = 100


def fit_confidence(x: Floats, right: Bools, weight: Floats, start: LearnedRanker) -> Floats:
    """Fit the second stage: the likeliest constants, given the prior.

    Args:
        x: Signals of each question's best candidate; shape (n, len(SIGNALS)).
        right: Whether that candidate is right; shape (n,).
        weight: How much each question counts; shape (n,).
        start: Whose constants the prior is around.

    Returns:
        The intercept, then the weights of the signals; shape (1 + len(SIGNALS),).
    """
    deviation = np.append(1.0, x.std(axis=0) + 1e-3)
    middle = np.append(0.0, x.mean(axis=0))
    rows = (np.column_stack([np.ones(len(x)), x]) - middle) / deviation
    signal_weights = np.asarray(start.signal_weights)
    prior = np.append(start.intercept + signal_weights @ middle[1:], signal_weights * deviation[1:])
    sign = np.where(right, 1.0, -1.0)

    def loss(constants: Floats) -> tuple[float, Floats]:
        z = sign * (rows @ constants)
        pull = (constants - prior) / SPREAD
        value = (weight * np.logaddexp(0.0, -z)).sum() + 0.5 * (pull @ pull)
        share = weight * sign / (1.0 + np.exp(np.clip(z, -30, 30)))
        return float(value), pull / SPREAD - rows.T @ share

    # More of a signal never makes an answer less likely; only a longer question may be the easier
    # or the harder one.
    bounds: list[tuple[float | None, float | None]] = [(0.0, None)] * len(prior)
    bounds[0] = bounds[1 + SIGNALS.index("words")] = (None, None)
    found = minimize(loss, prior, jac=True, method="L-BFGS-B", bounds=bounds).x
    weights = found[1:] / deviation[1:]
    return np.append(found[0] - weights @ middle[1:], weights)


def calibrate(
    log_odds: Floats, right: Bools, weight: Floats, fold_of: Ints
) -> tuple[Calibration, Floats]:
    """The better of Platt's curve and isotonic regression, by log loss out of fold.

    Args:
        log_odds: Of the best candidates, each from a fit that has not seen it; shape (n,).
        right: Whether they are right; shape (n,).
        weight: How much each counts; shape (n,).
        fold_of: The fold of each, 0 to FOLDS - 1; shape (n,).

    Returns:
        The calibration fitted on everything, and the confidence of each row out of fold.
    """
    chosen: tuple[float, Calibration, Floats] | None = None
    for method in (platt, isotonic):
        confidence = np.empty(len(log_odds))
        for number in range(FOLDS):
            inside = fold_of == number
            fitted = method(log_odds[~inside], right[~inside], weight[~inside])
            confidence[inside] = [fitted.probability(z) for z in log_odds[inside]]
        clipped = np.clip(confidence, 1e-4, 1 - 1e-4)
        loss = -(weight * np.log(np.where(right, clipped, 1 - clipped))).sum()
        if chosen is None or loss < chosen[0]:
            chosen = float(loss), method(log_odds, right, weight), confidence
    assert chosen is not None
    return chosen[1], chosen[2]


def platt(log_odds: Floats, right: Bools, weight: Floats) -> Calibration:
    """A logistic curve, with Platt's prior: as if one more of each kind had been seen.

    (Platt 1999, "Probabilistic outputs for support vector machines".) All arrays have shape (n,).
    """
    positive, negative = weight[right].sum(), weight[~right].sum()
    target = np.where(right, (positive + 1) / (positive + 2), 1 / (negative + 2))

    def loss(constants: Floats) -> tuple[float, Floats]:
        z = constants[0] * log_odds + constants[1]
        value = (weight * (np.logaddexp(0.0, z) - target * z)).sum()
        slope = weight * (1.0 / (1.0 + np.exp(-np.clip(z, -30, 30))) - target)
        return float(value), np.array([slope @ log_odds, slope.sum()])

    slope, intercept = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B").x
    return Calibration("platt", ((round(float(max(slope, 0.0)), 5), round(float(intercept), 5)),))


def isotonic(log_odds: Floats, right: Bools, weight: Floats) -> Calibration:
    """A curve that only rises: isotonic regression's steps, joined from centre to centre.

    All arrays have shape (n,). Steps would make equals of answers that are told apart. (Centred
    isotonic regression: Oron and Flournoy 2017, https://arxiv.org/abs/1701.05964; the ends follow
    Platt's curve.)
    """
    order = np.argsort(log_odds, kind="stable")
    x, w = log_odds[order], weight[order]
    y = IsotonicRegression(y_min=0.005, y_max=0.995).fit_transform(
        x, right[order].astype(float), sample_weight=w
    )
    # As many steps as a few kilobytes hold.
    _, step = np.unique(np.round(y, 2), return_inverse=True)
    total = np.bincount(step, w)
    centres = list(
        zip(np.bincount(step, w * x) / total, np.bincount(step, w * y) / total, strict=True)
    )
    ends = platt(log_odds, right, weight)
    low = (x[0] - 1.0, min(centres[0][1], ends.probability(x[0] - 1.0)))
    high = (x[-1] + 1.0, max(centres[-1][1], ends.probability(x[-1] + 1.0)))
    return Calibration(
        "isotonic",
        tuple((round(float(a), 4), round(float(b), 5)) for a, b in (low, *centres, high)),
    )


def precision_curve(
    confidence: Floats, right: Bools, unanswerable: Bools, outside: float = OUTSIDE
) -> PrecisionCurve:
    """The curve of held-out answers, as if that share of questions had no answer in the FAQ.

    Thresholds follow from it. They must hold in a channel where people ask what nobody wrote
    down, so this share is a cautious one; the counts add up to the questions with an answer.

    Args:
        confidence: Of each question's best candidate, out of fold; shape (n,).
        right: Whether that candidate is right; shape (n,).
        unanswerable: Whether the question has no answer; shape (n,).
        outside: That share.
    """
    known = max(1, int((~unanswerable).sum()))
    weight = np.where(
        unanswerable, outside * known / max(1, int(unanswerable.sum())), 1.0 - outside
    )
    least = np.arange(STEPS + 1) / STEPS
    above = confidence[None, :] >= least[:, None]
    answers = np.round((above * weight).sum(axis=1)).astype(int)
    # Sums of shares fall short of whole numbers by less than this.
    rights = np.floor((above * (weight * right)).sum(axis=1) + 1e-6).astype(int)
    return PrecisionCurve(tuple(answers.tolist()), tuple(np.minimum(rights, answers).tolist()))


def folds_of(group: Ints) -> Ints:
    """A fold for each example, 0 to FOLDS - 1; one group's are in the same fold."""
    _, number = np.unique(group, return_inverse=True)
    shuffled = np.random.default_rng(0).permutation(int(number.max()) + 1)
    folds: Ints = shuffled[number] % FOLDS
    return folds


def rounded(values: Floats) -> tuple[float, ...]:
    """Constants as a ranker keeps them: five decimals."""
    return tuple(round(float(value), 5) for value in values)
