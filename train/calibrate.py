"""Fitting the ranker's confidence to a model: of answers given with p, a share p should be right.

The ranker's constants hold for the cosines of one model. A trained one spreads its vectors
otherwise, so intercept, score weight and margin weight are fitted again, on questions that it was
not trained on (held-out and development side). Each is asked twice: so that its answer can be
found, and with its answer taken out, when nothing is right and silence would be. What a question
looks like to the bot:

- A pair with several wordings is asked each of them as if it was not stored.
- A pair with one wording would be left with its answer only, which is far harder than what people
  really ask: its question is asked with noise instead (typos, words left out, chatter).

The order of answers stays as it is: discount and BM25 weight are not touched.
"""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from index.search.ranking import BaselineRanker
from index.store.types import Pair
from train.compare import pairs_of
from train.data import wordings_of
from train.ranks import Asked, Faq, Ints, Ranks

# Below so many questions the shipped constants are the better guess.
MIN_QUESTIONS = 100
MOST_QUESTIONS = 1500
BINS = 10
FOLDS = 5
# How far from the shipped constants (intercept, score and margin weight) a fit goes without
# evidence: standard deviations of a normal prior around them.
_SPREAD = np.array([2.0, 2.0, 4.0])

_STOP_WORDS = frozenset(
    ("a", "an", "the", "is", "are", "do", "does", "how", "what", "can", "in", "of", "to")
)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Examples:
    """Answers that would be given first, and whether they are right; arrays of shape (n,).

    Attributes:
        score, margin: What the confidence is a function of.
        pair: The pair that was asked about.
    """

    score: Floats
    margin: Floats
    right: npt.NDArray[np.bool_]
    pair: Ints

    def __len__(self) -> int:
        return len(self.right)


@dataclass(frozen=True)
class Bin:
    """Answers given with a confidence in one tenth of the range."""

    answers: int
    confidence: float
    right: float


@dataclass(frozen=True)
class Reliability:
    """How far confidence can be believed.

    Attributes:
        error: Expected calibration error: mean distance, over answers, between the confidence of
            a tenth and its share of right answers.
        bins: The tenths that have answers.
    """

    error: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True)
class Calibration:
    """A ranker fitted to a model.

    Attributes:
        questions: What it was fitted on.
        fitted: Whether the constants were; too few questions leave them.
        before: Reliability with the constants it started from.
        after: With the fitted ones, each answer judged by a fit that has not seen its pair.
    """

    ranker: BaselineRanker
    questions: int
    fitted: bool
    before: Reliability
    after: Reliability


def questions_for(faq: Faq, pairs: Sequence[Pair]) -> list[Asked]:
    """The questions to calibrate on."""
    asked: list[Asked] = []
    for pair in sorted(pairs, key=lambda pair: _shuffled(pair.id)):
        if len(asked) >= MOST_QUESTIONS:
            break
        position, wordings = faq.position[pair.id], wordings_of(pair)
        if len(wordings) > 1:
            asked += [Asked(text, position, unseen=True) for text in wordings]
        else:
            asked.append(Asked(noisy(pair.question), position, unseen=False))
    return asked


def examples_of(asked: Sequence[Asked], ranks: Ranks, rival_floor: float) -> Examples:
    """Each question with its answer there to be found, and once more without it."""
    found = ranks.own > ranks.first
    score = np.concatenate([np.maximum(ranks.own, ranks.first), ranks.first])
    rival = np.concatenate(
        [np.where(found, ranks.first, np.maximum(ranks.own, ranks.second)), ranks.second]
    )
    pair = pairs_of(asked)
    return Examples(
        score=score.astype(np.float64),
        margin=(score - np.maximum(rival, rival_floor)).astype(np.float64),
        right=np.concatenate([found, np.zeros_like(found)]),
        pair=np.concatenate([pair, pair]),
    )


