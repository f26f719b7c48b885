"""Going back to an earlier generation."""

import pytest

from index.engines.base import Engine
from index.errors import SearchIndexError
from index.generations import live as module
from index.generations.rollback import available
from index.jobs.protocol import Cancelled
from index.store.types import Status
from tests.index.generations.office import MAIL, SAUNA, Office
from tests.index.models import TURNED

pytestmark = [
    pytest.mark.usefixtures("models_read_once"),
    # The client's own in-memory engine says so for each collection.
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect"),
]


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
    sleep = module.time.sleep

    def let_go(seconds: float) -> None:
        held.close()
        sleep(seconds)

    monkeypatch.setattr(module.time, "sleep", let_go)
    assert office.roll_back().id == first.id
