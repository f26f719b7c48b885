"""The search engines, one after another, behind one fixture."""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from qdrant_client import QdrantClient

from index.engines import bm25
from index.engines.base import EVERYBODY, Collection, Engine, Lookup, Point, Retriever
from index.engines.edge import EdgeEngine
from index.engines.qdrant import ServerEngine, connect
from index.vectors import Matrix

SERVER_VARIABLE = "FAQBOT_TEST_QDRANT_URL"
API_KEY_VARIABLE = "FAQBOT_TEST_QDRANT_API_KEY"
DIMENSION = 4


@pytest.fixture(params=["edge", "memory", "server"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine without collections of ours."""
    made: Engine
    if request.param == "edge":
        made = EdgeEngine(tmp_path / "collections")
    elif request.param == "memory":
        made = ServerEngine(QdrantClient(":memory:"))
    else:
        url = os.environ.get(SERVER_VARIABLE)
        if not url:
            pytest.skip(f"a real Qdrant server: {SERVER_VARIABLE} is not set")
        key = os.environ.get(API_KEY_VARIABLE)
        made = connect(url, api_key=key, ca_file=None, timeout=30)
    yield made
    made.close()


@pytest.fixture
def name(engine: Engine) -> Iterator[str]:
    """The name of a collection that does not exist yet; dropped at the end."""
    chosen = f"test-{uuid.uuid4().hex}"
    yield chosen
    engine.drop(chosen)


@pytest.fixture
def collection(engine: Engine, name: str) -> Iterator[Collection]:
    """An empty collection of 4-dimensional vectors."""
    made = engine.create(name, DIMENSION)
    yield made
    made.close()


def vector(*values: float) -> Matrix:
    """A unit vector in the direction of these values, filled up with zeros."""
    filled = np.zeros(DIMENSION, dtype=np.float32)
    filled[: len(values)] = values
    return filled / np.linalg.norm(filled)


MakePoint = Callable[..., Point]


@pytest.fixture
def point() -> MakePoint:
    """Makes a point of a pair; a wording unless `kind` says otherwise."""

    def make(
        pair_id: str,
        text: str,
        *direction: float,
        kind: Retriever = Retriever.QUESTION,
        audience: tuple[str, ...] = (EVERYBODY,),
        status: str = "active",
        keywords: str | None = None,
    ) -> Point:
        vectors = {kind: vector(*direction)}
        if kind is Retriever.ANSWER:
            vectors[Retriever.BM25] = bm25.document(keywords or text)
        key = uuid.uuid5(uuid.NAMESPACE_DNS, f"{pair_id} {kind} {text}")
        return Point(str(key), pair_id, vectors, text, audience, status)

    return make


MakeLookup = Callable[..., Lookup]


@pytest.fixture
def lookup() -> MakeLookup:
    """Makes a lookup: `lookup(retriever, text or direction..., limit=)`."""

    def make(retriever: Retriever, *what: object, limit: int = 10) -> Lookup:
        if retriever is Retriever.BM25:
            return Lookup(retriever, bm25.query(str(what[0])), limit)
        return Lookup(retriever, vector(*what), limit)

    return make
