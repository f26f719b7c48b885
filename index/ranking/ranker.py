"""From evidence to one ranked list with a confidence.

`LearnedRanker` is a small model in two stages, both logistic. The first scores every candidate
answer; a softmax over the candidates and "none of them" gives shares. The second looks at the
best candidate and the distance to the others, and says how likely it is right. `train.ranker.fit`
fits both to a team's pairs and a model's cosines; until there is enough for that, the shipped
constants hold (`shipped.json` beside this module; `benchmarks/shipped_ranker.py` fitted them).
"""

import json
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from index.engines.base import Hit, Retriever
from index.errors import ModelError
from index.ranking.features import (
    ANSWER,
    BM25,
    CENTRE,
    FEATURES,
    QUESTION,
    Entry,
    Evidence,
    Features,
    features,
    floors_of,
    gather,
    words_of,
)

# Beside a model version's servable: the constants that were fitted to its cosines.
RANKING = "ranking.json"
FORMAT = 1
# What the confidence in the best candidate is computed from; see `signals`.
SIGNALS = (
    "share",
    "lead",
    "question",
    "centre",
    "answer",
    "bm25",
    "coverage",
    "question_margin",
    "centre_margin",
    "answer_margin",
    "bm25_margin",
    "agreement",
    "words",
)
# Scores further apart than this are not told apart any more.
MAX_LEAD = 8.0
# In a small FAQ there may be no rival near; a larger one would usually have had one at least so
# near, and how far the best is above it would then be known.
RIVAL = {QUESTION: 0.4, CENTRE: 0.4, ANSWER: 0.3}
# One-sided: a threshold is given for a precision that holds with this probability.
BOUND = 0.95


@dataclass(frozen=True)
class Candidate:
    """An answer in its place.

    Attributes:
        score: What the order follows; comparable within one search only.
        confidence: Estimated probability that this answer is right; those of a search add up to
            at most 1.
    """

    evidence: Evidence
    score: float
    confidence: float


@dataclass(frozen=True)
class Placed:
    """A ranking and how it came about.

    Attributes:
        candidates: Best first; `x` and `shares` are in their order.
        x: Features; shape (candidates, len(FEATURES)).
        shares: Of the softmax over the candidates and "none"; shape (candidates,).
        signals: Of the best candidate; shape (len(SIGNALS),).
        log_odds: Of the best candidate being right, before calibration.
    """

    candidates: tuple[Candidate, ...]
    x: Features
    shares: Features
    signals: Features
    log_odds: float


class Ranker(Protocol):
    """Puts what was found in order."""

    def rank(
        self, text: str, hits: Mapping[Retriever, Sequence[Hit]], pairs: Mapping[str, Entry]
    ) -> list[Candidate]:
        """The answers, best first.

        Args:
            text: The question as it was searched.
            hits: By retriever, best first; those on questions with their vectors.
            pairs: The pairs that may be shown, by id.
        """

    def threshold(self, precision: float) -> float | None:
        """The confidence from which answers are right at a rate; None where that is not proven."""


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
class HeldOut:
    """How confidence and truth went together on questions that no part of the fit had seen.

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
    """Wilson's lower bound of a share, one-sided at `BOUND`."""
    if not answers:
        return 0.0
    z = 1.6449
    share = right / answers
    middle = share + z * z / (2 * answers)
    spread = z * math.sqrt(share * (1 - share) / answers + z * z / (4 * answers * answers))
    return (middle - spread) / (1 + z * z / answers)


@dataclass(frozen=True)
class LearnedRanker:
    """A ranker's constants.

    Attributes:
        weights: Of each feature in a candidate's score; shape (len(FEATURES),).
        none: Score of "none of them".
        signal_weights: Of each signal in the log-odds of the best; shape (len(SIGNALS),).
        intercept: Of those log-odds.
        questions: How many questions it was fitted on; 0 for the shipped constants.
    """

    weights: tuple[float, ...]
    none: float
    signal_weights: tuple[float, ...]
    intercept: float
    calibration: Calibration = field(default_factory=Calibration)
    held_out: HeldOut = field(default_factory=HeldOut)
    questions: int = 0

    def rank(
        self, text: str, hits: Mapping[Retriever, Sequence[Hit]], pairs: Mapping[str, Entry]
    ) -> list[Candidate]:
        placed = self.place(text, hits, pairs)
        return list(placed.candidates) if placed else []

    def place(
        self, text: str, hits: Mapping[Retriever, Sequence[Hit]], pairs: Mapping[str, Entry]
    ) -> "Placed | None":
        """Rank, and keep the working; None where nothing was found."""
        evidence = gather(hits, pairs)
        if not evidence:
            return None
        x = features(text, evidence, floors_of(hits))
        scores = x @ np.asarray(self.weights)
        order = sorted(range(len(evidence)), key=lambda i: (-scores[i], evidence[i].pair_id))
        x, scores = x[order], scores[order]
        shares = self.shares(scores)
        seen = signals(text, x, scores, shares)
        log_odds = self.log_odds(seen)
        confidences = spread(self.calibration.probability(log_odds), shares)
        candidates = tuple(
            Candidate(evidence[i], float(score), confidence)
            for i, score, confidence in zip(order, scores, confidences, strict=True)
        )
        return Placed(candidates, x, shares, seen, log_odds)

    def threshold(self, precision: float) -> float | None:
        return self.held_out.threshold(precision)

    def shares(self, scores: Features) -> Features:
        """Softmax over the candidates' scores and "none"; shape (candidates,)."""
        top = max(self.none, float(scores.max()))
        exponentials = np.exp(scores - top)
        shares: Features = exponentials / (exponentials.sum() + math.exp(self.none - top))
        return shares

    def log_odds(self, signals: Features) -> float:
        """Of the best candidate being right, before calibration."""
        return float(self.intercept + signals @ np.asarray(self.signal_weights))