def calibrate(examples: Examples, start: BaselineRanker) -> Calibration:
    """Fit a ranker's confidence.

    Args:
        examples: Two for each question, as `examples_of` gives them.
        start: The ranker whose scores they are; what is not fitted stays as it is here.
    """
    questions = len(examples) // 2
    before = reliability(_confidence(_constants(start), examples), examples.right)
    if questions < MIN_QUESTIONS:
        return Calibration(start, questions, False, before, before)
    confidence = np.empty(len(examples))
    # By pair, so that no fit is judged on a question whose sister it has seen.
    fold = examples.pair % FOLDS
    for number in range(FOLDS):
        inside = fold == number
        fitted = _fit(_only(examples, ~inside), start)
        confidence[inside] = _confidence(fitted, _only(examples, inside))
    intercept, score_weight, margin_weight = (
        round(float(value), 4) for value in _fit(examples, start)
    )
    return Calibration(
        ranker=replace(
            start, intercept=intercept, score_weight=score_weight, margin_weight=margin_weight
        ),
        questions=questions,
        fitted=True,
        before=before,
        after=reliability(confidence, examples.right),
    )


def reliability(confidence: Floats, right: npt.NDArray[np.bool_]) -> Reliability:
    """Compare confidence with what was right, in tenths."""
    tenth = np.minimum((confidence * BINS).astype(int), BINS - 1)
    bins = []
    for number in range(BINS):
        inside = tenth == number
        if inside.any():
            mean = float(confidence[inside].mean())
            bins.append(Bin(int(inside.sum()), mean, float(right[inside].mean())))
    error = sum(b.answers * abs(b.confidence - b.right) for b in bins) / max(1, len(right))
    return Reliability(float(error), tuple(bins))


def noisy(text: str) -> str:
    """A question as somebody in a hurry types it; always the same for a text, and never it."""
    generator = random.Random(text)  # seeds from the text itself, in every process alike
    words = text.split()
    changed = text
    kind = generator.randrange(4)
    if kind == 0:
        letters = list(text)
        for _ in range(max(1, len(letters) // 15)):
            i = generator.randrange(max(1, len(letters) - 1))
            letters[i : i + 2] = reversed(letters[i : i + 2])
        changed = "".join(letters)
    elif kind == 1:
        changed = " ".join(word for word in words if generator.random() > 0.3)
    elif kind == 2:
        changed = " ".join(w for w in words if w.strip("?").lower() not in _STOP_WORDS)
    return changed if changed not in ("", text) else f"hey team quick q: {text} thanks!"


def _fit(examples: Examples, start: BaselineRanker) -> Floats:
    """Intercept, score weight and margin weight: the likeliest, given the prior."""
    centre = _constants(start)
    features = _features(examples)
    sign = np.where(examples.right, 1.0, -1.0)

    def loss(constants: Floats) -> tuple[float, Floats]:
        z = sign * (features @ constants)
        pull = (constants - centre) / _SPREAD
        value = np.logaddexp(0.0, -z).sum() + 0.5 * (pull @ pull)
        share = sign / (1.0 + np.exp(np.clip(z, -30, 30)))
        return float(value), pull / _SPREAD - features.T @ share

    # A higher score or a larger margin never makes an answer less likely to be right.
    bounds = [(-100.0, 100.0), (0.0, 100.0), (0.0, 100.0)]
    found = minimize(loss, centre, jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x, dtype=np.float64)


def _confidence(constants: Floats, examples: Examples) -> Floats:
    z = np.clip(_features(examples) @ constants, -30, 30)
    return np.asarray(1.0 / (1.0 + np.exp(-z)), dtype=np.float64)


def _features(examples: Examples) -> Floats:
    return np.stack([np.ones(len(examples)), examples.score, examples.margin], axis=1)


def _constants(ranker: BaselineRanker) -> Floats:
    return np.array([ranker.intercept, ranker.score_weight, ranker.margin_weight])


def _only(examples: Examples, chosen: npt.NDArray[np.bool_]) -> Examples:
    return Examples(
        examples.score[chosen],
        examples.margin[chosen],
        examples.right[chosen],
        examples.pair[chosen],
    )


def _shuffled(pair_id: str) -> bytes:
    return hashlib.blake2b(pair_id.encode(), digest_size=8, person=b"faqbot-calibrat").digest()
