"""Golden questions."""

import pytest

from index.store import Store
from index.store.types import PairDraft
from tests.index.store.together import OpenStore, at_once


@pytest.fixture
def pair(store: Store) -> str:
    draft = PairDraft("kb", "1", "How do I reset it?", "Turn it off and on.")
    store.pairs.upsert([draft])
    return draft.id


def test_a_golden_question_is_pinned_once_however_it_is_written(store: Store, pair: str) -> None:
    golden = store.golden.add("How do I reset it?", pair, "U1")
    assert golden is not None
    assert (golden.pair_id, golden.created_by) == (pair, "U1")
    assert store.golden.add("how do i  RESET it?", pair) is None
    other = store.golden.add("it hangs, what now?", pair)
    assert store.golden.all() == [golden, other]


def test_a_golden_question_is_unpinned(store: Store, pair: str) -> None:
    golden = store.golden.add("How do I reset it?", pair)
    assert golden is not None
    assert store.golden.remove(golden.id)
    assert not store.golden.remove(golden.id)
    assert store.golden.all() == []
    assert store.golden.add("How do I reset it?", pair) is not None


def test_a_question_pinned_at_the_same_time_is_pinned_once(
    open_store: OpenStore, store: Store, pair: str
) -> None:
    results = at_once(open_store, lambda store, n: store.golden.add("how do I reset it?", pair))
    assert sum(golden is not None for golden in results) == 1
    assert len(store.golden.all()) == 1
