"""What an engine must do: hold the points of one generation, and find the nearest."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from index.store.visibility import OUTSIDERS, Place
from index.vectors import Matrix

# In a point's `audience`, stands for every channel.
EVERYBODY = "*"

# What points are filtered by.
PAYLOAD_INDEXES = ("pair_id", "audience", "status")


class Retriever(StrEnum):
    """A way to find candidates; also the name of the vector it searches."""

    QUESTION = "question"
    ANSWER = "answer"
    BM25 = "bm25"


@dataclass(frozen=True)
class Sparse:
    """A sparse vector: weights by term id."""

    indices: list[int]
    values: list[float]


@dataclass(frozen=True)
class Point:
    """One vector or more of a pair, as an engine stores it.

    Attributes:
        id: UUID from pair, kind and text, so writing a point again changes nothing.
        vectors: By retriever; a point has only those that apply to it.
        text: The stored wording that a hit on this point means.
        audience: Channels that may see the pair, or `EVERYBODY`; with `OUTSIDERS` where people
            of other organisations may see it, too.
        status: The pair's status.
    """

    id: str
    pair_id: str
    vectors: dict[Retriever, Matrix | Sparse]
    text: str
    audience: tuple[str, ...]
    status: str


@dataclass(frozen=True)
class Lookup:
    """One nearest-neighbour query: where to look, with what, for how many.

    Attributes:
        with_vectors: Whether the hits bring the vectors that were searched; dense ones only.
    """

    retriever: Retriever
    vector: Matrix | Sparse
    limit: int
    with_vectors: bool = False


@dataclass(frozen=True)
class Hit:
    """A point found, with the engine's score (cosine, or BM25).

    Attributes:
        vector: The point's own, of unit length, where the lookup asked for it; shape
            (dimension,).
    """

    pair_id: str
    text: str
    score: float
    vector: Matrix | None = None


def audiences(place: Place | None) -> list[list[str]]:
    """What a point's `audience` must hold for a place: one of each list."""
    if place is None:
        return []
    return [[EVERYBODY, place.channel], *([[OUTSIDERS]] if place.outside else [])]


# What the names of generations' collections begin with.
PREFIX = "faq-"


class Collection(Protocol):
    """The points of one generation. Threads may share it."""

    name: str

    def replace(self, pair_ids: Sequence[str], points: Sequence[Point]) -> None:
        """Make `points` the only ones of these pairs; they are found as soon as this returns.

        A pair without points is gone from the collection.
        """

    def search(
        self, lookups: Sequence[Lookup], *, place: Place | None, status: str = "active"
    ) -> list[list[Hit]]:
        """Answer several lookups in one batch.

        Args:
            place: Only pairs whose audience may see them there; None finds all pairs. `may_show`
                has the last word on what is found.
            status: Only pairs in this status.

        Returns:
            For each lookup its hits, best first.
        """

    def count(self) -> int:
        """How many points there are."""

    def flush(self) -> None:
        """Return when everything written is on disk."""

    def close(self) -> None:
        """Let go of the collection, so that another process can open it."""


class Engine(Protocol):
    """Makes, opens and drops collections.

    Attributes:
        shared: Whether other installations may keep collections in the same place.
    """

    shared: bool

    def create(self, name: str, dimension: int) -> Collection:
        """Make an empty collection and open it.

        Raises:
            SearchIndexError: There is one of that name, or the engine cannot be reached.
        """

    def open(self, name: str) -> Collection:
        """Open a collection.

        Raises:
            SearchIndexError: There is none, or the engine cannot be reached.
            CollectionDamaged: It is there, but cannot be read.
            CollectionLocked: Another process holds it.
            DiskFull: It cannot be opened without room to write.
        """

    def set_aside(self, name: str) -> str:
        """Take a damaged collection out of the way, to be looked into; returns where it is now."""

    def exists(self, name: str) -> bool:
        """Whether there is a collection of that name, complete enough to be opened."""

    def names(self) -> list[str]:
        """The collections of generations that there are, also half made or half dropped ones."""

    def drop(self, name: str) -> None:
        """Remove a collection; nothing happens where there is none.

        Raises:
            CollectionLocked: Another process holds it.
        """

    def set_live(self, name: str) -> None:
        """Tell other tools which collection answers, where the engine has a way to."""

    def close(self) -> None:
        """Let go of what the engine holds; its collections are closed by themselves."""
