"""The generation that answers: follows the store, and is replaced as a whole while in use."""

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from index.engines.base import Collection, Engine
from index.engines.edge import EdgeEngine
from index.errors import CollectionLocked, DiskFull, SearchIndexError
from index.generations import follow as module
from index.generations.follow import Serving
from index.generations.live import Live
from index.generations.setup import load_embedder
from index.model.served import ServedModel
from index.settings import IndexSettings
from index.store import Store
from index.store.types import PairDraft, Status
from tests.index.generations.serving_process import Post, eventually
from tests.index.models import TURNED, damage
from tests.index.picks import add_picked_wording
from tests.support.logs import captured

VPN = PairDraft("it", "vpn", "Why does the VPN disconnect?", "Update the client.")
MAIL = PairDraft("it", "mail", "How do I add a mail signature?", "Settings, then Signature.")
SAUNA = PairDraft("it", "sauna", "Where is the sauna?", "Behind the server room.")

pytestmark = [
    pytest.mark.usefixtures("models_read_once"),
    # The client's own in-memory engine says so for each collection.
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect"),
]


@pytest.fixture
def post(room: IndexSettings, sqlite_store: Store, engine: Engine) -> Iterator[Post]:
    """Not started yet."""
    post = Post(room, sqlite_store, engine)
    yield post
    post.stop()


@pytest.fixture
def edge_post(room: IndexSettings, sqlite_store: Store) -> Iterator[Post]:
    post = Post(room, sqlite_store, EdgeEngine(room.collections_dir))
    yield post
    post.stop()


# -- following the store -----------------------------------------------------------------


def test_a_change_is_searchable_without_a_rebuild(post: Post) -> None:
    post.serving.start()
    post.store.pairs.upsert([VPN, MAIL])
    eventually(lambda: post.ask("vpn drops") == "vpn")

    add_picked_wording(post.store, MAIL.id, "tunnel")
    eventually(lambda: post.ask("tunnel") == "mail")

    post.store.pairs.set_status([VPN.id, MAIL.id], Status.RETIRED)
    eventually(lambda: post.live.collection.count() == 0)
    eventually(lambda: post.live.is_complete)


class Failing:
    """A collection whose writes fail as long as they are told to."""

    def __init__(self, inner: Collection, error: Exception) -> None:
        self._inner = inner
        self._error = error
        self.failures = 0
        self.fails = True

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def replace(self, *args: object) -> None:
        if self.fails:
            self.failures += 1
            raise self._error
        self._inner.replace(*args)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "error", [SearchIndexError("the disk is full"), RuntimeError("unheard of")]
)
def test_following_survives_a_failing_engine(edge_post: Post, error: Exception) -> None:
    collection = edge_post.live.collection
    failing = edge_post.live.collection = Failing(collection, error)  # type: ignore[assignment]

    with captured() as logs:
        edge_post.serving.start()
        edge_post.store.pairs.upsert([VPN])
        eventually(lambda: failing.failures >= 3)
        assert collection.count() == 0
        failing.fails = False
        eventually(lambda: edge_post.ask("vpn drops") == "vpn")
    # Said once, not at every attempt.
    assert [line["event"] for line in logs if line["log_level"] == "error"] == [
        "index_follow_failed"
    ]


def test_a_full_disk_is_said_once_and_what_is_indexed_is_answered_until_there_is_room(
    edge_post: Post,
) -> None:
    began = threading.Event()
    edge_post.store.pairs.upsert([VPN])
    edge_post.live.catch_up()
    collection = edge_post.live.collection
    failing = Failing(collection, DiskFull("disk full: make room"))
    edge_post.live.collection = failing  # type: ignore[assignment]
    edge_post.store.pairs.upsert([MAIL])

    with captured() as logs:
        edge_post.serving.start(caught_up=began.set)
        assert began.wait(20), "the answering begins with what is there"
        assert edge_post.ask("vpn drops") == "vpn"
        eventually(lambda: failing.failures >= 3)
        failing.fails = False
        eventually(lambda: collection.count() == 2)
        eventually(lambda: "disk_has_room" in [line["event"] for line in logs])
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["disk_full"]


def test_following_ends_at_once_and_is_taken_up_again(edge_post: Post) -> None:
    edge_post.store.pairs.upsert([VPN])
    edge_post.serving.stop()  # before it was started: nothing to do

    again = Serving(edge_post.room, edge_post.store, edge_post.engine, edge_post.live)
    again.start()
    again.stop()
    again = Serving(edge_post.room, edge_post.store, edge_post.engine, edge_post.live)
    again.start()
    eventually(lambda: edge_post.ask("vpn drops") == "vpn")
    again.stop()


