"""Two models, or two rankers, on the same questions: is one better, and is that real?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from index.evaluation.bootstrap import Estimate, estimate_grouped_means
from index.model.embedder import Embedder
from index.ranking.ranker import LearnedRanker
from index.ranking.ranker_file import shipped
from index.store.types import Pair
from index.vectors import Matrix
from train.errors import TrainingFailed
from train.promotion.reliability import log_losses
from train.ranker.examples import examples_for
from train.ranker.fit import Judged, fit_order
from train.ranker.simulated_search import Ints, SimulatedQuestion, SimulatedSearch, View

# Questions asked of one side: beyond it the interval is narrow enough.
MOST_QUESTIONS = 5000

# The view that decides.
UNSEEN = "unseen_wording"


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


def compare(live: Ints, candidate: Ints, pairs: Ints) -> Comparison:
    """Compare two models' ranks of the right answers.

    Pairs are resampled, not questions: the questions of one pair stand or fall together.

    Args:
        live, candidate: Ranks, shape (questions,).
        pairs: The pair of each question, shape (questions,).
    """
    columns = [live == 1, 1 / live, candidate == 1, 1 / candidate]
    values = np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)
    values = np.hstack([values, values[:, 2:] - values[:, :2]])
    estimates = estimate_grouped_means(values, pairs)
    return Comparison(
        questions=len(pairs),
        pairs=len(np.unique(pairs)),
        live=Figures(*estimates[:2]),
        candidate=Figures(*estimates[2:4]),
        precision_difference=estimates[4],
        mrr_difference=estimates[5],
    )


@dataclass(frozen=True)
class RankerComparison:
    """A ranker that was fitted anew and the one there is, on the same questions.

    Attributes:
        questions: How many have an answer that could be found.
        log_loss_gain: Of the probability given to what is true (this answer, or none of those
            found), over all questions, those without an answer too: how much lower it is by the
            new one. It is lower where right answers come first more often, and where the
            confidence fits better.
        precision_gain: The share of right first answers, over the questions with an answer: how
            much higher it is by the new one.
    """

    questions: int
    log_loss_gain: Estimate
    precision_gain: Estimate


def compare_rankers(judged: Judged) -> RankerComparison:
    """Compare what was judged: the new ranker out of fold, the present one as it is.

    Where the present one was fitted to some of these very questions, it is at an advantage.
    """
    gained = log_losses(judged.truth_before) - log_losses(judged.truth)
    (log_loss,) = estimate_grouped_means(gained[:, None], judged.group, judged.weight)
    known = judged.weight == 1.0
    gained = judged.right.astype(np.float64) - judged.right_before
    (precision,) = estimate_grouped_means(gained[known, None], judged.group[known])
    return RankerComparison(int(known.sum()), log_loss, precision)


@dataclass(frozen=True)
class Model:
    """A model as it is compared.

    Attributes:
        vectors: Of the FAQ's texts, of unit length; shape (len(search.texts), dimension).
        ranker: What orders its hits.
    """

    vectors: Matrix
    ranker: LearnedRanker

    def __post_init__(self) -> None:
        if not np.isfinite(self.vectors).all():
            raise TrainingFailed("the trained model gives vectors that are not numbers")

    @classmethod
    def on_equal_terms(
        cls, search: SimulatedSearch, develop: Sequence[Pair], embedder: Embedder, vectors: Matrix
    ) -> "Model":
        """A model with a ranker fitted to it on the development side.

        Weights that were fitted to one model's cosines, or on held-out questions, would favour
        that model. So both get weights of their own, in the same way and from the same start, on
        questions that do not decide.
        """
        model = cls(vectors, shipped())
        examples = examples_for(search, develop, embedder, model.vectors, simulated=True)
        return replace(model, ranker=fit_order(examples, model.ranker))


class Comparer:
    """Asks both models the same questions of a snapshot."""

    def __init__(self, search: SimulatedSearch, live: Model, candidate: Model) -> None:
        self.search = search
        self.live = live
        self.candidate = candidate
        self._row = {text: row for row, text in enumerate(search.texts)}

    def ask(self, questions: Sequence[SimulatedQuestion], view: View = View.BOT) -> "Answered":
        """Ask both models.

        Args:
            questions: Stored wordings, one at least.
        """
        rows = [self._row[question.text] for question in questions]
        live, candidate = (
            self.search.ranks(questions, model.vectors[rows], model.vectors, model.ranker, view)
            for model in (self.live, self.candidate)
        )
        return Answered(
            tuple(questions), live, candidate, compare(live, candidate, pairs_of(questions))
        )

    def views(self, pairs: Sequence[Pair], most: int = MOST_QUESTIONS) -> dict[str, "Answered"]:
        """The questions of one side, asked in each view that has any.

        Returns:
            `unseen_wording` (what decides: each wording as if it was not stored),
            `question_to_answer` (answers only are searched) and `phrasing_to_question` (further
            phrasings, and main questions only are searched).
        """
        questions = self.search.questions(pairs, most)
        main = [q for q in questions if q.text == self.search.pairs[q.pair].question]
        further = [q for q in questions if q.text != self.search.pairs[q.pair].question]
        wanted: Mapping[str, tuple[list[SimulatedQuestion], View]] = {
            UNSEEN: (questions, View.BOT),
            "question_to_answer": (main, View.TO_ANSWERS),
            "phrasing_to_question": (further, View.TO_QUESTIONS),
        }
        return {
            name: self.ask(questions, view)
            for name, (questions, view) in wanted.items()
            if questions
        }


@dataclass(frozen=True)
class Answered:
    """Questions, the ranks of their answers by both models, and how the two compare."""

    questions: tuple[SimulatedQuestion, ...]
    live: Ints
    candidate: Ints
    comparison: Comparison


def pairs_of(questions: Sequence[SimulatedQuestion]) -> Ints:
    """The pair of each question, for `compare`."""
    return np.array([question.pair for question in questions], dtype=np.int64)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return round(value, 4) if isinstance(value, float) else value
