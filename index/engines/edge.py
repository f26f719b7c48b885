"""The embedded engine: Qdrant Edge, a folder for each collection, in this process.

One process holds a collection's folder. A lock file beside it says which, so that a second
process can say so instead of failing in the engine.
"""

import fcntl
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from qdrant_edge import CountRequest as EdgeCount
from qdrant_edge import (
    Distance,
    EdgeConfig,
    EdgeShard,
    EdgeSparseVectorParams,
    EdgeVectorParams,
    FieldCondition,
    Filter,
    HasIdCondition,
    MatchAny,
    MatchValue,
    Modifier,
    PayloadSchemaType,
    Query,
    QueryBatchRequest,
    QueryRequest,
    SparseVector,
    UpdateOperation,
)
from qdrant_edge import Point as EdgePoint

from index.engines.base import (
    PAYLOAD_INDEXES,
    PREFIX,
    Collection,
    Engine,
    Hit,
    Lookup,
    Point,
    Retriever,
    Sparse,
    audiences,
)
from index.errors import CollectionDamaged, CollectionLocked, DiskFull, SearchIndexError
from index.private import make_folder
from index.space import FreeSpace, free_space, require_space
from index.store.visibility import Place

# Of a point: once in the journal, once in the collection, and the bookkeeping.
_COPIES = 3
_POINT_BYTES = 2000


class EdgeEngine(Engine):
    """Collections as folders below one folder."""

    shared = False

    def __init__(self, folder: Path, free: FreeSpace = free_space) -> None:
        """Args:
        free: Tells how many bytes may be written to a folder's disk.
        """
        self._folder = folder
        self._free = free

    def create(self, name: str, dimension: int) -> "EdgeCollection":
        dense = EdgeVectorParams(size=dimension, distance=Distance.Cosine)
        config = EdgeConfig(
            vectors={Retriever.QUESTION.value: dense, Retriever.ANSWER.value: dense},
            sparse_vectors={Retriever.BM25.value: EdgeSparseVectorParams(modifier=Modifier.Idf)},
        )
        folder = self._folder / name
        require_space(self._folder, self._free)
        make_folder(self._folder)
        lock = _Lock(self._folder, name)
        try:
            if self.exists(name):
                raise SearchIndexError(f"the index folder {folder} exists already")
            # What a process left behind that was killed while it made the collection.
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            shard = EdgeShard.create(str(folder), config)
            for field in PAYLOAD_INDEXES:
                shard.update(UpdateOperation.create_field_index(field, PayloadSchemaType.Keyword))
            shard.flush()
        except BaseException:
            lock.release()
            raise
        return EdgeCollection(name, shard, lock, self._require_space)

    def open(self, name: str) -> "EdgeCollection":
        if not self.exists(name):
            raise SearchIndexError(
                f"the index folder {self._folder / name} is missing; run `faqbot init`, which "
                "builds it again from the store"
            )
        lock = _Lock(self._folder, name)
        try:
            # It repairs and writes when it opens; a full disk must not pass for damage.
            require_space(self._folder, self._free)
            with _panics():
                shard = EdgeShard.load(str(self._folder / name))
        except DiskFull:
            lock.release()
            raise
        except Exception as error:
            lock.release()
            reason = " ".join(str(error).split())
            raise CollectionDamaged(
                f"the index folder {self._folder / name} cannot be opened ({reason}); delete it "
                "and run `faqbot init`, which builds it again from the store"
            ) from error
        return EdgeCollection(name, shard, lock, self._require_space)

    def set_aside(self, name: str) -> str:
        lock = _Lock(self._folder, name)
        try:
            aside = self._folder / f"damaged-{name}"
            # One is enough to look into; a disk is not filled with them.
            for earlier in self._folder.glob("damaged-*"):
                shutil.rmtree(earlier, ignore_errors=True)
            (self._folder / name).rename(aside)
        finally:
            lock.release()
        return str(aside)

    def _require_space(self, more: int) -> None:
        require_space(self._folder, self._free, more)

    def exists(self, name: str) -> bool:
        return (self._folder / name / "edge_config.json").is_file()

    def names(self) -> list[str]:
        found = {path.name.removesuffix(".lock") for path in self._folder.glob(f"{PREFIX}*")}
        return sorted(found)

    def drop(self, name: str) -> None:
        if name not in self.names() and not self.exists(name):
            return
        lock = _Lock(self._folder, name)
        try:
            shutil.rmtree(self._folder / name, ignore_errors=True)
            (self._folder / f"{name}.lock").unlink(missing_ok=True)
        finally:
            lock.release()

    def set_live(self, name: str) -> None:
        """Nothing to do: no other tool can see an embedded collection."""

    def close(self) -> None:
        """Nothing is held beyond the collections."""


