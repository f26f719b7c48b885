"""Whether there is enough to train on, by the pairs of a store."""

import pytest

from index.jobs import enough
from index.jobs.enough import too_few_in
from index.store import Store
from index.store.types import PairDraft, Status


def add(store: Store, count: int, question: str = "question {}") -> list[PairDraft]:
    drafts = [PairDraft("it", str(i), question.format(i), f"answer {i}") for i in range(count)]
    store.pairs.upsert(drafts)
    return drafts


def test_the_smallest_side_decides(store: Store) -> None:
    assert (too_few_in(store) or "").startswith("too few pairs: 0 to train on of 0 in all")
    add(store, 30)
    assert "to train on of 30 in all, at least 40 are needed" in (too_few_in(store) or "")
    add(store, 70)
    assert "held out to compare by of 70 in all, at least 20" in (too_few_in(store) or "")
    add(store, 150)
    assert too_few_in(store) is None


def test_only_what_is_active_counts(store: Store) -> None:
    drafts = add(store, 150)
    store.pairs.set_status([draft.id for draft in drafts], Status.RETIRED)

    assert "of 0 in all" in (too_few_in(store) or "")


def test_a_held_out_pair_that_was_trained_on_does_not_count(store: Store) -> None:
    add(store, 150, question="the same question")

    assert "0 held out to compare by" in (too_few_in(store) or "")


def test_a_large_faq_is_not_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    add(store, 12)
    monkeypatch.setattr(enough, "_SURELY_ENOUGH", 11)

    assert too_few_in(store) is None
