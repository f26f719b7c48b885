"""Golden questions: which ones a model gets right, and which ones a new model would get wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.evaluation.golden import is_right
from index.searcher import Searcher
from index.store.pairs import Pairs
from index.store.types import Golden, Pair


@dataclass(frozen=True)
class Checked:
    """Golden questions asked of two models.

    Attributes:
        checked: How many; those whose pair is no longer active are left out.
        live_right: How many of them the live model gets right.
        flipped: Those that it gets right and the new model wrong.
        mended: The other way round.
    """

    checked: int
    live_right: int
    flipped: tuple[Golden, ...] = ()
    mended: tuple[Golden, ...] = ()

    @property
    def ids(self) -> list[int]:
        """Ids of the flipped ones."""
        return [golden.id for golden in self.flipped]


def in_force(golden: Sequence[Golden], active: dict[str, Pair]) -> list[Golden]:
    """The golden questions whose pair can be answered with.

    Args:
        active: The active pairs by id.
    """
    return [question for question in golden if question.pair_id in active]


def answers_right(searcher: Searcher, golden: Sequence[Golden], pairs: Pairs) -> set[int]:
    """The ids of the golden questions that a searcher answers first with the right answer."""
    expected = pairs.get([question.pair_id for question in golden])
    right = set()
    for question in golden:
        matches = searcher.search(question.question, limit=1)
        pair = expected.get(question.pair_id)
        if matches and pair and is_right(matches[0].pair, pair):
            right.add(question.id)
    return right


def check(
    golden: Sequence[Golden],
    live: Callable[[Sequence[Golden]], set[int]],
    candidate: Callable[[Sequence[Golden]], set[int]],
) -> Checked:
    """Ask both.

    Args:
        live, candidate: Give the ids of those that a model gets right.
    """
    if not golden:
        return Checked(0, 0)
    before, after = live(golden), candidate(golden)
    return Checked(
        checked=len(golden),
        live_right=len(before),
        flipped=tuple(g for g in golden if g.id in before - after),
        mended=tuple(g for g in golden if g.id in after - before),
    )
