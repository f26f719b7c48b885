"""The split of the pairs, for ever the same."""

import subprocess
import sys
from collections import Counter

import pytest

from index.store import Store
from index.store.sides import apart, side
from index.store.types import PairDraft, Phrasing, pair_id

# Of the pairs it/0 to it/15.
SIDES = [
    *("held_out", "train", "train", "train", "train", "train", "train", "train"),
    *("train", "train", "develop", "train", "held_out", "develop", "held_out", "develop"),
]


def test_a_pair_stays_on_its_side_for_ever() -> None:
    # These may never change: a held-out pair would have been trained on.
    assert [side(pair_id("it", str(i))) for i in range(16)] == SIDES


def test_another_process_puts_pairs_on_the_same_sides() -> None:
    code = (
        "from index.store.sides import side; from index.store.types import pair_id; "
        "print(*[side(pair_id('it', str(i))) for i in range(16)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == SIDES


def test_seven_in_ten_are_trained_on_and_two_are_held_out() -> None:
    sides = Counter(side(pair_id("it", str(i))) for i in range(10_000))

    assert sides["train"] == pytest.approx(7000, abs=150)
    assert sides["develop"] == pytest.approx(1000, abs=100)
    assert sides["held_out"] == pytest.approx(2000, abs=130)


def test_nothing_is_measured_on_a_pair_with_a_wording_that_was_trained_on(store: Store) -> None:
    vpn_question = PairDraft(
        "it", "vpn", "Why does the VPN disconnect?", "Update it.", (Phrasing("lost vpn"),)
    )
    mail = PairDraft("it", "mail", "How do I add a mail signature?", "Settings, then Signature.")
    twin = PairDraft("wiki", "vpn", "LOST  VPN", "Call us.")
    other = PairDraft("wiki", "tea", "Where is the tea?", "Update it.")
    store.pairs.upsert([vpn_question, mail, twin, other])
    drafts = (vpn_question, mail, twin, other)
    by_id = store.pairs.get([draft.id for draft in drafts])
    vpn, *rest = (by_id[draft.id] for draft in drafts)

    # An answer that is shared is no harm: another question for it is new to the model.
    assert apart(rest, [vpn]) == [by_id[mail.id], by_id[other.id]]
