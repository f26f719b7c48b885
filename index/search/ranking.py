"""From the retrievers' hits to one ranked list with a confidence.

`Ranker` is the seam: the search hands over candidates with every retriever's raw score, and gets
them back in order, each with a confidence. `BaselineRanker` is a fixed, documented combination.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Protocol

from index.errors import ModelError

# Beside a model version's servable: the constants that were fitted to its cosines.
RANKING = "ranking.json"
# What a constant can sensibly be; a value outside is a damaged file, not a calibration.
_RANGES = {
    "answer_discount": (0.0, 1.0),
    "bm25_weight": (0.0, 1.0),
    "intercept": (-100.0, 100.0),
    "score_weight": (0.0, 100.0),
    "margin_weight": (0.0, 100.0),
    "rival_floor": (0.0, 1.0),
}


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

    `benchmarks/baseline_ranker.py` fitted the constants for the base model, on questions of which
    half have no right answer, so they err on the side of silence. A trained model brings its own
    (`read_ranker`).
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


def read_ranker(folder: Path) -> BaselineRanker:
    """The ranker of a model version.

    Args:
        folder: The version's folder; where it has no `ranking.json`, as the base version has none,
            the shipped constants hold.

    Raises:
        ModelError: The file cannot be read, or holds what no calibration writes.
    """
    path = folder / RANKING
    try:
        values = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return BaselineRanker()
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error}); restore it from a backup") from None
    names = {field.name for field in fields(BaselineRanker)}
    if not isinstance(values, dict) or values.keys() != names:
        raise ModelError(f"{path} must hold {sorted(names)}; restore it from a backup")
    for name, value in values.items():
        low, high = _RANGES[name]
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not low <= value <= high:
            raise ModelError(
                f"{path}: {name} is {value!r}, not between {low:g} and {high:g}; "
                "restore it from a backup"
            )
    return BaselineRanker(**{name: float(value) for name, value in values.items()})


def write_ranker(path: Path, ranker: BaselineRanker) -> None:
    """Write a ranker's constants to a file, for `write_version` to take along."""
    path.write_text(json.dumps(asdict(ranker), indent=2) + "\n", "utf-8")
