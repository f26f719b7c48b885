"""Golden questions asked of two models: which of them a new model would get wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.store.types import Golden


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
