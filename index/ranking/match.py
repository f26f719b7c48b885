"""What a search gives: a pair, where it was found, and how sure that it answers."""

from dataclasses import dataclass

from index.engines.base import Retriever
from index.store.types import Pair


@dataclass(frozen=True)
class Match:
    """A pair that may answer the question.

    Attributes:
        matched_text: The stored wording nearest to the question.
        confidence: Estimated probability that this answer is right; those of one part add up to
            at most 1.
        score: What the order follows; comparable within one part of one search only.
        scores: Raw score by retriever, for those that found the pair.
        part: Which of several questions in a message it answers, from 1; 0 for all of it.
        without_picks: The confidence where no wording counts that was learnt from picks; None
            where none was found, and so it is the same.
    """

    pair: Pair
    matched_text: str
    confidence: float
    score: float
    scores: dict[Retriever, float]
    part: int = 0
    without_picks: float | None = None