def signals(text: str, x: Features, scores: Features, shares: Features) -> Features:
    """What the confidence in the best candidate is computed from.

    - share: log-odds of its softmax share; lead: how far its score is above the next one's.
    - question, centre, answer, bm25, coverage: its features.
    - ..._margin: how far its feature is above the best other candidate's.
    - agreement: how many of question, answer and BM25 have it first, 0 to 3.
    - words: logarithm of the number of words asked with.

    Args:
        x: Features of the candidates, best first; shape (candidates, len(FEATURES)).
        scores, shares: Shape (candidates,).

    Returns:
        Array of shape (len(SIGNALS),).
    """
    share = min(max(float(shares[0]), 1e-6), 1 - 1e-6)
    best = x[0]
    others = x[1:].max(axis=0) if len(x) > 1 else np.zeros(len(FEATURES))
    for i, least in RIVAL.items():
        others[i] = max(others[i], least)
    margin = best - others
    lead = min(float(scores[0] - scores[1]), MAX_LEAD) if len(x) > 1 else MAX_LEAD
    agreement = sum(margin[i] >= 0 and best[i] > 0 for i in (QUESTION, ANSWER, BM25))
    return np.array(
        (
            math.log(share / (1 - share)),
            lead,
            best[QUESTION],
            best[CENTRE],
            best[ANSWER],
            best[BM25],
            best[FEATURES.index("coverage")],
            margin[QUESTION],
            margin[CENTRE],
            margin[ANSWER],
            margin[BM25],
            agreement,
            math.log1p(len(words_of(text))),
        )
    )


def spread(best: float, shares: Features) -> list[float]:
    """The confidence in each candidate: the best's as given, the rest by their shares."""
    first = float(shares[0])
    factor = best / first if first > 0 else 0.0
    if first < 1:
        factor = min(factor, (1 - best) / (1 - first))
    # None is surer than the best one.
    return [best, *(min(best, float(share) * factor) for share in shares[1:])]


def _logistic(z: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, z))))


@cache
def shipped() -> LearnedRanker:
    """The ranker of a fresh install: fitted to the base model on public question sets."""
    return _parse(Path(__file__).with_name("shipped.json"))


def read_ranker(folder: Path) -> LearnedRanker:
    """The ranker of a model version.

    Args:
        folder: The version's folder; where it has no `ranking.json`, as the base version has none,
            or one of an earlier format, the shipped constants hold.

    Raises:
        ModelError: The file cannot be read, or holds what no fit writes.
    """
    path = folder / RANKING
    return _parse(path) if path.exists() else shipped()


def write_ranker(path: Path, ranker: LearnedRanker) -> None:
    """Write a ranker's constants to a file, for `write_version` to take along."""
    values = {
        "format": FORMAT,
        "questions": ranker.questions,
        "weights": dict(zip(FEATURES, ranker.weights, strict=True)),
        "none": ranker.none,
        "signal_weights": dict(zip(SIGNALS, ranker.signal_weights, strict=True)),
        "intercept": ranker.intercept,
        "calibration": {
            "method": ranker.calibration.method,
            "points": [list(point) for point in ranker.calibration.points],
        },
        "held_out": {
            "answers": list(ranker.held_out.answers),
            "right": list(ranker.held_out.right),
        },
    }
    path.write_text(json.dumps(values) + "\n", "utf-8")


def _parse(path: Path) -> LearnedRanker:
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error}); restore it from a backup") from None
    if isinstance(values, dict) and "rival_floor" in values:
        # Of the release before: constants of another formula, which mean nothing in this one. The
        # shipped ones order well, but nothing is proven of how they go with that model.
        return replace(shipped(), held_out=HeldOut())
    try:
        if values["format"] != FORMAT:
            raise ValueError(f"format {values['format']!r} is not {FORMAT}")
        return LearnedRanker(
            weights=tuple(_number(values["weights"][name]) for name in FEATURES),
            none=_number(values["none"]),
            signal_weights=tuple(_number(values["signal_weights"][name]) for name in SIGNALS),
            intercept=_number(values["intercept"]),
            calibration=_calibration(values["calibration"]),
            held_out=_held_out(values["held_out"]),
            questions=int(_number(values["questions"])),
        )
    except (KeyError, TypeError, ValueError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ModelError(f"{path}: {reason}; restore it from a backup") from None


def _calibration(values: dict[str, Any]) -> Calibration:
    points = tuple((_number(x), _number(y)) for x, y in values["points"])
    if values["method"] == "platt" and len(points) == 1:
        return Calibration("platt", points)
    rising = all(a <= b for a, b in pairwise(points)) and all(
        y0 <= y1 for (_, y0), (_, y1) in pairwise(points)
    )
    if values["method"] == "isotonic" and points and rising and points[-1][1] <= 1:
        return Calibration("isotonic", points)
    raise ValueError("the calibration is no rising curve")


def _held_out(values: dict[str, Any]) -> HeldOut:
    answers = tuple(int(_number(n)) for n in values["answers"])
    right = tuple(int(_number(n)) for n in values["right"])
    if len(answers) != len(right) or any(r > n for r, n in zip(right, answers, strict=True)):
        raise ValueError("the held-out answers do not add up")
    return HeldOut(answers, right)


def _number(value: Any) -> float:
    """A finite number; what else a damaged file may hold is refused.

    Raises:
        ValueError: It is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e6:
        raise ValueError(f"{value!r} is no sensible number")
    return float(value)