def test_following_waits_for_the_process_that_brings_changes_over(edge_post: Post) -> None:
    other = Store(str(edge_post.store.database.engine.url))
    caught_up = threading.Event()
    with other.database.try_lock(f"index-{edge_post.live.generation.id}"):
        edge_post.store.pairs.upsert([VPN])
        edge_post.serving.start(caught_up.set)
        assert not caught_up.wait(0.6)

    # The other one died without finishing: its lock is free, its work is taken over.
    eventually(caught_up.is_set)
    assert edge_post.live.collection.count() == 2
    other.close()


# -- following the pointer ---------------------------------------------------------------


def test_a_moved_pointer_is_followed_while_answering(post: Post) -> None:
    post.store.pairs.upsert([VPN, MAIL])
    post.serving.start()
    eventually(lambda: post.ask("vpn drops") == "vpn")
    first = post.generation
    stop = threading.Event()
    answers: set[tuple[int, str, str | None]] = set()

    def ask_without_pause() -> None:
        while not stop.is_set():
            with post.serving.use() as live:
                matches = live.searcher.search(live.searcher.read("vpn drops"))
                version = live.embedder.model.version
                found = matches[0].pair.external_id if matches else None
                # A model's vectors mean nothing in the other's collection.
                sure = found if matches and matches[0].score > 0.5 else None
                answers.add((live.generation.id, version, sure))

    asking = threading.Thread(target=ask_without_pause)
    asking.start()
    generation = post.go_live()
    eventually(lambda: post.generation == generation.id)
    eventually(lambda: any(answer[0] == generation.id for answer in answers))
    stop.set()
    asking.join()

    assert answers == {(first, "base", "vpn"), (generation.id, TURNED, "vpn")}


def test_a_question_in_flight_keeps_its_generation_open(edge_post: Post) -> None:
    post = edge_post
    post.store.pairs.upsert([VPN])
    post.serving.start()
    eventually(lambda: post.ask("vpn drops") == "vpn")
    with post.serving.use() as one, post.serving.use() as other:
        generation = post.go_live()
        eventually(lambda: post.generation == generation.id)
        assert one is other is post.live
        found = one.searcher.search(one.searcher.read("vpn drops"))
        assert [match.pair.external_id for match in found] == ["vpn"]
        with pytest.raises(CollectionLocked):
            post.engine.open(one.collection.name)

    # Its last user is done: closed, so that another process can go back to it.
    eventually(lambda: _is_free(post.engine, one.collection.name))


