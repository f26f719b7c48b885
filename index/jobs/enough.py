"""Whether there is enough to train on: asked before a retrain is asked for, and when it begins."""

from dataclasses import astuple, dataclass

from index.store import Store
from index.store.sides import apart, side
from index.store.types import Status

# Below these nothing can be learnt, or nothing can be shown.
MIN_TRAIN_PAIRS = 40
MIN_DEVELOP_PAIRS = 2
MIN_HELD_OUT_PAIRS = 20
# So many pairs are enough however they are split; counting them takes no reading.
_SURELY_ENOUGH = 1000


@dataclass(frozen=True)
class SideSizes:
    """How many pairs there are for what.

    Attributes:
        held_out: Those that a comparison goes by.
    """

    train: int
    develop: int
    held_out: int


def too_few(sides: SideSizes) -> str | None:
    """Why there is too little to train on, in one line; None where there is enough."""
    for pairs, least, what in (
        (sides.train, MIN_TRAIN_PAIRS, "to train on"),
        (sides.develop, MIN_DEVELOP_PAIRS, "to stop by"),
        (sides.held_out, MIN_HELD_OUT_PAIRS, "held out to compare by"),
    ):
        if pairs < least:
            return (
                f"too few pairs: {pairs} {what} of {sum(astuple(sides))} in all, at least {least} "
                "are needed; add more and run it again"
            )
    return None


def too_few_in(store: Store) -> str | None:
    """Why the pairs of a store are too few to train on, in one line; None where they are enough."""
    if store.pairs.count()[Status.ACTIVE] > _SURELY_ENOUGH:
        return None
    pairs = [pair for window in store.pairs.walk(status=Status.ACTIVE) for pair in window]
    on = {
        wanted: [pair for pair in pairs if side(pair.id) == wanted]
        for wanted in ("train", "develop", "held_out")
    }
    held_out = apart(on["held_out"], on["train"])
    return too_few(SideSizes(len(on["train"]), len(on["develop"]), len(held_out)))
