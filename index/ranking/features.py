"""What speaks for each answer: the retrievers' hits, gathered and made comparable.

The bot, the fit of the ranker and `faqbot explain` all see an answer through these functions, so
what is learned is what is used.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from index.engines.base import Hit, Retriever
from index.store.types import Origin, Pair
from index.text import fold

Features = npt.NDArray[np.float64]

# What a candidate is scored by, in this order; see `features`.
FEATURES = (
    "question",
    "centroid",
    "answer",
    "answer_lead",
    "bm25",
    "bm25_share",
    "overlap",
    "coverage",
    "exact",
)
QUESTION, CENTROID, ANSWER, BM25 = (
    FEATURES.index(n) for n in ("question", "centroid", "answer", "bm25")
)
# BM25 scores are of the order of ten; cosines of one.
BM25_SCALE = 0.1

_WORD = re.compile(r"\w+")


class Entry(Protocol):
    """A pair, as far as gathering needs it."""

    @property
    def question(self) -> str:
        """Its main wording."""

    @property
    def answer(self) -> str:
        """What it is answered with; entries with the same answer count as one."""


@dataclass(frozen=True)
class Evidence:
    """What the retrievers have for an answer. Pairs with the same answer count as one.

    Attributes:
        pair_id: The pair that stands for the answer: whose wording is nearest.
        answer_key: Equal for equal answers.
        matched_text: The stored wording that is nearest to the question.
        question: Cosine to that wording; None where no wording was found.
        centroid: Cosine to the mean of the answer's wordings that were found; None likewise.
        answer: Cosine to the answer itself; None where it was not found.
        bm25: BM25 score; None where it was not found.
    """

    pair_id: str
    answer_key: str
    matched_text: str
    question: float | None
    centroid: float | None
    answer: float | None
    bm25: float | None


def gather(hits: Mapping[Retriever, Sequence[Hit]], pairs: Mapping[str, Entry]) -> list[Evidence]:
    """Put hits together by answer.

    Args:
        hits: By retriever, best first. Hits on questions bring their vectors; without, the centroid
            is the nearest wording.
        pairs: The pairs that may be shown, by id; hits of others are passed over.
    """
    keys: dict[str, str] = {}
    found: dict[str, dict[Retriever, list[Hit]]] = {}
    for retriever, ranked in hits.items():
        for hit in ranked:
            if hit.pair_id not in keys:
                if hit.pair_id not in pairs:
                    continue
                keys[hit.pair_id] = fold(pairs[hit.pair_id].answer)
            found.setdefault(keys[hit.pair_id], {}).setdefault(retriever, []).append(hit)
    return [_evidence(key, by_retriever, pairs) for key, by_retriever in found.items()]


def without_picks(
    hits: Mapping[Retriever, Sequence[Hit]], pairs: Mapping[str, Pair]
) -> dict[Retriever, list[Hit]] | None:
    """The hits without those on wordings that were learnt from picks; None where there are none.

    Args:
        hits, pairs: As for `gather`.
    """
    picked = {
        (pair.id, phrasing.text)
        for pair in pairs.values()
        for phrasing in pair.phrasings
        if phrasing.origin is Origin.PICK and phrasing.text != pair.question
    }
    wordings = hits.get(Retriever.QUESTION, ())
    kept = [hit for hit in wordings if (hit.pair_id, hit.text) not in picked]
    if len(kept) == len(wordings):
        return None
    return {retriever: list(found) for retriever, found in hits.items()} | {
        Retriever.QUESTION: kept
    }


def _evidence(key: str, found: dict[Retriever, list[Hit]], pairs: Mapping[str, Entry]) -> Evidence:
    wordings = found.get(Retriever.QUESTION, [])
    best = {retriever: hits[0] for retriever, hits in found.items()}
    first = next(best[r] for r in Retriever if r in best)
    return Evidence(
        pair_id=first.pair_id,
        answer_key=key,
        matched_text=first.text if wordings else pairs[first.pair_id].question,
        question=wordings[0].score if wordings else None,
        centroid=_centroid(wordings),
        answer=best[Retriever.ANSWER].score if Retriever.ANSWER in best else None,
        bm25=best[Retriever.BM25].score if Retriever.BM25 in best else None,
    )


def _centroid(wordings: Sequence[Hit]) -> float | None:
    """Cosine of the question to the mean of wordings.

    The mean's direction says what the wordings have in common, free of how each happens to be
    put: with several wordings it tells answers apart better than the nearest one.
    """
    if not wordings:
        return None
    vectors = [hit.vector for hit in wordings if hit.vector is not None]
    if len(wordings) == 1 or not vectors:
        return wordings[0].score
    length = float(np.linalg.norm(np.sum(vectors, axis=0)))
    return float(sum(hit.score for hit in wordings) / length) if length > 0 else wordings[0].score


def features(
    text: str, evidence: Sequence[Evidence], floors: Mapping[Retriever, float]
) -> Features:
    """The features of candidates.

    - question, centroid, answer: the cosines; where a retriever did not find an answer, its floor:
      the truth is at most that.
    - answer_lead: how much nearer the answer is than its wordings, 0 where it is not: the sign of
      a question that nobody has put this way before.
    - bm25: a tenth of the BM25 score; bm25_share: its share of the best score in this search.
    - overlap: words that question and matched wording share, of all their words (Jaccard).
    - coverage: of the question's words, those that the matched wording has.
    - exact: 1 where both have the same words.

    Args:
        floors: By retriever, as `floors_of` gives them.

    Returns:
        Array of shape (candidates, len(FEATURES)).
    """
    words = words_of(text)
    top = max((e.bm25 or 0.0 for e in evidence), default=0.0)
    rows = np.empty((len(evidence), len(FEATURES)))
    for row, e in enumerate(evidence):
        question = e.question if e.question is not None else floors[Retriever.QUESTION]
        centroid = e.centroid if e.centroid is not None else floors[Retriever.QUESTION]
        answer = e.answer if e.answer is not None else floors[Retriever.ANSWER]
        bm25 = e.bm25 or 0.0
        # Without a wording that was found there is nothing to compare with.
        matched = words_of(e.matched_text) if e.question is not None else frozenset()
        shared = len(words & matched)
        rows[row] = (
            question,
            centroid,
            answer,
            max(0.0, answer - question),
            bm25 * BM25_SCALE,
            bm25 / top if top else 0.0,
            shared / len(words | matched) if words or matched else 0.0,
            shared / len(words) if words else 0.0,
            float(bool(words) and words == matched),
        )
    return rows


def floors_of(hits: Mapping[Retriever, Sequence[Hit]]) -> dict[Retriever, float]:
    """For each dense retriever the score of its last hit: what it did not find is not above."""
    return {
        retriever: max(0.0, min((hit.score for hit in hits.get(retriever, ())), default=0.0))
        for retriever in (Retriever.QUESTION, Retriever.ANSWER)
    }


def words_of(text: str) -> frozenset[str]:
    """The different words of a text, without case."""
    return frozenset(_WORD.findall(text.casefold()))
