"""Pairs: written once, followed by revision."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from index.store import Store
from index.store.types import Origin, PairDraft, Phrasing, Status
from tests.index.picks import add_picked_wording

OpenStore = Callable[[], Store]


def draft(number: int = 1, **values: object) -> PairDraft:
    base: dict[str, object] = {
        "source": "kb",
        "external_id": f"k{number}",
        "question": f"Question {number}?",
        "answer": f"Answer {number}.",
    }
    return PairDraft(**(base | values))  # type: ignore[arg-type]


def only(store: Store) -> object:
    [[pair]] = store.pairs.changed(0)
    return pair


def changed_ids(store: Store, since: int, window: int = 500) -> list[str]:
    return [pair.id for pairs in store.pairs.changed(since, window) for pair in pairs]


def test_a_pair_comes_back_as_it_was_written(store: Store) -> None:
    written = draft(
        phrasings=(Phrasing("how?"), Phrasing("what?", Origin.VOTE)),
        topic="VPN",
        url="https://kb.example/1",
        tags=("a", "b"),
        audience=("C1",),
        status=Status.DRAFT,
        author="U1",
        created_at=datetime(2020, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
    )
    store.pairs.upsert([written])
    pair = store.pairs.get([written.id])[written.id]
    for name in PairDraft.__dataclass_fields__:
        assert getattr(pair, name) == getattr(written, name), name
    assert pair.id == written.id
    assert pair.updated_at.tzinfo is not None


def test_writing_the_same_again_changes_nothing(store: Store) -> None:
    drafts = [draft(n, phrasings=(Phrasing(f"p {n}"),)) for n in range(3)]
    assert store.pairs.upsert(drafts).added == 3
    revision = store.pairs.revision()
    again = store.pairs.upsert(drafts)
    assert (again.added, again.updated, again.unchanged) == (0, 0, 3)
    assert store.pairs.revision() == revision


def test_only_what_changed_is_written(store: Store) -> None:
    store.pairs.upsert([draft(1), draft(2)])
    revision = store.pairs.revision()
    written = store.pairs.upsert([draft(1), draft(2, answer="New."), draft(3)])
    assert (written.added, written.updated, written.unchanged) == (1, 1, 1)
    assert set(changed_ids(store, revision)) == {draft(2).id, draft(3).id}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("question", "Other?"),
        ("topic", "T"),
        ("url", "https://x.example"),
        ("tags", ("t",)),
        ("audience", ("C9",)),
        ("author", "U9"),
        ("status", Status.DRAFT),
        ("phrasings", (Phrasing("other words"),)),
    ],
)
def test_each_field_counts_as_a_change(store: Store, name: str, value: object) -> None:
    store.pairs.upsert([draft()])
    assert store.pairs.upsert([draft(**{name: value})]).updated == 1
    assert getattr(only(store), name) == value


def test_preview_tells_what_upsert_would_do(store: Store) -> None:
    store.pairs.upsert([draft(1), draft(2)])
    revision = store.pairs.revision()
    drafts = [draft(1), draft(2, answer="New."), draft(3)]
    foreseen = store.pairs.preview(drafts)
    assert store.pairs.revision() == revision
    assert foreseen == store.pairs.upsert(drafts)


def test_the_revision_grows_with_every_change(store: Store) -> None:
    seen = [store.pairs.revision()]
    store.pairs.upsert([draft(1)])
    seen.append(store.pairs.revision())
    store.pairs.upsert([draft(1, answer="New.")])
    seen.append(store.pairs.revision())
    add_picked_wording(store, draft(1).id, "another wording")
    seen.append(store.pairs.revision())
    store.pairs.set_status([draft(1).id], Status.RETIRED)
    seen.append(store.pairs.revision())
    assert seen == sorted(set(seen))


def test_people_s_phrasings_stay_when_a_file_comes_again(store: Store) -> None:
    first = draft(phrasings=(Phrasing("old import"), Phrasing("kept import")))
    store.pairs.upsert([first])
    assert add_picked_wording(store, first.id, "a pick")
    second = draft(phrasings=(Phrasing("kept import"), Phrasing("new import")))
    assert store.pairs.upsert([second]).updated == 1
    assert {(p.text, p.origin) for p in only(store).phrasings} == {
        ("kept import", Origin.IMPORT),
        ("new import", Origin.IMPORT),
        ("a pick", Origin.PICK),
    }
    assert store.pairs.upsert([second]).unchanged == 1


def test_a_file_does_not_repeat_what_people_said(store: Store) -> None:
    store.pairs.upsert([draft()])
    add_picked_wording(store, draft().id, "VPN on a Mac")
    again = draft(phrasings=(Phrasing("vpn on a  mac"),))
    assert store.pairs.upsert([again]).unchanged == 1
    assert only(store).phrasings == (Phrasing("VPN on a Mac", Origin.PICK),)


def test_a_phrasing_is_added_once(store: Store) -> None:
    store.pairs.upsert([draft()])
    assert add_picked_wording(store, draft().id, "in other words")
    assert not add_picked_wording(store, draft().id, "In OTHER words")
    assert not add_picked_wording(store, draft().id, "question 1?")
    assert not add_picked_wording(store, "no-such-pair", "words")


def test_a_new_pair_is_active_and_a_draft_stays_one(store: Store) -> None:
    store.pairs.upsert([draft(1), draft(2, status=Status.DRAFT)])
    store.pairs.upsert([draft(1, answer="New."), draft(2, answer="New.")])
    assert store.pairs.count() == {Status.ACTIVE: 1, Status.DRAFT: 1, Status.RETIRED: 0}


def test_a_retired_pair_comes_back_when_it_is_written_again(store: Store) -> None:
    store.pairs.upsert([draft()])
    assert store.pairs.set_status([draft().id], Status.RETIRED) == 1
    assert store.pairs.set_status([draft().id], Status.RETIRED) == 0
    assert store.pairs.upsert([draft()]).updated == 1
    assert only(store).status is Status.ACTIVE


def test_a_status_that_holds_already_is_no_change(store: Store) -> None:
    store.pairs.upsert([draft()])
    revision = store.pairs.revision()
    store.pairs.set_status([draft().id], Status.ACTIVE)
    assert store.pairs.revision() == revision


def test_changed_comes_in_windows_without_gaps_or_repeats(store: Store) -> None:
    for start in (0, 7, 14):  # several pairs to a revision, and windows that split them
        store.pairs.upsert([draft(n) for n in range(start, start + 7)])
    expected = {draft(n).id for n in range(21)}
    for window in (1, 3, 7, 8, 500):
        found = changed_ids(store, 0, window)
        assert len(found) == 21
        assert set(found) == expected
    revisions = [pair.revision for pairs in store.pairs.changed(0, 4) for pair in pairs]
    assert revisions == sorted(revisions)


def test_a_follower_that_is_up_to_date_gets_nothing(store: Store) -> None:
    store.pairs.upsert([draft(n) for n in range(5)])
    assert changed_ids(store, store.pairs.revision()) == []
    assert store.pairs.count_changed(store.pairs.revision()) == 0
    assert store.pairs.count_changed(0) == 5


def test_a_pair_that_changes_during_a_walk_comes_again(store: Store) -> None:
    store.pairs.upsert([draft(n) for n in range(4)])
    walk = store.pairs.changed(0, 2)
    first = next(walk)
    store.pairs.upsert([draft(int(first[0].external_id[1:]), answer="New.")])
    rest = [pair for pairs in walk for pair in pairs]
    assert [p.answer for p in rest if p.id == first[0].id] == ["New."]
    assert {p.id for p in [*first, *rest]} == {draft(n).id for n in range(4)}


def test_ids_of_a_source_leave_out_the_retired(store: Store) -> None:
    store.pairs.upsert([draft(1), draft(2), draft(3, source="other")])
    store.pairs.set_status([draft(2).id], Status.RETIRED)
    assert list(store.pairs.ids_of("kb")) == [draft(1).id]
    assert list(store.pairs.ids_of("nobody")) == []


def test_walk_gives_each_pair_once_in_order(store: Store) -> None:
    topics = [None, "b", "a", "b", None]
    store.pairs.upsert([draft(n, topic=topic) for n, topic in enumerate(topics)])
    store.pairs.upsert([draft(9, source="zz", status=Status.DRAFT, phrasings=(Phrasing("p"),))])
    pairs = [pair for window in store.pairs.walk(window=2) for pair in window]
    assert [p.external_id for p in pairs] == ["k0", "k1", "k2", "k3", "k4", "k9"]
    assert pairs[-1].phrasings == (Phrasing("p"),)
    order = ("topic", "external_id")
    by_topic = [p.topic for w in store.pairs.walk(source="kb", order=order) for p in w]
    assert by_topic == [None, None, "a", "b", "b"]
    assert [p.id for w in store.pairs.walk(status=Status.DRAFT) for p in w] == [pairs[-1].id]


def test_writers_that_meet_do_not_collide(open_store: OpenStore) -> None:
    stores = [open_store() for _ in range(4)]
    errors: list[BaseException] = []
    start = threading.Barrier(len(stores))

    def write(store: Store) -> None:
        try:
            start.wait()
            for round_ in range(10):
                # All write the same new pairs: one adds them, the others find them.
                store.pairs.upsert([draft(10 * round_ + n) for n in range(10)])
                add_picked_wording(store, draft(10 * round_).id, "said by all")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert stores[0].pairs.count()[Status.ACTIVE] == 100
    assert len(stores[0].pairs.get([draft(0).id])[draft(0).id].phrasings) == 1


def test_a_follower_never_misses_a_pair_under_concurrent_writers(open_store: OpenStore) -> None:
    writers, rounds = 4, 25
    stores = [open_store() for _ in range(writers)]
    follower = open_store()
    errors: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for round_ in range(rounds):
                first = (number * rounds + round_) * 3
                stores[number].pairs.upsert([draft(first + n) for n in range(3)])
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(writers)]
    for thread in threads:
        thread.start()
    seen: set[str] = set()
    since = 0
    last_round = False
    while not last_round:
        last_round = not any(thread.is_alive() for thread in threads)
        for pairs in follower.pairs.changed(since, 5):
            seen |= {pair.id for pair in pairs}
            since = pairs[-1].revision
        time.sleep(0.001)  # without it the writers hardly get their turn
    assert errors == []
    assert seen == {draft(n).id for n in range(writers * rounds * 3)}
