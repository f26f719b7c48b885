"""What processes say of themselves, and notes for all of them."""

from datetime import timedelta

import sqlalchemy as sa

from index.store import Store
from index.store.presence import SILENT_AFTER, Presence
from index.store.tables import processes


def said(store: Store) -> Presence:
    (found,) = store.processes.all()
    return found


def shift(store: Store, by: timedelta) -> None:
    """Move what was said in time, as a clock does that is set."""
    found = said(store)
    with store.database.write() as connection:
        moved = {"since": found.since + by, "seen_at": found.seen_at + by}
        connection.execute(sa.update(processes).values(**moved))


def test_a_process_is_as_it_said_last_since_that_began(store: Store) -> None:
    store.processes.say("me", "socket", is_well=True, detail="connected")
    first = said(store)
    store.processes.say("me", "socket", is_well=True, detail="connected")
    assert said(store).since == first.since
    assert said(store).seen_at > first.seen_at
    store.processes.say("me", "socket", is_well=False, detail="cut off")
    lost = said(store)
    assert (lost.is_well, lost.detail) == (False, "cut off")
    assert lost.since > first.since
    store.processes.say("me", "socket", is_well=False, detail="for another reason")
    assert said(store).since == lost.since, "it is as long not reached"


def test_who_ends_leaves(store: Store) -> None:
    store.processes.say("me", "socket", is_well=True, detail="connected")
    store.processes.say("other", "http", is_well=True, detail="listening")
    store.processes.leave("me")
    assert said(store).owner == "other"


def test_who_says_nothing_for_long_is_silent_whatever_the_clock_did(store: Store) -> None:
    store.processes.say("me", "socket", is_well=True, detail="connected")
    assert not said(store).is_silent()
    for by in (SILENT_AFTER, -2 * SILENT_AFTER):
        shift(store, by + by / 10)
        assert said(store).is_silent()
    store.processes.say("me", "socket", is_well=True, detail="connected")
    assert not said(store).is_silent()


def test_who_was_killed_is_forgotten_after_a_day_whatever_the_clock_did(store: Store) -> None:
    for by in (timedelta(days=2), timedelta(days=-2)):
        store.processes.say("killed", "socket", is_well=True, detail="connected")
        shift(store, by)
        store.processes.say("me", "socket", is_well=True, detail="connected")
        assert said(store).owner == "me"
        store.processes.leave("me")


def test_a_note_is_the_last_one_written(store: Store) -> None:
    assert store.processes.note("a") is None
    store.processes.set_note("a", "1")
    store.processes.set_note("a", "2")
    assert store.processes.note("a") == "2"
