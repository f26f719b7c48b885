"""The snapshot, of one moment; the samples made of pairs."""

import pytest

from index.engines.points import answer_text
from index.store import Store
from index.store.sides import side
from index.store.types import PairDraft, Phrasing, Status
from tests.index.picks import add_picked_wording
from train.data import Sample, Texts, samples_of, take_snapshot, texts_of_pairs

VPN = PairDraft(
    "it",
    "vpn",
    "Why does the VPN disconnect?",
    "Update the client.",
    phrasings=(Phrasing("vpn drops"), Phrasing("lost vpn")),
    topic="VPN",
)
MAIL = PairDraft("it", "mail", "How do I add a mail signature?", "Settings, then Signature.")


def test_a_snapshot_holds_the_active_pairs_in_one_order(store: Store) -> None:
    drafts = [PairDraft("it", str(i), f"question {i}", f"answer {i}") for i in range(50)]
    store.pairs.upsert([*drafts, VPN, MAIL])
    store.pairs.set_status([MAIL.id], Status.RETIRED)

    snapshot = take_snapshot(store)

    ids = [pair.id for pair in snapshot.pairs]
    assert ids == sorted([*(draft.id for draft in drafts), VPN.id])
    assert snapshot.revision == store.pairs.revision()
    on_sides = [*snapshot.train, *snapshot.develop, *snapshot.held_out]
    assert sorted(pair.id for pair in on_sides) == ids
    assert all(side(pair.id) == "held_out" for pair in snapshot.held_out)


def test_what_changes_during_a_snapshot_counts_as_newer(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_store.pairs.upsert([VPN])
    walk = sqlite_store.pairs.walk

    def edited_before_the_walk(**options: object) -> object:
        sqlite_store.pairs.upsert([MAIL])
        return walk(**options)

    monkeypatch.setattr(sqlite_store.pairs, "walk", edited_before_the_walk)
    snapshot = take_snapshot(sqlite_store)

    assert snapshot.revision < sqlite_store.pairs.revision()
    assert sqlite_store.pairs.count_changed(snapshot.revision) == 1


def test_a_phrasing_added_later_is_on_its_pairs_side(sqlite_store: Store) -> None:
    sqlite_store.pairs.upsert([VPN])
    add_picked_wording(sqlite_store, VPN.id, "vpn is gone")

    snapshot = take_snapshot(sqlite_store)

    (pair,) = {"train": snapshot.train, "develop": snapshot.develop}.get(
        side(VPN.id), snapshot.held_out
    )
    assert "vpn is gone" in {phrasing.text for phrasing in pair.phrasings}


def test_wordings_belong_to_the_answer_and_to_each_other(sqlite_store: Store) -> None:
    sqlite_store.pairs.upsert([VPN])
    pairs = take_snapshot(sqlite_store).pairs
    (texts,) = texts_of_pairs(pairs)
    question, answer = VPN.question, answer_text(pairs[0])

    assert texts == Texts(VPN.id, (question, "vpn drops", "lost vpn"), answer, "VPN")
    assert samples_of([texts]) == [
        Sample(question, answer, 0),
        Sample("vpn drops", answer, 0),
        Sample("lost vpn", answer, 0),
        Sample(question, "vpn drops", 0),
        Sample(question, "lost vpn", 0),
    ]


def test_the_topic_can_be_left_out_of_the_answer(sqlite_store: Store) -> None:
    sqlite_store.pairs.upsert([VPN])

    (texts,) = texts_of_pairs(take_snapshot(sqlite_store).pairs, with_topic=False)

    assert texts.answer == "Update the client."
