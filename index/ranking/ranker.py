"""From evidence to one ranked list with a confidence.

`LearnedRanker` is a small model in two stages, both logistic. The first scores every candidate
answer; a softmax over the candidates and "none of them" gives shares. The second looks at the
best candidate and the distance to the others, and says how likely it is right. `train.ranker.fit`
fits both to a team's pairs and a model's cosines; until there is enough for that, the shipped
constants hold (`shipped.json` beside this module; `benchmarks/shipped_ranker.py` fitted them).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from index.engines.base import Hit, Retriever
from index.ranking.calibration import Calibration, PrecisionCurve
from index.ranking.features import (
    ANSWER,
    BM25,
    CENTROID,
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

# What the confidence in the best candidate is computed from; see `signals`.
SIGNALS = (
    "share",
    "lead",
    "question",
    "centroid",
    "answer",
    "bm25",
    "coverage",
    "question_margin",
    "centroid_margin",
    "answer_margin",
    "bm25_margin",
    "agreement",
    "words",
)
# Scores further apart than this are not told apart any more.
MAX_LEAD = 8.0
# In a small FAQ there may be no rival near; a larger one would usually have had one at least so
# near, and how far the best is above it would then be known.
RIVAL = {QUESTION: 0.4, CENTROID: 0.4, ANSWER: 0.3}


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
class Ranking:
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
class LearnedRanker(Ranker):
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
    precision_curve: PrecisionCurve = field(default_factory=PrecisionCurve)
    questions: int = 0

    def rank(
        self, text: str, hits: Mapping[Retriever, Sequence[Hit]], pairs: Mapping[str, Entry]
    ) -> list[Candidate]:
        ranking = self.rank_in_detail(text, hits, pairs)
        return list(ranking.candidates) if ranking else []

    def rank_in_detail(
        self, text: str, hits: Mapping[Retriever, Sequence[Hit]], pairs: Mapping[str, Entry]
    ) -> Ranking | None:
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
        return Ranking(candidates, x, shares, seen, log_odds)

    def threshold(self, precision: float) -> float | None:
        return self.precision_curve.threshold(precision)

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
    - question, centroid, answer, bm25, coverage: its features.
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
            best[CENTROID],
            best[ANSWER],
            best[BM25],
            best[FEATURES.index("coverage")],
            margin[QUESTION],
            margin[CENTROID],
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
