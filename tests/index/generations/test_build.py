"""Generations: built beside the live one, checked, switched to, gone back to, cleared away."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from qdrant_client import QdrantClient

from index.engines.base import Collection, Engine
from index.engines.edge import EdgeCollection, EdgeEngine
from index.engines.qdrant import ServerEngine
from index.errors import FaqbotError, ModelError, SearchIndexError
from index.generations import build as building
from index.generations.build import SwitchRefused, available, check, go_live, rollback, tidy
from index.generations.live import Live
from index.generations.setup import initialise
from index.jobs.protocol import Cancelled
from index.settings import IndexSettings
from index.store import Store
from index.store.jobs import Claim
from index.store.tables import jobs
from index.store.types import (
    Generation,
    GenerationState,
    JobKind,
    JobState,
    PairDraft,
    Phrasing,
    Status,
)
from tests.index.models import TURNED, damage

VPN = PairDraft(
    "it", "vpn", "Why does the VPN disconnect?", "Update it.", (Phrasing("tunnel drops"),)
)
MAIL = PairDraft("it", "mail", "How do I add a mail signature?", "Settings, then Signature.")
SAUNA = PairDraft("it", "sauna", "Where is the sauna?", "Behind the server room.")

pytestmark = [
    pytest.mark.usefixtures("models_read_once"),
    # The client's own in-memory engine says so for each collection.
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect"),
]


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


class Office:
    """A store with a live generation, and the jobs that change it."""

    def __init__(self, room: IndexSettings, store: Store, engine: Engine) -> None:
        self.room, self.store, self.engine = room, store, engine
        self.told: list[tuple[float, str]] = []
        self.at: dict[str, Callable[[], object]] = {}
        store.pairs.upsert([VPN, MAIL])
        initialise(room, store, engine)

    @property
    def live(self) -> Generation:
        generation = self.store.generations.live()
        assert generation is not None
        return generation

    def report(self, share: float, detail: str) -> None:
        self.told.append((share, detail))
        if action := self.at.pop(detail.partition(",")[0], None):
            action()

    def claim(self, kind: JobKind = JobKind.REINDEX) -> Claim:
        job = self.store.jobs.begin(kind, "me")
        return Claim(job.id, "me")

    def finish(self, claim: Claim, state: JobState = JobState.DONE) -> None:
        self.store.jobs.finish(claim.job_id, state, {})

    def go_live(self, version: str = "base", claim: Claim | None = None) -> Generation:
        claim = claim or self.claim()
        try:
            return go_live(self.room, self.store, self.engine, version, claim, self.report)
        finally:
            self.finish(claim)

    def roll_back(self, generation_id: int | None = None) -> Generation:
        claim = self.claim(JobKind.ROLLBACK)
        try:
            return rollback(self.room, self.store, self.engine, generation_id, claim, self.report)
        finally:
            self.finish(claim)

    def ask(self, question: str) -> str | None:
        """What the live generation finds, as it is."""
        with closing(Live.open(self.room, self.store, self.engine)) as live:
            matches = live.searcher.search(question)
            return matches[0].pair.external_id if matches else None


@pytest.fixture
def office(room: IndexSettings, sqlite_store: Store, engine: Engine) -> Office:
    return Office(room, sqlite_store, engine)


@pytest.fixture
def edge_office(room: IndexSettings, sqlite_store: Store, edge: EdgeEngine) -> Office:
    return Office(room, sqlite_store, edge)


def test_a_new_model_goes_live_with_a_collection_of_its_own(
    room: IndexSettings, store: Store, engine: Engine
) -> None:
    office = Office(room, store, engine)
    before = office.live

    generation = office.go_live(TURNED)

    assert generation == office.live
    assert generation.model_version == TURNED
    assert generation.collection != before.collection
    assert generation.state is GenerationState.READY
    assert generation.job_id is not None
    assert generation.indexed_revision == office.store.pairs.revision()
    assert office.ask("tunnel drops") == "vpn"
    shares = [share for share, _ in office.told]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] <= 1


def test_an_empty_store_has_a_generation_too(
    room: IndexSettings, sqlite_store: Store, edge: EdgeEngine
) -> None:
    initialise(room, sqlite_store, edge)
    office = Office.__new__(Office)
    office.room, office.store, office.engine = room, sqlite_store, edge
    office.told, office.at = [], {}

    assert office.go_live(TURNED) == office.live


def test_what_changes_while_it_is_built_is_in_it(office: Office) -> None:
    store = office.store
    office.at["building the index"] = lambda: store.pairs.upsert([SAUNA])
    office.at["checking the index"] = lambda: store.pairs.set_status([MAIL.id], Status.RETIRED)

    generation = office.go_live()

    assert generation.indexed_revision == store.pairs.revision()
    assert office.ask("sauna where") == "sauna"
    assert office.ask("add a mail signature") != "mail"


@pytest.mark.parametrize(
    "step", ["loading the model", "creating the index", "building the index", "switching"]
)
def test_cancelled_at_any_step_the_live_one_stays_and_nothing_else(
    office: Office, step: str
) -> None:
    before = office.live

    def cancel() -> None:
        raise Cancelled

    office.at[step] = cancel
    with pytest.raises(Cancelled):
        office.go_live(TURNED)

    assert office.live == before
    assert office.engine.names() == [before.collection]
    assert [g.state for g in office.store.generations.all()] == ["dropped", "ready"]


def test_a_job_that_was_cancelled_or_taken_over_does_not_switch(office: Office) -> None:
    before = office.live
    claim = office.claim()
    office.at["switching"] = lambda: office.store.jobs.cancel(claim.job_id)
    with pytest.raises(SwitchRefused, match="was cancelled"):
        office.go_live(claim=claim)

    claim = office.claim()

    def lose_the_lease() -> None:
        past = datetime.now(UTC) - timedelta(seconds=1)
        with office.store.database.write() as connection:
            connection.execute(
                sa.update(jobs).where(jobs.c.id == claim.job_id).values(lease_until=past)
            )
        office.store.jobs.fail_abandoned()

    office.at["switching"] = lose_the_lease
    with pytest.raises(SwitchRefused, match="no longer"):
        office.go_live(claim=claim)

    assert office.live == before
    assert office.engine.names() == [before.collection]


def test_cancelled_after_the_pointer_moved_it_is_too_late(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_live = type(office.engine).set_live

    def moved_and_cancelled(self: Engine, name: str) -> None:
        set_live(self, name)  # type: ignore[arg-type]
        raise Cancelled

    monkeypatch.setattr(type(office.engine), "set_live", moved_and_cancelled)

    generation = office.go_live()

    assert generation == office.live
    assert office.ask("tunnel drops") == "vpn"


def test_an_alias_that_cannot_be_moved_is_no_failure(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Engine, name: str) -> None:
        raise SearchIndexError("the server is away")

    monkeypatch.setattr(type(office.engine), "set_live", fail)

    assert office.go_live() == office.live


def test_a_damaged_model_does_not_go_live(office: Office) -> None:
    before = office.live
    damage(office.room.models_dir / TURNED / "servable" / "head" / "config.json")

    with pytest.raises(ModelError, match="does not match its checksum"):
        office.go_live(TURNED)

    assert office.live == before
    assert office.engine.names() == [before.collection]


def test_a_collection_that_lost_points_does_not_go_live(
    edge_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = edge_office.live
    replace = EdgeCollection.replace

    def forgetful(self: EdgeCollection, pair_ids: list[str], points: list[object]) -> None:
        replace(self, pair_ids, points[1:])  # type: ignore[arg-type]

    monkeypatch.setattr(EdgeCollection, "replace", forgetful)
    with pytest.raises(SearchIndexError, match="4 points instead of 5"):
        edge_office.go_live(TURNED)

    assert edge_office.live == before
    assert edge_office.engine.names() == [before.collection]


def test_a_check_tells_a_sound_collection_from_others(office: Office) -> None:
    store = office.store
    generation = office.go_live()
    with closing(Live.open(office.room, store, office.engine)) as live:
        assert check(live, store, office.report) == []
        store.pairs.upsert([SAUNA])  # caught up with on the way
        assert check(live, store, office.report) == []

        live.collection.replace([MAIL.id], [])
        assert check(live, store, office.report) == [
            "5 points instead of 7",
            "1 of 3 stored questions do not find their own pair",
        ]
        turned = Live(
            store,
            generation,
            building.load_embedder(office.room, store, TURNED),
            live.collection,
        )
        assert "3 of 3 stored questions do not find their own pair" in (
            check(turned, store, office.report) or []
        )


def test_a_check_while_another_process_follows_the_store_says_nothing(office: Office) -> None:
    office.store.pairs.upsert([SAUNA])
    with (
        closing(Live.open(office.room, office.store, office.engine)) as live,
        office.store.database.try_lock(f"index-{office.live.id}") as free,
    ):
        assert free
        assert check(live, office.store, office.report, patience_s=-1) is None


def test_a_build_waits_for_whoever_else_follows_the_store(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it takes: being behind is no fault."""
    monkeypatch.setattr(building.check, "__defaults__", (-1,))
    follower, waited = ExitStack(), []

    def fall_behind() -> None:
        office.store.pairs.upsert([SAUNA])
        newest = office.store.generations.all()[0]
        lock = office.store.database.try_lock(f"index-{newest.id}")
        assert follower.enter_context(lock)

    def let_go(seconds: float) -> None:
        waited.append(seconds)
        follower.close()

    office.at["checking the index"] = fall_behind
    monkeypatch.setattr(building.time, "sleep", let_go)

    generation = office.go_live()

    assert waited
    assert generation == office.live
    assert office.ask("sauna where") == "sauna"


