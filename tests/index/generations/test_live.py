"""The live generation: set up once, opened, caught up, shared out between processes."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index.engines.edge import EdgeEngine
from index.errors import CollectionLocked, DiskFull, SearchIndexError
from index.generations.live import Live, TemporaryCopy
from index.generations.setup import initialise, open_engine
from index.model.embedder import Embedder
from index.model.served import ServedModel
from index.settings import IndexSettings
from index.store import Store
from index.store.types import PairDraft

VPN = PairDraft("it", "vpn", "Why does the VPN disconnect?", "Update the client.")
MAIL = PairDraft("it", "mail", "How do I add a mail signature?", "Settings, then Signature.")


def found(live: Live, question: str) -> str | None:
    """The id of the pair that answers a question best."""
    matches = live.searcher.search(live.searcher.read(question))
    return matches[0].pair.external_id if matches else None


@pytest.fixture
def engine(settings: IndexSettings) -> EdgeEngine:
    return EdgeEngine(settings.collections_dir)


@pytest.fixture
def live(
    settings: IndexSettings, sqlite_store: Store, engine: EdgeEngine, served: ServedModel
) -> Iterator[Live]:
    """The live generation of a fresh store, with the model that is loaded already."""
    generation = initialise(settings, sqlite_store, engine)
    collection = engine.open(generation.collection)
    opened = Live(sqlite_store, generation, Embedder(served, sqlite_store.embeddings), collection)
    yield opened
    opened.close()


def test_setting_up_again_changes_nothing(
    settings: IndexSettings, store: Store, engine: EdgeEngine
) -> None:
    first = initialise(settings, store, engine)
    folders = sorted(settings.collections_dir.iterdir())

    second = initialise(settings, store, engine)

    assert second == first == store.generations.live()
    assert first.model_version == "base"
    assert sorted(settings.collections_dir.iterdir()) == folders


def test_processes_that_start_together_make_one_generation(
    settings: IndexSettings, store_url: str
) -> None:
    code = (
        "import sys; from pathlib import Path; from index.generations.setup import *\n"
        f"settings = IndexSettings(data_dir=Path({str(settings.data_dir)!r}))\n"
        f"store = Store({store_url!r})\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "print(initialise(settings, store, open_engine(settings)).id)"
    )
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in starting:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"

    ids = {process.communicate("go\n", timeout=60)[0].strip() for process in starting}

    assert [process.returncode for process in starting] == [0, 0]
    assert len(ids) == 1
    assert len(list(settings.collections_dir.glob("faq-*/edge_config.json"))) == 1


def test_a_lost_base_model_is_made_again(settings: IndexSettings, sqlite_store: Store) -> None:
    engine = EdgeEngine(settings.collections_dir)
    initialise(settings, sqlite_store, engine)
    settings.models_dir.unlink()

    initialise(settings, sqlite_store, engine)

    opened = Live.open(settings, sqlite_store, engine)
    assert opened.embedder.embed_query("vpn").shape == (384,)
    opened.close()
    shutil.rmtree(settings.models_dir)  # 90 MB


def test_what_is_not_set_up_is_one_clear_line(
    settings: IndexSettings, sqlite_store: Store, engine: EdgeEngine
) -> None:
    with pytest.raises(SearchIndexError, match="faqbot init"):
        Live.open(settings, sqlite_store, engine)


def test_a_lost_collection_is_built_again_from_the_store(
    settings: IndexSettings, sqlite_store: Store, engine: EdgeEngine
) -> None:
    initialise(settings, sqlite_store, engine)
    sqlite_store.pairs.upsert([VPN, MAIL])
    opened = Live.open(settings, sqlite_store, engine)
    assert opened.catch_up() == 2
    opened.close()
    shutil.rmtree(settings.collections_dir)

    generation = initialise(settings, sqlite_store, engine)
    opened = Live.open(settings, sqlite_store, engine)

    assert generation.id == opened.generation.id
    assert opened.catch_up() == 2
    assert found(opened, "vpn drops") == "vpn"
    opened.close()


def test_a_collection_that_lost_its_points_is_built_again_from_the_store(
    settings: IndexSettings, live: Live, sqlite_store: Store, engine: EdgeEngine
) -> None:
    sqlite_store.pairs.upsert([VPN])
    live.catch_up()
    live.close()
    shutil.rmtree(settings.collections_dir / live.generation.collection / "segments")

    opened = Live.open(settings, sqlite_store, engine)

    assert opened.catch_up() == 1
    assert found(opened, "vpn drops") == "vpn"
    opened.close()


DAMAGED = {
    "refused by the engine": ("*/segments/*/segment.json", b"{"),
    "a panic of the engine": ("*/segments/*/vector_storage-question/deleted/status.dat", b""),
}


@pytest.mark.parametrize("how", DAMAGED)
def test_a_damaged_collection_is_set_aside_and_built_again_from_the_store(
    settings: IndexSettings, sqlite_store: Store, engine: EdgeEngine, live: Live, how: str
) -> None:
    sqlite_store.pairs.upsert([VPN, MAIL])
    live.catch_up()
    live.close()
    pattern, content = DAMAGED[how]
    (file,) = settings.collections_dir.glob(pattern)
    file.write_bytes(content)

    with closing(Live.open(settings, sqlite_store, engine)) as opened:
        assert opened.collection.count() == 0
        assert opened.catch_up() == 2
        assert found(opened, "vpn drops") == "vpn"

    assert [path.name for path in settings.collections_dir.glob("damaged-*")] == [
        f"damaged-{live.generation.collection}"
    ]
    assert engine.names() == [live.generation.collection]


def test_a_full_disk_is_not_taken_for_damage(
    settings: IndexSettings, sqlite_store: Store, live: Live
) -> None:
    sqlite_store.pairs.upsert([VPN, MAIL])
    live.catch_up()
    live.close()
    full = EdgeEngine(settings.collections_dir, lambda folder: 0)
    with pytest.raises(DiskFull, match="disk full"):
        Live.open(settings, sqlite_store, full)
    assert not list(settings.collections_dir.glob("damaged-*"))
    generation = sqlite_store.generations.live()
    assert generation is not None
    assert generation.indexed_revision > 0, "it is still complete"


def test_a_model_that_is_refused_lets_the_collection_go(
    settings: IndexSettings, sqlite_store: Store, engine: EdgeEngine
) -> None:
    generation = initialise(settings, sqlite_store, engine)
    settings.models_dir.unlink()

    with pytest.raises(Exception, match="base is missing"):
        Live.open(settings, sqlite_store, engine)

    engine.open(generation.collection).close()


def test_only_one_of_several_processes_brings_changes_over(
    settings: IndexSettings,
    open_store: Callable[[], Store],
    engine: EdgeEngine,
    served: ServedModel,
) -> None:
    mine, theirs = open_store(), open_store()
    generation = initialise(settings, mine, engine)
    collection = engine.open(generation.collection)
    live = Live(mine, generation, Embedder(served, mine.embeddings), collection)
    mine.pairs.upsert([VPN])

    with theirs.database.try_lock(f"index-{generation.id}") as free:
        assert free
        assert live.catch_up() == 0
        assert collection.count() == 0

    assert live.catch_up() == 1
    assert found(live, "vpn drops") == "vpn"
    live.close()


def test_opening_waits_for_whoever_holds_the_collection_but_not_for_ever(
    settings: IndexSettings, live: Live, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(settings)
    waited: list[float] = []
    sleep = time.sleep

    def wait(seconds: float) -> None:
        waited.append(seconds)
        sleep(seconds)

    monkeypatch.setattr(time, "sleep", wait)
    with pytest.raises(CollectionLocked):
        Live.open(settings, sqlite_store, engine)
    assert not waited
    with pytest.raises(CollectionLocked):
        Live.open(settings, sqlite_store, engine, patience_s=0.1)
    assert waited

    monkeypatch.setattr(time, "sleep", lambda seconds: live.close())
    Live.open(settings, sqlite_store, engine, patience_s=60).close()


def test_a_temporary_copy_searches_while_another_process_holds_the_index(
    settings: IndexSettings, live: Live, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_store.pairs.upsert([VPN, MAIL])
    live.catch_up()
    with pytest.raises(CollectionLocked):
        Live.open(settings, sqlite_store, open_engine(settings))
    encoded: list[str] = []
    encode = ServedModel.encode

    def counting(self: ServedModel, texts: list[str], *rest: object) -> object:
        encoded.extend(texts)
        return encode(self, texts, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(ServedModel, "encode", counting)
    copy = TemporaryCopy(settings, sqlite_store)
    folder = Path(copy._folder.name)
    encoded.clear()  # of a word that shows how long the model's vectors are

    assert copy.catch_up() == 2
    assert encoded == [], "every stored text was in the cache"
    assert found(copy, "vpn drops") == "vpn"
    assert encoded == ["vpn drops"]
    assert live.collection.count() == 4, "the held index is as it was"

    copy.close()
    assert not folder.exists()
