"""Clearing away what no kept generation needs."""

import pytest

from index.engines.base import Engine
from index.engines.edge import EdgeEngine
from index.generations.cleanup import CleanedUp, clean_up
from index.generations.setup import load_embedder
from index.settings import IndexSettings
from index.store import Store
from index.store.types import GenerationState, JobState
from tests.index.generations.office import Office
from tests.index.models import TURNED

pytestmark = [
    pytest.mark.usefixtures("models_read_once"),
    # The client's own in-memory engine says so for each collection.
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect"),
]


def test_the_last_three_generations_are_kept_with_what_they_need(
    room: IndexSettings, store: Store, engine: Engine
) -> None:
    office = Office(room, store, engine)
    first = office.live
    generations = [office.go_live(TURNED), office.go_live(), office.go_live()]
    office.roll_back(first.id)  # makes it the last that was live
    embedder = load_embedder(room, store, "base")
    store.embeddings.put("f" * 64, {b"0" * 16: embedder.embed_query("of a model that is gone")})

    cleaned_up = clean_up(room, store, engine)

    assert str(cleaned_up) == (
        "1 generation, 1 collection, 1 model version, 1 cached embedding removed"
    )
    assert {g.id for g in store.generations.all(GenerationState.READY)} == {
        first.id,
        generations[1].id,
        generations[2].id,
    }
    assert len(engine.names()) == 3
    assert sorted(path.name for path in room.models_dir.iterdir() if path.is_dir()) == ["base"]
    assert store.embeddings.count() > 0
    assert clean_up(room, store, engine) == CleanedUp(0, 0, 0, 0)
    assert office.roll_back().id == generations[2].id


def test_what_a_killed_job_left_is_cleared_away(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, store, engine = office.room, office.store, office.engine
    before = office.live
    claim = office.claim()
    half_built = store.generations.add(TURNED, "faq-halfbuilt", claim.job_id)
    engine.create(half_built.collection, 4).close()
    scratch = room.models_dir / ".building-killed"
    scratch.mkdir()

    # As long as its job is not over it may be building.
    assert clean_up(room, store, engine) == CleanedUp(0, 0, 0, 0)
    office.finish(claim, JobState.FAILED)
    assert clean_up(room, store, engine) == CleanedUp(1, 1, 1, 0)

    assert engine.names() == [before.collection]
    assert not scratch.exists()
    assert office.live == before


def test_a_collection_that_is_in_use_is_left_until_it_is_not(edge_office: Office) -> None:
    office = edge_office
    first = office.live
    held = office.engine.open(first.collection)
    for _ in range(3):
        office.go_live()

    assert clean_up(office.room, office.store, office.engine).collections == 0
    assert held.count() == 0
    held.close()
    assert clean_up(office.room, office.store, office.engine).collections == 1
    assert list(office.room.collections_dir.glob(f"{first.collection}*")) == []
    assert list(office.room.data_dir.glob(f"*index-{first.id}.lock")) == []


def test_on_a_server_that_others_use_only_what_is_known_is_dropped(
    office: Office,
) -> None:
    office.engine.create("faq-0123456789ab", 4).close()

    clean_up(office.room, office.store, office.engine)

    assert office.engine.exists("faq-0123456789ab") == office.engine.shared


def test_without_a_live_generation_nothing_is_touched(
    room: IndexSettings, sqlite_store: Store, edge: EdgeEngine
) -> None:
    edge.create("faq-justbeingmade", 4).close()

    assert clean_up(room, sqlite_store, edge) == CleanedUp(0, 0, 0, 0)

    assert edge.names() == ["faq-justbeingmade"]
    assert (room.models_dir / TURNED).exists()