def test_pairs_with_one_question_and_drafts_are_no_fault(office: Office) -> None:
    same = [PairDraft("it", f"{i}", VPN.question, f"Answer {i}.") for i in range(15)]
    draft = PairDraft("it", "draft", "Is this ready?", "No.", status=Status.DRAFT)
    shouted = PairDraft("it", "shouted", VPN.question.upper(), "Calm down.")
    office.store.pairs.upsert([*same, draft, shouted])
    office.store.pairs.set_status([same[0].id], Status.RETIRED)

    office.go_live()

    with closing(Live.open(office.room, office.store, office.engine)) as live:
        assert check(live, office.store, office.report) == []


# -- going back --------------------------------------------------------------------------


def test_going_back_finds_what_changed_meanwhile(office: Office) -> None:
    first = office.live
    second = office.go_live(TURNED)
    office.store.pairs.upsert([SAUNA])
    office.store.pairs.set_status([MAIL.id], Status.RETIRED)

    back = office.roll_back()

    assert back == office.live
    assert back.id == first.id
    assert office.ask("sauna where") == "sauna"
    # Once more: to the one that was live before this one.
    assert office.roll_back().id == second.id
    assert office.ask("sauna where") == "sauna"


def test_going_back_to_a_named_generation(office: Office) -> None:
    first, second, third = office.live, office.go_live(), office.go_live()

    assert office.roll_back(first.id).id == first.id
    choice = available(office.room, office.store, office.engine)
    assert [generation.id for generation in choice] == [third.id, second.id]


