"""Golden questions: which of them are asked, and which of them are answered right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index.searcher import Searcher
from index.store.types import Golden, Pair, Status
from index.text import fold


@dataclass(frozen=True)
class GoldenAnswer:
    """What a searcher answers a golden question with.

    Attributes:
        found: The pair of its first answer; None where it finds nothing.
    """

    golden: Golden
    found: Pair | None
    right: bool


def is_right(found: Pair, expected: Pair) -> bool:
    """Whether a pair answers as the pinned one does: word for word, whatever pair it is of."""
    return fold(found.answer) == fold(expected.answer)


def in_force(golden: Sequence[Golden], pairs: Mapping[str, Pair]) -> list[Golden]:
    """The golden questions whose pair is active; the others prove nothing of a model.

    Args:
        pairs: Their pairs by id.
    """
    return [
        question
        for question in golden
        if (pair := pairs.get(question.pair_id)) and pair.status is Status.ACTIVE
    ]


def ask(
    searcher: Searcher, golden: Sequence[Golden], pairs: Mapping[str, Pair]
) -> list[GoldenAnswer]:
    """Ask golden questions, each as somebody would type it.

    Args:
        pairs: Their pairs by id; a question whose pair is missing is answered wrongly.
    """
    answers = []
    for question in golden:
        matches = searcher.search(searcher.read(question.question), limit=1)
        found = matches[0].pair if matches else None
        expected = pairs.get(question.pair_id)
        right = found is not None and expected is not None and is_right(found, expected)
        answers.append(GoldenAnswer(question, found, right))
    return answers


def answers_right(
    searcher: Searcher, golden: Sequence[Golden], pairs: Mapping[str, Pair]
) -> set[int]:
    """The ids of the golden questions that a searcher answers first with the right answer.

    Args:
        pairs: Their pairs by id.
    """
    return {answer.golden.id for answer in ask(searcher, golden, pairs) if answer.right}