def test_models_with_one_encoder_share_it_in_memory(
    edge_post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # the real way to read a model
    post = edge_post
    base = post.live.embedder.model

    turned = ServedModel.load(post.room.models_dir, TURNED, "cpu", beside=base)

    assert turned._encoder is base._encoder
    alone = ServedModel.load(post.room.models_dir, TURNED, "cpu")
    assert alone._encoder is not base._encoder
    vectors = [model.embed("vpn drops") for model in (turned, alone, base)]
    assert vectors[0] == pytest.approx(vectors[1], abs=1e-6)
    assert abs(float(vectors[0] @ vectors[2])) < 0.3


def test_a_damaged_new_model_leaves_the_old_one_answering_until_it_is_mended(
    edge_post: Post,
) -> None:
    post = edge_post
    post.store.pairs.upsert([VPN])
    post.serving.start()
    eventually(lambda: post.ask("vpn drops") == "vpn")
    first = post.generation
    config = post.room.models_dir / TURNED / "servable" / "head" / "config.json"
    kept = config.read_bytes()
    generation = post.build()
    damage(config)

    with captured() as logs:
        post.store.generations.make_live(generation.id)
        eventually(lambda: any(line["event"] == "generation_not_opened" for line in logs))
        # The old one answers, and goes on following the store.
        post.store.pairs.upsert([SAUNA])
        eventually(lambda: post.ask("where's the sauna") == "sauna")
        assert post.generation == first
        config.unlink()
        config.write_bytes(kept)
        eventually(lambda: post.generation == generation.id)

    (line,) = [line for line in logs if line["log_level"] == "error"]
    assert "does not match its checksum" in line["reason"]
    assert post.ask("where's the sauna") == "sauna"


def test_a_collection_that_is_still_held_is_opened_when_it_is_free(
    edge_post: Post,
) -> None:
    post = edge_post
    post.store.pairs.upsert([VPN])
    post.serving.start()
    eventually(lambda: post.ask("vpn drops") == "vpn")
    generation = post.build()

    with captured() as logs:
        with closing(post.engine.open(generation.collection)):
            post.store.generations.make_live(generation.id)
            eventually(lambda: any(line["event"] == "generation_not_opened" for line in logs))
            assert post.ask("vpn drops") == "vpn"
        eventually(lambda: post.generation == generation.id)


def test_what_changes_while_it_is_opened_is_there_when_it_answers(
    edge_post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = edge_post
    post.store.pairs.upsert([VPN])
    post.serving.start()
    eventually(lambda: post.ask("vpn drops") == "vpn")
    generation = post.build()
    opened = Live.open
    seen: list[str | None] = []

    def open_slowly(*args: object) -> Live:
        live = opened(*args)  # type: ignore[arg-type]
        post.store.pairs.upsert([SAUNA])
        # The old one answers meanwhile, also with what is new.
        eventually(lambda: post.ask("where's the sauna") == "sauna")
        seen.append(post.ask("where's the sauna"))
        assert post.generation != live.generation.id
        return live

    monkeypatch.setattr(module.Live, "open", open_slowly)
    post.store.generations.make_live(generation.id)

    eventually(lambda: post.generation == generation.id)
    assert post.ask("where's the sauna") == "sauna"
    assert seen == ["sauna"]


def test_a_pointer_that_moves_back_meanwhile_changes_nothing(
    edge_post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = edge_post
    first = post.generation
    generation = post.build()
    opened = Live.open
    attempts: list[Live] = []

    def open_and_roll_back(*args: object) -> Live:
        attempts.append(opened(*args))  # type: ignore[arg-type]
        post.store.generations.make_live(first)
        return attempts[-1]

    monkeypatch.setattr(module.Live, "open", open_and_roll_back)
    post.store.generations.make_live(generation.id)
    post.serving.start()

    eventually(lambda: attempts)
    eventually(lambda: _is_free(post.engine, generation.collection))
    assert post.generation == first


def test_a_first_index_that_is_replaced_before_it_is_complete_still_starts_the_answering(
    edge_post: Post,
) -> None:
    post = edge_post
    post.store.pairs.upsert([VPN])
    generation = post.go_live()
    caught_up = threading.Event()
    other = Store(str(post.store.database.engine.url))
    # The generation it started with never gets its changes.
    with other.database.try_lock(f"index-{post.live.generation.id}"):
        post.serving.start(caught_up.set)
        eventually(caught_up.is_set)
        eventually(lambda: post.generation == generation.id)
    other.close()


def test_stopping_while_a_generation_is_opened_closes_it(
    edge_post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = edge_post
    generation = post.build()
    opened = Live.open
    stopping = threading.Event()

    def open_slowly(*args: object) -> Live:
        live = opened(*args)  # type: ignore[arg-type]
        post.store.pairs.upsert([VPN])
        stopping.set()
        eventually(post.serving._stop.is_set)
        return live

    monkeypatch.setattr(module.Live, "open", open_slowly)
    post.store.generations.make_live(generation.id)
    post.serving.start()
    stopping.wait(60)
    post.stop()

    assert all(_is_free(post.engine, name) for name in post.engine.names())


def test_a_collection_that_does_not_fit_its_model_is_made_anew(
    edge_post: Post,
) -> None:
    post = edge_post
    post.store.pairs.upsert([VPN])
    post.serving.start()
    eventually(lambda: post.ask("vpn drops") == "vpn")
    post.engine.create("faq-narrow", 4).close()
    misfit = post.store.generations.add(TURNED, "faq-narrow")
    post.store.generations.set_indexed(misfit.id, post.store.pairs.revision())

    with captured() as logs:
        post.store.generations.make_live(misfit.id)
        # It is taken for damaged: set aside, and made anew with vectors of the right length.
        eventually(lambda: any(line["event"] == "generation_switched" for line in logs))

    eventually(lambda: post.ask("vpn drops") == "vpn")
    assert load_embedder(post.room, post.store, TURNED).model.dimension == 384


def _is_free(engine: Engine, name: str) -> bool:
    try:
        engine.open(name).close()
    except CollectionLocked:
        return False
    return True