def test_cancelled_after_it_had_gone_back_it_is_too_late(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = office.live, office.go_live()
    set_live = type(office.engine).set_live

    def moved_and_cancelled(self: Engine, name: str) -> None:
        set_live(self, name)  # type: ignore[arg-type]
        raise Cancelled

    monkeypatch.setattr(type(office.engine), "set_live", moved_and_cancelled)

    assert office.roll_back() == office.live
    assert office.live.id == first.id


def test_cancelled_before_it_had_gone_back_the_live_one_stays(office: Office) -> None:
    second = office.go_live()

    def cancel() -> None:
        raise Cancelled

    office.at["switching"] = cancel
    with pytest.raises(Cancelled):
        office.roll_back()
    assert office.live == second


def test_what_cannot_be_gone_back_to_is_one_line_that_lists_what_can(office: Office) -> None:
    with pytest.raises(SearchIndexError, match="is the only one that is kept"):
        office.roll_back()
    first, second, third = office.live, office.go_live(), office.go_live(TURNED)
    with pytest.raises(SearchIndexError, match=f"generation {third.id} is the one that answers"):
        office.roll_back(third.id)
    office.engine.drop(second.collection)
    for gone in (second.id, 999):
        with pytest.raises(
            SearchIndexError, match=f"generation {gone} is not kept; .* there is {first.id}$"
        ):
            office.roll_back(gone)
    assert office.live == third


def test_going_back_waits_for_the_bot_that_lets_go_of_the_collection(
    edge_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = edge_office
    first = office.live
    office.go_live()
    held = office.engine.open(first.collection)
    sleep = building.time.sleep

    def let_go(seconds: float) -> None:
        held.close()
        sleep(seconds)

    monkeypatch.setattr(building.time, "sleep", let_go)
    assert office.roll_back().id == first.id


# -- tidying up --------------------------------------------------------------------------


def test_the_last_three_generations_are_kept_with_what_they_need(
    room: IndexSettings, store: Store, engine: Engine
) -> None:
    office = Office(room, store, engine)
    first = office.live
    generations = [office.go_live(TURNED), office.go_live(), office.go_live()]
    office.roll_back(first.id)  # makes it the last that was live
    embedder = building.load_embedder(room, store, "base")
    store.embeddings.put("f" * 64, {b"0" * 16: embedder.embed_query("of a model that is gone")})

    tidied = tidy(room, store, engine)

    assert str(tidied) == (
        "1 generations, 1 collections, 1 model versions, 1 cached embeddings removed"
    )
    assert {g.id for g in store.generations.all(GenerationState.READY)} == {
        first.id,
        generations[1].id,
        generations[2].id,
    }
    assert len(engine.names()) == 3
    assert sorted(path.name for path in room.models_dir.iterdir() if path.is_dir()) == ["base"]
    assert store.embeddings.count() > 0
    assert tidy(room, store, engine) == building.Tidied(0, 0, 0, 0)
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
    assert tidy(room, store, engine) == building.Tidied(0, 0, 0, 0)
    office.finish(claim, JobState.FAILED)
    assert tidy(room, store, engine) == building.Tidied(1, 1, 1, 0)

    assert engine.names() == [before.collection]
    assert not scratch.exists()
    assert office.live == before


def test_a_collection_that_is_in_use_is_left_until_it_is_not(edge_office: Office) -> None:
    office = edge_office
    first = office.live
    held = office.engine.open(first.collection)
    for _ in range(3):
        office.go_live()

    assert tidy(office.room, office.store, office.engine).collections == 0
    assert held.count() == 0
    held.close()
    assert tidy(office.room, office.store, office.engine).collections == 1
    assert list(office.room.collections_dir.glob(f"{first.collection}*")) == []
    assert list(office.room.data_dir.glob(f"*index-{first.id}.lock")) == []


def test_on_a_server_that_others_use_only_what_is_known_is_dropped(
    office: Office,
) -> None:
    office.engine.create("faq-0123456789ab", 4).close()

    tidy(office.room, office.store, office.engine)

    assert office.engine.exists("faq-0123456789ab") == office.engine.shared


def test_without_a_live_generation_nothing_is_touched(
    room: IndexSettings, sqlite_store: Store, edge: EdgeEngine
) -> None:
    edge.create("faq-justbeingmade", 4).close()

    assert tidy(room, sqlite_store, edge) == building.Tidied(0, 0, 0, 0)

    assert edge.names() == ["faq-justbeingmade"]
    assert (room.models_dir / TURNED).exists()


def test_a_collection_that_cannot_be_dropped_does_not_hide_why_a_build_failed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Engine, name: str) -> None:
        raise SearchIndexError("cannot drop")

    def full(self: Collection, *_: object) -> None:
        raise SearchIndexError("the disk is full")

    collection = type(office.engine.open(office.live.collection))
    monkeypatch.setattr(collection, "replace", full)
    monkeypatch.setattr(type(office.engine), "drop", fail)
    with pytest.raises(FaqbotError, match="the disk is full"):
        office.go_live()
