"""The other engine: a Qdrant server or cluster, through qdrant-client."""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException

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
from index.errors import SearchIndexError
from index.store.visibility import Place

LIVE_ALIAS = "faq-live"
# Points in one request: about 8 kB each as JSON, and a server takes 32 MB at most.
UPSERT_BATCH = 256


class ServerEngine(Engine):
    """Collections on a Qdrant server."""

    shared = True

    def __init__(self, client: QdrantClient, where: str = "the Qdrant server") -> None:
        """Args:
        client: A connected client; `QdrantClient(":memory:")` works too.
        where: How error messages name the server.
        """
        self._client = client
        self._where = where

    def create(self, name: str, dimension: int) -> "ServerCollection":
        if self.exists(name):
            raise SearchIndexError(f"{self._where} has a collection {name} already")
        dense = models.VectorParams(size=dimension, distance=models.Distance.COSINE)
        with _reporting(self._where):
            self._client.create_collection(
                name,
                vectors_config={
                    Retriever.QUESTION.value: dense,
                    Retriever.ANSWER.value: dense,
                },
                sparse_vectors_config={
                    Retriever.BM25.value: models.SparseVectorParams(modifier=models.Modifier.IDF)
                },
            )
            for field in PAYLOAD_INDEXES:
                self._client.create_payload_index(
                    name, field, models.PayloadSchemaType.KEYWORD, wait=True
                )
        return ServerCollection(name, self._client, self._where)

    def open(self, name: str) -> "ServerCollection":
        if not self.exists(name):
            raise SearchIndexError(
                f"{self._where} has no collection {name}; run `faqbot init`, which builds it "
                "again from the store"
            )
        return ServerCollection(name, self._client, self._where)

    def set_aside(self, name: str) -> str:
        """Never: what is on a server is the server's to repair."""
        raise SearchIndexError(f"{self._where} has to repair the collection {name} itself")

    def exists(self, name: str) -> bool:
        with _reporting(self._where):
            return bool(self._client.collection_exists(name))

    def names(self) -> list[str]:
        with _reporting(self._where):
            found = [known.name for known in self._client.get_collections().collections]
        return sorted(name for name in found if name.startswith(PREFIX))

    def drop(self, name: str) -> None:
        with _reporting(self._where):
            self._client.delete_collection(name)

    def set_live(self, name: str) -> None:
        """Point the alias `faq-live` at a collection."""
        target = models.CreateAlias(collection_name=name, alias_name=LIVE_ALIAS)
        changes: list[Any] = [models.CreateAliasOperation(create_alias=target)]
        with _reporting(self._where):
            known = {alias.alias_name for alias in self._client.get_aliases().aliases}
            if LIVE_ALIAS in known:
                stale = models.DeleteAlias(alias_name=LIVE_ALIAS)
                changes.insert(0, models.DeleteAliasOperation(delete_alias=stale))
            self._client.update_collection_aliases(changes)

    def close(self) -> None:
        self._client.close()


class ServerCollection(Collection):
    """One collection on the server."""

    def __init__(self, name: str, client: QdrantClient, where: str) -> None:
        self.name = name
        self._client = client
        self._where = where

    def replace(self, pair_ids: Sequence[str], points: Sequence[Point]) -> None:
        with _reporting(self._where):
            # New points first: a changed pair can be found at every moment.
            for start in range(0, len(points), UPSERT_BATCH):
                batch = [_server_point(p) for p in points[start : start + UPSERT_BATCH]]
                self._client.upsert(self.name, batch, wait=True)
            stale = models.Filter(
                must=[
                    models.FieldCondition(key="pair_id", match=models.MatchAny(any=list(pair_ids)))
                ],
                must_not=[models.HasIdCondition(has_id=[p.id for p in points])] if points else None,
            )
            self._client.delete(self.name, models.FilterSelector(filter=stale), wait=True)

    def search(
        self, lookups: Sequence[Lookup], *, place: Place | None, status: str = "active"
    ) -> list[list[Hit]]:
        wanted: list[models.Condition] = [
            models.FieldCondition(key="status", match=models.MatchValue(value=status))
        ]
        wanted += [
            models.FieldCondition(key="audience", match=models.MatchAny(any=names))
            for names in audiences(place)
        ]
        requests = [
            models.QueryRequest(
                query=_server_vector(lookup.vector),
                using=lookup.retriever.value,
                filter=models.Filter(must=wanted),
                limit=lookup.limit,
                with_payload=["pair_id", "text"],
                with_vector=[lookup.retriever.value] if lookup.with_vectors else False,
            )
            for lookup in lookups
        ]
        with _reporting(self._where):
            found = self._client.query_batch_points(self.name, requests)
        return [
            [_hit(point, lookup) for point in response.points]
            for lookup, response in zip(lookups, found, strict=True)
        ]

    def count(self) -> int:
        with _reporting(self._where):
            return self._client.count(self.name, exact=True).count

    def flush(self) -> None:
        """Nothing to do: the server logs a write before it answers."""

    def close(self) -> None:
        """Nothing to do: the engine holds the connection."""


def connect(url: str, *, api_key: str | None, ca_file: str | None, timeout: float) -> ServerEngine:
    """An engine for a Qdrant server; it is first contacted by the first call.

    Raises:
        SearchIndexError: The URL or the CA file cannot be used.
    """
    # Without a user and password that stand in the URL.
    where = f"the Qdrant server at {_without_user(url)}"
    try:
        client = QdrantClient(
            url=url,
            api_key=api_key,
            timeout=max(1, round(timeout)),
            check_compatibility=False,
            verify=ssl.create_default_context(cafile=ca_file) if ca_file else True,
        )
    except (ValueError, OSError) as error:
        # OSError: the CA file; its text does not name it.
        reason = f"{error} ({ca_file})" if isinstance(error, OSError) else error
        raise SearchIndexError(f"{where} cannot be used: {reason}") from error
    return ServerEngine(client, where)


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


@contextmanager
def _reporting(where: str) -> Iterator[None]:
    try:
        yield
    except (ApiException, ResponseHandlingException, ValueError) as error:
        reason = " ".join(str(error).split())[:300]
        raise SearchIndexError(f"{where} cannot be used: {reason}") from error


def _hit(point: models.ScoredPoint, lookup: Lookup) -> Hit:
    payload = point.payload or {}
    vector = None
    if lookup.with_vectors and isinstance(point.vector, dict):
        vector = np.asarray(point.vector[lookup.retriever.value], dtype=np.float32)
    return Hit(str(payload["pair_id"]), str(payload["text"]), point.score, vector)


def _server_point(point: Point) -> models.PointStruct:
    return models.PointStruct(
        id=point.id,
        vector={retriever.value: _server_vector(v) for retriever, v in point.vectors.items()},
        payload={
            "pair_id": point.pair_id,
            "text": point.text,
            "audience": list(point.audience),
            "status": point.status,
        },
    )


def _server_vector(vector: Any) -> Any:
    if isinstance(vector, Sparse):
        return models.SparseVector(indices=vector.indices, values=vector.values)
    return vector.tolist()
