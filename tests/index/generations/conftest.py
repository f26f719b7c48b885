"""An office on each of the engines."""

from collections.abc import Iterator

import pytest
from qdrant_client import QdrantClient

from index.engines.base import Engine
from index.engines.edge import EdgeEngine
from index.engines.qdrant import ServerEngine
from index.settings import IndexSettings
from index.store import Store
from tests.index.generations.office import Office


@pytest.fixture(params=["edge", "server"])
def engine(request: pytest.FixtureRequest, room: IndexSettings) -> Iterator[Engine]:
    made: Engine
    if request.param == "edge":
        made = EdgeEngine(room.collections_dir)
    else:
        made = ServerEngine(QdrantClient(":memory:"))
    yield made
    made.close()


@pytest.fixture
def edge(room: IndexSettings) -> EdgeEngine:
    return EdgeEngine(room.collections_dir)


@pytest.fixture
def office(room: IndexSettings, sqlite_store: Store, engine: Engine) -> Office:
    return Office(room, sqlite_store, engine)


@pytest.fixture
def edge_office(room: IndexSettings, sqlite_store: Store, edge: EdgeEngine) -> Office:
    return Office(room, sqlite_store, edge)
