"""Two models on the same questions: how good each is, and whether the difference is real."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from index.evaluation import Estimate
from index.search.ranking import BaselineRanker
from index.store.types import Pair
from index.vectors import Matrix
from train.errors import TrainingFailed
from train.ranks import BOT, TO_ANSWERS, TO_QUESTIONS, Asked, Faq, Ints, Ranks, View

RESAMPLES = 2000
# Questions asked of one side: beyond it the interval is narrow enough.
MOST_QUESTIONS = 5000

# The view that decides.
UNSEEN = "unseen_wording"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Figures:
    """How good a model is over some questions, with 95 % intervals."""

    precision_at_1: Estimate
    mrr: Estimate


@dataclass(frozen=True)
class Comparison:
    """Two models over the same questions.

    Attributes:
        questions: How many; `pairs` is how many pairs they belong to.
        precision_difference: Candidate less live, with the interval of the paired difference.
        mrr_difference: Likewise. This decides.
    """

    questions: int
    pairs: int
    live: Figures
    candidate: Figures
    precision_difference: Estimate
    mrr_difference: Estimate

    def as_dict(self) -> dict[str, Any]:
        """For JSON, each figure rounded."""
        rounded: dict[str, Any] = _rounded(asdict(self))
        return rounded


def compare(live: Ranks, candidate: Ranks, pairs: Ints) -> Comparison:
    """Compare two models' ranks of the right answers.

    Pairs are resampled, not questions: the questions of one pair stand or fall together.

    Args:
        pairs: The pair of each question, shape (questions,).
    """
    columns = [
        live.rank == 1,
        1 / live.rank,
        candidate.rank == 1,
        1 / candidate.rank,
    ]
    values = np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)
    values = np.hstack([values, values[:, 2:] - values[:, :2]])
    estimates = resampled_means(values, pairs)
    return Comparison(
        questions=len(pairs),
        pairs=len(np.unique(pairs)),
        live=Figures(*estimates[:2]),
        candidate=Figures(*estimates[2:4]),
        precision_difference=estimates[4],
        mrr_difference=estimates[5],
    )


def resampled_means(values: Floats, groups: Ints) -> list[Estimate]:
    """The mean of each column, with its 95 % bootstrap interval over groups, from a fixed seed.

    Args:
        values: Shape (n, columns), n > 0.
        groups: The group of each row; whole groups are drawn.
    """
    _, group = np.unique(groups, return_inverse=True)
    count = int(group.max()) + 1
    sums = np.zeros((count, values.shape[1]))
    np.add.at(sums, group, values)
    sizes = np.bincount(group).astype(np.float64)
    generator = np.random.default_rng(0)
    means = np.empty((RESAMPLES, values.shape[1]))
    for i in range(RESAMPLES):
        drawn = np.bincount(generator.integers(count, size=count), minlength=count)
        means[i] = (drawn @ sums) / (drawn @ sizes)
    low, high = np.quantile(means, [0.025, 0.975], axis=0)
    mean = values.mean(axis=0)
    return [
        Estimate(float(m), float(lo), float(hi)) for m, lo, hi in zip(mean, low, high, strict=True)
    ]


@dataclass(frozen=True)
class Model:
    """A model as it is compared.

    Attributes:
        vectors: Of the FAQ's texts, of unit length; shape (len(faq.texts), dimension).
        ranker: What orders its hits.
    """

    vectors: Matrix
    ranker: BaselineRanker

    def __post_init__(self) -> None:
        if not np.isfinite(self.vectors).all():
            raise TrainingFailed("the trained model gives vectors that are not numbers")


class Comparer:
    """Asks both models the same questions of a snapshot."""

    def __init__(self, faq: Faq, live: Model, candidate: Model) -> None:
        self.faq = faq
        self.live = live
        self.candidate = candidate
        self._row = {text: row for row, text in enumerate(faq.texts)}

    def ask(self, asked: Sequence[Asked], view: View = BOT) -> "Answered":
        """Ask both models.

        Args:
            asked: Stored wordings, one at least.
        """
        rows = [self._row[question.text] for question in asked]
        live, candidate = (
            self.faq.ranks(asked, model.vectors[rows], model.vectors, model.ranker, view)
            for model in (self.live, self.candidate)
        )
        return Answered(tuple(asked), live, candidate, compare(live, candidate, pairs_of(asked)))

    def views(self, pairs: Sequence[Pair], most: int = MOST_QUESTIONS) -> dict[str, "Answered"]:
        """The questions of one side, asked in each view that has any.

        Returns:
            `unseen_wording` (what decides: each wording as if it was not stored),
            `question_to_answer` (answers only are searched) and `phrasing_to_question` (further
            phrasings, and main questions only are searched).
        """
        asked = self.faq.questions(pairs, most)
        main = [q for q in asked if q.text == self.faq.pairs[q.pair].question]
        further = [q for q in asked if q.text != self.faq.pairs[q.pair].question]
        wanted: Mapping[str, tuple[list[Asked], View]] = {
            UNSEEN: (asked, BOT),
            "question_to_answer": (main, TO_ANSWERS),
            "phrasing_to_question": (further, TO_QUESTIONS),
        }
        return {
            name: self.ask(questions, view)
            for name, (questions, view) in wanted.items()
            if questions
        }


@dataclass(frozen=True)
class Answered:
    """Questions, how both models ranked their answers, and how the two compare."""

    asked: tuple[Asked, ...]
    live: Ranks
    candidate: Ranks
    comparison: Comparison


def pairs_of(asked: Sequence[Asked]) -> Ints:
    """The pair of each question, for `compare`."""
    return np.array([question.pair for question in asked], dtype=np.int64)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return round(value, 4) if isinstance(value, float) else value
