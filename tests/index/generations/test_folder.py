"""Two data folders on one database with the embedded engine: the second one is refused."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from index.engines.base import Engine
from index.engines.edge import EdgeEngine
from index.errors import IndexElsewhere
from index.generations.build import build
from index.generations.folder import adopt_folder
from index.generations.live import Live
from index.generations.setup import initialise, open_engine
from index.settings import IndexSettings
from index.store import Store
from index.store.leases import Claim
from index.store.types import JobKind, PairDraft

VPN = PairDraft("it", "vpn", "Why does the VPN disconnect?", "Update the client.")


@pytest.fixture
def folders(base_models: Path, tmp_path: Path, store_url: str) -> list[IndexSettings]:
    """Two data folders, each with the base model, on one database."""
    made = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "models").symlink_to(base_models)
        made.append(IndexSettings(data_dir=folder, database_url=SecretStr(store_url), device="cpu"))
    return made


def engine_of(settings: IndexSettings) -> Engine:
    return open_engine(settings)


def test_a_second_folder_is_refused_and_told_what_to_do(
    folders: list[IndexSettings], store: Store
) -> None:
    first, second = folders
    initialise(first, store, engine_of(first))
    for _ in range(2):
        with pytest.raises(IndexElsewhere) as error:
            initialise(second, store, engine_of(second))
    message = str(error.value)
    assert "\n" not in message
    assert str(first.data_dir.resolve()) in message
    assert 'engine = "server"' in message
    assert "faqbot init --adopt" in message
    assert not second.collections_dir.exists(), "nothing was made there"
    initialise(first, store, engine_of(first))


def test_a_job_in_another_folder_builds_nothing_there(
    folders: list[IndexSettings], store: Store
) -> None:
    first, second = folders
    initialise(first, store, engine_of(first))
    claim = Claim(store.jobs.begin(JobKind.REINDEX, "me").id, "me")
    with pytest.raises(IndexElsewhere):
        build(second, store, engine_of(second), "base", claim, lambda share, detail: None)
    assert len(store.generations.all()) == 1


def test_a_folder_that_is_moved_is_the_same_one(
    folders: list[IndexSettings], store: Store, tmp_path: Path
) -> None:
    first, second = folders
    initialise(first, store, engine_of(first))
    moved = first.model_copy(update={"data_dir": tmp_path / "moved"})
    first.data_dir.rename(moved.data_dir)
    initialise(moved, store, engine_of(moved))
    with pytest.raises(IndexElsewhere, match="moved"):
        initialise(second, store, engine_of(second))


def test_another_folder_can_be_adopted_and_is_filled_from_the_store(
    folders: list[IndexSettings], store: Store
) -> None:
    first, second = folders
    store.pairs.upsert([VPN])
    initialise(first, store, engine_of(first))
    with closing(Live.open(first, store, engine_of(first))) as live:
        live.catch_up()
    shutil.rmtree(first.data_dir / "collections")

    adopt_folder(second, store, engine_of(second))
    initialise(second, store, engine_of(second))
    with closing(Live.open(second, store, engine_of(second))) as live:
        assert live.catch_up() == 1
        assert live.collection.count() > 0
    with pytest.raises(IndexElsewhere):
        initialise(first, store, engine_of(first))


def test_a_store_in_the_data_folder_needs_no_mark(
    settings: IndexSettings, sqlite_store: Store
) -> None:
    initialise(settings, sqlite_store, EdgeEngine(settings.collections_dir))
    assert sqlite_store.processes.note("embedded_index") is None
