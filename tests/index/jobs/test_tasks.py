"""What the jobs of `python -m index.jobs` do: rebuild, roll back, purge."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from index.errors import FaqbotError
from index.generations.check import check
from index.generations.live import Live
from index.generations.setup import initialise, open_engine
from index.jobs import tasks
from index.jobs.protocol import JobOrder
from index.jobs.results import RollbackResult
from index.settings import IndexSettings
from index.store import Store
from index.store.leases import Claim
from index.store.types import JobKind, NewQuestion, PairDraft, QuestionState
from tests.index.jobs.runs import Child
from tests.index.models import TURNED

PAIRS = [
    PairDraft("it", "vpn", "Why does the VPN disconnect?", "Update the client."),
    PairDraft("it", "mail", "How do I add a mail signature?", "Settings, then Signature."),
]


@pytest.fixture
def home(room: IndexSettings) -> Iterator[Store]:
    """A store with two pairs and a live generation in the data folder of `room`."""
    store = Store.open(room.store_url)
    store.pairs.upsert(PAIRS)
    engine = open_engine(room)
    initialise(room, store, engine)
    yield store
    store.close()


def perform(room: IndexSettings, store: Store, kind: JobKind, **arguments: Any) -> dict[str, Any]:
    """Run a job in a process of its own; returns its last line."""
    job = store.jobs.begin(kind, "test", arguments=arguments)
    claim = Claim(job.id, "test")
    order = {
        "job_id": claim.job_id,
        "owner": claim.owner,
        "kind": kind,
        "arguments": arguments,
        "index": room.revealed(),
        "config": None,
    }
    child = Child(["-m", "index.jobs"], order)
    try:
        lines, log = child.rest()
    finally:
        child.destroy()
    assert child.process.returncode == 0, log
    store.jobs.finish(job.id, lines[-1]["state"], lines[-1]["result"], lines[-1]["detail"])
    shares = [line["progress"] for line in lines[:-1]]
    assert shares == sorted(shares), "progress never goes back"
    end: dict[str, Any] = lines[-1]
    return end


@pytest.mark.slow
def test_rebuilt_and_rolled_back(room: IndexSettings, home: Store) -> None:
    first = home.generations.live()
    assert first is not None

    end = perform(room, home, JobKind.REINDEX)
    second = home.generations.live()
    assert second is not None
    assert (end["state"], end["result"]["generation"]) == ("done", second.id)
    assert second.id != first.id
    assert second.indexed_revision == home.pairs.revision()
    # The other version is used by no generation.
    assert not (room.models_dir / TURNED).exists()

    job = home.jobs.begin(JobKind.ROLLBACK, "me")
    order = JobOrder(Claim(job.id, "me"), JobKind.ROLLBACK, {}, room, None)
    ending = tasks.rollback(order, lambda share, detail: None)
    assert (ending.state, ending.result) == (
        "done",
        RollbackResult(first.id, "base", before=second.id),
    )
    # It had been empty: what was missing was brought over first.
    assert home.generations.live() == home.generations.get(first.id)
    with closing(Live.open(room, home, open_engine(room))) as live:
        assert check(live, home, lambda share, detail: None) == []


def test_old_questions_are_forgotten_where_a_number_of_days_is_given(
    room: IndexSettings, home: Store
) -> None:
    home.inbox.add(NewQuestion("T1", "C1", "1.1", None, "U1", "vpn?", True))
    question = home.inbox.claim("me")
    assert question is not None
    home.inbox.finish(question.id, QuestionState.SILENT)

    def purge(**arguments: Any) -> Any:
        order = JobOrder(Claim(1, "me"), JobKind.PURGE, arguments, room, None)
        return tasks.purge(order, lambda share, detail: None).result.questions

    assert purge() == 0
    assert purge(days=1) == 0
    assert purge(days=-1) == 1
    assert home.inbox.latest(QuestionState.SILENT)[0].text == ""


def test_a_job_that_was_cancelled_or_lost_does_not_switch(room: IndexSettings, home: Store) -> None:
    live = home.generations.live()
    job = home.jobs.begin(JobKind.REINDEX, "somebody else")
    order = JobOrder(Claim(job.id, "me"), JobKind.REINDEX, {}, room, None)
    with pytest.raises(FaqbotError, match="does not go live"):
        tasks.reindex(order, lambda share, detail: None)

    assert home.generations.live() == live