class EdgeCollection(Collection):
    """One Edge shard."""

    def __init__(
        self, name: str, shard: EdgeShard, lock: "_Lock", require_space: Callable[[int], None]
    ) -> None:
        """Args:
        require_space: Told how many bytes are about to be written; raises `DiskFull`.
        """
        self.name = name
        self._shard = shard
        self._lock = lock
        self._require_space = require_space

    def replace(self, pair_ids: Sequence[str], points: Sequence[Point]) -> None:
        stale = Filter(
            must=[FieldCondition("pair_id", match=MatchAny(list(pair_ids)))],
            must_not=[HasIdCondition({UUID(point.id) for point in points})] if points else None,
        )
        self._require_space(_COPIES * sum(map(_size, points)))
        with self._reporting():
            if points:
                # New points first: a changed pair can be found at every moment.
                self._shard.update(UpdateOperation.upsert_points([_edge_point(p) for p in points]))
            self._shard.update(UpdateOperation.delete_points_by_filter(stale))

    def search(
        self, lookups: Sequence[Lookup], *, place: Place | None, status: str = "active"
    ) -> list[list[Hit]]:
        wanted: list[Any] = [FieldCondition("status", match=MatchValue(status))]
        wanted += [FieldCondition("audience", match=MatchAny(names)) for names in audiences(place)]
        requests = [
            QueryRequest(
                limit=lookup.limit,
                query=Query.Nearest(_edge_vector(lookup.vector), using=lookup.retriever.value),
                filter=Filter(must=wanted),
                with_payload=["pair_id", "text"],
                with_vector=[lookup.retriever.value] if lookup.with_vectors else False,
            )
            for lookup in lookups
        ]
        with self._reporting():
            found = self._shard.query_batch(QueryBatchRequest(requests))
        return [
            [_hit(point, lookup) for point in points]
            for lookup, points in zip(lookups, found, strict=True)
        ]

    def count(self) -> int:
        with self._reporting():
            return self._shard.count(EdgeCount(filter=None, exact=True))

    def flush(self) -> None:
        with self._reporting():
            self._shard.flush()

    def close(self) -> None:
        self._shard.close()
        self._lock.release()

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            with _panics():
                yield
        except Exception as error:  # the engine knows no other class
            reason = " ".join(str(error).split())
            raise SearchIndexError(f"the index {self.name} cannot be used: {reason}") from error


def _hit(point: Any, lookup: Lookup) -> Hit:
    vector = None
    if lookup.with_vectors:
        vector = np.asarray(point.vector[lookup.retriever.value], dtype=np.float32)
    return Hit(str(point.payload["pair_id"]), str(point.payload["text"]), point.score, vector)


def _edge_point(point: Point) -> EdgePoint:
    return EdgePoint(
        UUID(point.id),
        {retriever.value: _edge_vector(vector) for retriever, vector in point.vectors.items()},
        {
            "pair_id": point.pair_id,
            "text": point.text,
            "audience": list(point.audience),
            "status": point.status,
        },
    )


def _size(point: Point) -> int:
    """About how many bytes a point takes."""
    numbers = sum(
        2 * len(vector.indices) if isinstance(vector, Sparse) else vector.size
        for vector in point.vectors.values()
    )
    return 4 * numbers + len(point.text.encode()) + _POINT_BYTES


@contextmanager
def _panics() -> Iterator[None]:
    """Make an error of what the engine calls a panic, which would end a thread in silence."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # it cannot be imported
            raise
        raise RuntimeError(str(error)) from error


def _edge_vector(vector: Any) -> Any:
    if isinstance(vector, Sparse):
        return SparseVector(vector.indices, vector.values)
    return vector.tolist()


class _Lock:
    """An exclusive lock on a collection that ends with the process, however it ends."""

    def __init__(self, folder: Path, name: str) -> None:
        path = folder / f"{name}.lock"
        self._file = path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            owner = self._file.read().strip() or "another process"
            self._file.close()
            raise CollectionLocked(
                f"the index {folder / name} is in use by {owner}; stop it first, or run this "
                'where it runs with a Qdrant server ([index] engine = "server")',
                owner,
            ) from None
        self._file.truncate(0)
        self._file.write(f"{_command()} (pid {os.getpid()})\n")
        self._file.flush()

    def release(self) -> None:
        self._file.close()


def _command() -> str:
    words = [Path(sys.argv[0]).name, *sys.argv[1:2]]
    return " ".join(word for word in words if word and not word.startswith("-"))
