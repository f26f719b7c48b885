"""A generation built beside the live one, and switched to."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from index.engines.base import Collection, Engine
from index.engines.edge import EdgeCollection, EdgeEngine
from index.errors import FaqbotError, ModelError, SearchIndexError
from index.generations import build as building
from index.generations.build import SwitchRefused
from index.generations.check import check
from index.generations.setup import initialise
from index.jobs.protocol import Cancelled
from index.settings import IndexSettings
from index.store import Store
from index.store.tables import jobs
from index.store.types import GenerationState, Status
from tests.index.generations.office import MAIL, SAUNA, Office
from tests.index.models import TURNED, damage

pytestmark = [
    pytest.mark.usefixtures("models_read_once"),
    # The client's own in-memory engine says so for each collection.
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect"),
]


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


def test_a_build_waits_for_whoever_else_follows_the_store(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it takes: being behind is no fault."""
    monkeypatch.setattr(check, "__defaults__", (-1,))
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
