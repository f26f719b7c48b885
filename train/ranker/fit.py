"""Fitting the ranker: how much each retriever counts for this team's data, and how sure to be.

Both stages of `LearnedRanker` are logistic, and are drawn towards the constants they start from:
with little data they hardly move. The second stage, its calibration and the precision curve see a
question only through a first stage that was fitted without its answer (out of fold).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import minimize

from index.ranking.features import FEATURES
from index.ranking.ranker import LearnedRanker, signals, spread
from train.ranker.calibrate import (
    FOLDS,
    OUTSIDE,
    Bools,
    Floats,
    Ints,
    calibrate,
    fit_confidence,
    folds_of,
    precision_curve,
    rounded,
)
from train.ranker.examples import Example

# Below so many questions the constants it starts from are the better guess.
MIN_QUESTIONS = 40
# And below so many answers they are about.
MIN_ANSWERS = 15
# Standard deviation of the normal prior around the constants a fit starts from, in units of a
# feature's own standard deviation.
SPREAD = 1.0


@dataclass(frozen=True)
class Judged:
    """The best answer to each question, by two rankers; arrays of shape (n,).

    Attributes:
        confidence: As the fitted ranker would have given it, out of fold.
        right: Whether its answer is.
        truth: The probability it gives to what is true: to the right answer, or to "none of
            them" where that was not found.
        before, right_before, truth_before: The same by the ranker there was.
        weight: How much the question counts; 1 where its answer could be found.
        group: The answer it is about.
    """

    confidence: Floats
    right: Bools
    truth: Floats
    before: Floats
    right_before: Bools
    truth_before: Floats
    weight: Floats
    group: Ints


@dataclass(frozen=True)
class Fit:
    """A fitted ranker, and how it does on questions it has not seen.

    Attributes:
        questions: What it was fitted on, the same question without its answer not counted.
        fitted: Whether there was enough; if not, the ranker is the one it started from.
        judged: None where nothing was fitted.
        parts: By feature, how much it moves the order: its weight times its standard deviation
            over a question's candidates, as a share of all.
    """

    ranker: LearnedRanker
    questions: int
    fitted: bool
    judged: Judged | None = None
    parts: dict[str, float] = field(default_factory=dict)


def fit_order(examples: Sequence[Example], start: LearnedRanker) -> LearnedRanker:
    """Fit the first stage only, which puts answers in order; of few questions it is the start's."""
    if not _enough(examples):
        return start
    return _fit_first(_Batch(examples), np.ones(len(examples), dtype=np.bool_), start)


def fit_ranker(
    examples: Sequence[Example],
    start: LearnedRanker,
    before: LearnedRanker | None = None,
    *,
    outside: float = OUTSIDE,
) -> Fit:
    """Fit both stages and the calibration.

    Args:
        examples: As `examples_of` gives them, of one FAQ or of several.
        start: Where little data leaves the constants. Not those of an earlier fit to the same
            questions: they would count twice.
        before: What the outcome is compared with; by default the start.
        outside: The share of questions without an answer that thresholds are made for.
    """
    questions = _questions(examples)
    if not _enough(examples):
        return Fit(start, questions, fitted=False)
    batch = _Batch(examples)
    fold_of = folds_of(batch.group)
    out_of_fold: dict[int, _Ranked] = {}
    for number in range(FOLDS):
        first = _fit_first(batch, fold_of != number, start)
        out_of_fold |= {
            i: _ranked(examples[i], first) for i in np.flatnonzero(fold_of == number).tolist()
        }
    ranked = [out_of_fold[i] for i in range(len(examples))]
    x = np.array([row.signals for row in ranked])
    right = np.array([row.place == 0 for row in ranked])
    weight = batch.weight
    log_odds = np.empty(len(examples))
    for number in range(FOLDS):
        inside = fold_of == number
        constants = fit_confidence(x[~inside], right[~inside], weight[~inside], start)
        log_odds[inside] = constants[0] + x[inside] @ constants[1:]
    calibration, confidence = calibrate(log_odds, right, weight, fold_of)
    constants = fit_confidence(x, right, weight, start)
    first = _fit_first(batch, np.ones(len(examples), dtype=np.bool_), start)
    ranker = replace(
        first,
        signal_weights=rounded(constants[1:]),
        intercept=round(float(constants[0]), 5),
        calibration=calibration,
        precision_curve=precision_curve(confidence, right, weight < 1.0, outside),
        questions=questions,
    )
    before = before or start
    ranked_before = [_ranked(example, before) for example in examples]
    confidence_before = _confidence(ranked_before, before)
    judged = Judged(
        confidence=confidence,
        right=right,
        truth=_truth(confidence, ranked),
        before=confidence_before,
        right_before=np.array([row.place == 0 for row in ranked_before]),
        truth_before=_truth(confidence_before, ranked_before),
        weight=weight,
        group=batch.group,
    )
    return Fit(ranker, questions, True, judged, _parts(batch, ranker))


