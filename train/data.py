"""What a model is trained, developed and tested on: pairs, and the samples made of them."""

import hashlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

from index.engines.points import answer_text
from index.store import Store
from index.store.types import Pair, PairDraft, Status
from index.text import fold

Side = Literal["train", "develop", "held_out"]

_TRAIN_SHARE = 0.7
_DEVELOP_SHARE = 0.1
# Pairs written to a throw-away store at once.
_CHUNK = 500


def side(pair_id: str) -> Side:
    """The side of the split a pair is on: 70 % train, 10 % develop, 20 % held out.

    It depends on the id alone, so a pair and all its phrasings, those added later too, fall on
    one side in every run, process and store: a held-out question is one that no model has ever
    been trained on. (Python's `hash` would differ between processes.)
    """
    digest = hashlib.blake2b(pair_id.encode(), digest_size=8, person=b"faqbot-side").digest()
    position = int.from_bytes(digest) / 2**64
    if position < _TRAIN_SHARE:
        return "train"
    return "develop" if position < _TRAIN_SHARE + _DEVELOP_SHARE else "held_out"


def pairs_of(drafts: Sequence[PairDraft]) -> list[Pair]:
    """Drafts as they would be stored: from files, beside the team's own store."""
    with closing(Store.open("sqlite://")) as store:
        for start in range(0, len(drafts), _CHUNK):
            store.pairs.upsert(drafts[start : start + _CHUNK])
        return list(store.pairs.get([draft.id for draft in drafts]).values())


def apart(pairs: Sequence[Pair], train: Sequence[Pair]) -> list[Pair]:
    """Those of some pairs none of whose wordings a training pair has, too.

    The split is by pair, and the same question may have come in twice, from two sources. Such a
    pair stays on its side, but nothing is measured on it.
    """
    trained = {fold(wording) for pair in train for wording in pair.wordings}
    return [pair for pair in pairs if not any(fold(w) in trained for w in pair.wordings)]


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
