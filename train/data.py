"""What a model is trained, developed and tested on: pairs, and the samples made of them."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from index.engines.points import answer_text
from index.store import Store
from index.store.sides import Side, side
from index.store.types import Pair, PairDraft, Status

# Pairs written to a throw-away store at once.
_CHUNK = 500


def pairs_of(drafts: Sequence[PairDraft]) -> list[Pair]:
    """Drafts as they would be stored: from files, beside the team's own store."""
    with closing(Store.open("sqlite://")) as store:
        for start in range(0, len(drafts), _CHUNK):
            store.pairs.upsert(drafts[start : start + _CHUNK])
        return list(store.pairs.get([draft.id for draft in drafts]).values())


class Sides(Protocol):
    """What `fit` needs of its data."""

    @property
    def train(self) -> Sequence[Pair]: ...

    @property
    def develop(self) -> Sequence[Pair]: ...


@dataclass(frozen=True)
class Split:
    """Pairs on sides that somebody else has chosen, such as a published split."""

    train: Sequence[Pair]
    develop: Sequence[Pair]


@dataclass(frozen=True)
class Snapshot:
    """The active pairs of a store at one moment.

    Attributes:
        revision: Of the store. What has changed after it is newer than this snapshot.
        pairs: In the order of their ids.
    """

    revision: int
    pairs: tuple[Pair, ...]

    @cached_property
    def train(self) -> tuple[Pair, ...]:
        return self._on("train")

    @cached_property
    def develop(self) -> tuple[Pair, ...]:
        return self._on("develop")

    @cached_property
    def held_out(self) -> tuple[Pair, ...]:
        return self._on("held_out")

    def _on(self, wanted: Side) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if side(pair.id) == wanted)


def take_snapshot(store: Store) -> Snapshot:
    """The store's active pairs, all as they were at one moment."""
    # Read first: a pair that changes before the walk begins then counts as newer than the
    # snapshot, although it is in it. The other way round it would be missed for ever.
    revision = store.pairs.revision()
    found = [pair for window in store.pairs.walk(status=Status.ACTIVE) for pair in window]
    # Sorted here, because databases sort texts each in their own way.
    return Snapshot(revision, tuple(sorted(found, key=lambda pair: pair.id)))


@dataclass(frozen=True)
class Texts:
    """A pair as training sees it.

    Attributes:
        wordings: Its question, then its phrasings, each once.
        answer: The answer as it is embedded.
        topic: What it is about; "" where the pair does not say.
    """

    pair_id: str
    wordings: tuple[str, ...]
    answer: str
    topic: str


def texts_of_pairs(pairs: Sequence[Pair], *, with_topic: bool = True) -> list[Texts]:
    """The texts of pairs.

    Args:
        with_topic: Whether an answer is embedded as in the index; False leaves it as written.
    """
    return [
        Texts(
            pair.id,
            pair.wordings,
            answer_text(pair) if with_topic else pair.answer,
            pair.topic or "",
        )
        for pair in pairs
    ]


@dataclass(frozen=True)
class Sample:
    """Two texts that belong together.

    Attributes:
        pair: Position of their pair among the training pairs.
    """

    first: str
    second: str
    pair: int


def samples_of(pairs: Sequence[Texts]) -> list[Sample]:
    """Each wording with its answer, and each further wording with its question."""
    samples = []
    for i, pair in enumerate(pairs):
        samples += [Sample(wording, pair.answer, i) for wording in pair.wordings]
        samples += [Sample(pair.wordings[0], phrasing, i) for phrasing in pair.wordings[1:]]
    return samples