def first_answers(examples: Sequence[Example], ranker: LearnedRanker) -> tuple[Floats, Bools]:
    """A ranker's confidence in its first answer to each question, and whether that is right.

    Returns:
        Two arrays of shape (len(examples),).
    """
    ranked = [_ranked(example, ranker) for example in examples]
    return _confidence(ranked, ranker), np.array([row.place == 0 for row in ranked])


def _confidence(ranked: Sequence["_Ranked"], ranker: LearnedRanker) -> Floats:
    return np.array([ranker.calibration.probability(ranker.log_odds(r.signals)) for r in ranked])


def _questions(examples: Sequence[Example]) -> int:
    """How many there are, the same question without its answer not counted."""
    return sum(1 for example in examples if example.weight == 1.0)


def _enough(examples: Sequence[Example]) -> bool:
    answers = {example.group for example in examples if example.weight == 1.0}
    return _questions(examples) >= MIN_QUESTIONS and len(answers) >= MIN_ANSWERS


class _Batch:
    """Examples as padded arrays: features (n, candidates, features) and where they are real."""

    def __init__(self, examples: Sequence[Example]) -> None:
        most = max(len(example.x) for example in examples)
        self.x = np.zeros((len(examples), most, len(FEATURES)))
        self.real = np.zeros((len(examples), most), dtype=np.bool_)
        for row, example in enumerate(examples):
            self.x[row, : len(example.x)] = example.x
            self.real[row, : len(example.x)] = True
        self.right = np.array([example.right for example in examples])
        self.group = np.array([example.group for example in examples])
        self.weight = np.array([example.weight for example in examples])


def _fit_first(batch: _Batch, chosen: Bools, start: LearnedRanker) -> LearnedRanker:
    """The weights of the features and the score of "none": the likeliest, given the prior."""
    x, real, right = batch.x[chosen], batch.real[chosen], batch.right[chosen]
    weight = batch.weight[chosen]
    deviation = x[real].std(axis=0) + 1e-3
    middle = x[real].mean(axis=0)
    # In units of the features' deviations, around their means: "none" then stands for itself.
    x = (x - middle) / deviation
    known = np.flatnonzero(right >= 0)
    prior = np.append(
        np.asarray(start.weights) * deviation, start.none - np.asarray(start.weights) @ middle
    )

    def loss(constants: Floats) -> tuple[float, Floats]:
        scores = np.where(real, x @ constants[:-1], -np.inf)
        top = np.maximum(scores.max(axis=1), constants[-1])
        shares = np.exp(scores - top[:, None])
        none = np.exp(constants[-1] - top)
        total = shares.sum(axis=1) + none
        shares /= total[:, None]
        none /= total
        likelihood = none.copy()
        likelihood[known] = shares[known, right[known]]
        shares[known, right[known]] -= 1.0
        pull = (constants - prior) / SPREAD
        value = -(weight * np.log(likelihood + 1e-12)).sum() + 0.5 * (pull @ pull)
        by_weight = np.einsum("nm,nmf->f", weight[:, None] * shares, x)
        by_none = (weight * (none - (right < 0))).sum()
        return float(value), np.append(by_weight, by_none) + pull / SPREAD

    # Evidence for an answer never speaks against it; only what is said of "none" may be negative.
    bounds = [(0.0, None)] * len(FEATURES) + [(None, None)]
    found = minimize(loss, prior, jac=True, method="L-BFGS-B", bounds=bounds).x
    weights = found[:-1] / deviation
    return replace(
        start,
        weights=rounded(weights),
        none=round(float(found[-1] + weights @ middle), 5),
    )


def _parts(batch: _Batch, ranker: LearnedRanker) -> dict[str, float]:
    # Around each question's own mean: what is the same for all its candidates moves nothing.
    count = batch.real.sum(axis=1)[:, None]
    centred = batch.x - (batch.x.sum(axis=1) / count)[:, None, :]
    moved = np.asarray(ranker.weights) * centred[batch.real].std(axis=0)
    shares = moved / max(float(moved.sum()), 1e-9)
    return dict(zip(FEATURES, shares.tolist(), strict=True))


@dataclass(frozen=True)
class _Ranked:
    """A question's candidates in a ranker's order.

    Attributes:
        signals: Of the best; shape (len(SIGNALS),).
        shares: Of the candidates, best first; shape (candidates,).
        place: Of the right one, from 0; -1 where none is.
    """

    signals: Floats
    shares: Floats
    place: int


def _ranked(example: Example, ranker: LearnedRanker) -> _Ranked:
    scores = example.x @ np.asarray(ranker.weights)
    order = np.argsort(-scores, kind="stable")
    x, scores = example.x[order], scores[order]
    shares = ranker.shares(scores)
    place = int(np.flatnonzero(order == example.right)[0]) if example.right >= 0 else -1
    return _Ranked(signals(example.text, x, scores, shares), shares, place)


def _truth(confidence: Floats, ranked: Sequence[_Ranked]) -> Floats:
    """The probability given to what is true, by the confidence in the best candidates."""
    truth = []
    for best, row in zip(confidence.tolist(), ranked, strict=True):
        each = spread(best, row.shares)
        truth.append(each[row.place] if row.place >= 0 else 1 - sum(each))
    return np.array(truth)
