"""From the retrievers' hits to one ranked list with a confidence.

`Ranker` is the seam: the search hands over candidates with every retriever's raw score, and gets
them back in order, each with a confidence. `BaselineRanker` is a fixed, documented combination.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol


@dataclass(frozen=True)
class Candidate:
    """A pair that at least one retriever found.

    Attributes:
        matched_text: The stored wording that was nearest to the question.
        question: Cosine to the nearest wording; None where that retriever did not find it.
        answer: Cosine to the answer; None likewise.
        bm25: BM25 score; None likewise.
        answer_key: Equal for pairs with the same answer, which count as one.
        score: What the order follows; set by the ranker.
        confidence: Estimated probability that the answer is right; set by the ranker.
    """

    pair_id: str
    matched_text: str
    question: float | None
    answer: float | None
    bm25: float | None
    answer_key: str
    score: float = 0.0
    confidence: float = 0.0


class Ranker(Protocol):
    """Puts candidates in order."""

    def rank(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The candidates, best first, with `score` and `confidence` set."""


@dataclass(frozen=True)
class BaselineRanker:
    """A fixed order and a logistic confidence, for any FAQ.

    score = max(cosine to the nearest wording, 0.9 x cosine to the answer) + 0.015 x BM25

    The wording decides because an asker's question resembles a stored question far more than an
    answer; the answer stands in where it is the nearer. BM25 adds what embeddings lose: error
    codes, product names.

    confidence = logistic(intercept + score_weight x score + margin_weight x margin)

    where the margin is the distance to the best candidate with another answer: among near
    equals none is sure. In a small FAQ there may be no rival near; the distance is then to
    `rival_floor`, what a larger FAQ would usually have had nearby.

    `benchmarks/baseline_ranker.py` fitted the constants, on questions of which half have no right
    answer, so they err on the side of silence.
    """

    answer_discount: float = 0.9
    bm25_weight: float = 0.015
    intercept: float = -3.8
    score_weight: float = 2.4
    margin_weight: float = 8.5
    rival_floor: float = 0.5

    def rank(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        scored = sorted(
            (replace(c, score=self._score(c)) for c in candidates),
            key=lambda c: (-c.score, c.pair_id),
        )
        best = scored[0] if scored else None
        second = next((c for c in scored if best and c.answer_key != best.answer_key), None)
        ranked = []
        for candidate in scored:
            rival = second if best and candidate.answer_key == best.answer_key else best
            confidence = self._confidence(candidate, rival.score if rival else 0.0)
            ranked.append(replace(candidate, confidence=confidence))
        return ranked

    def _score(self, candidate: Candidate) -> float:
        dense = max(
            candidate.question or 0.0,
            self.answer_discount * (candidate.answer or 0.0),
        )
        return dense + self.bm25_weight * (candidate.bm25 or 0.0)

    def _confidence(self, candidate: Candidate, rival: float) -> float:
        margin = candidate.score - max(rival, self.rival_floor)
        z = self.intercept + self.score_weight * candidate.score + self.margin_weight * margin
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, z))))
