"""Checking that a generation holds and finds what the store holds."""

from contextlib import closing

import pytest

from index.generations.check import check
from index.generations.live import Live
from index.generations.setup import load_embedder
from index.store.types import PairDraft, Status
from tests.index.generations.office import MAIL, SAUNA, VPN, Office
from tests.index.models import TURNED

pytestmark = [
    pytest.mark.usefixtures("models_read_once"),
    # The client's own in-memory engine says so for each collection.
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect"),
]


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
            load_embedder(office.room, store, TURNED),
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


def test_pairs_with_one_question_and_drafts_are_no_fault(office: Office) -> None:
    same = [PairDraft("it", f"{i}", VPN.question, f"Answer {i}.") for i in range(15)]
    draft = PairDraft("it", "draft", "Is this ready?", "No.", status=Status.DRAFT)
    shouted = PairDraft("it", "shouted", VPN.question.upper(), "Calm down.")
    office.store.pairs.upsert([*same, draft, shouted])
    office.store.pairs.set_status([same[0].id], Status.RETIRED)

    office.go_live()

    with closing(Live.open(office.room, office.store, office.engine)) as live:
        assert check(live, office.store, office.report) == []
