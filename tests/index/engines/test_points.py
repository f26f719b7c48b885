"""From a pair to its points."""

import pytest

from index.engines.base import Retriever
from index.engines.points import keyword_text, points_of
from index.model.embedder import Embedder
from index.model.served import ServedModel
from index.store import Store
from index.store.types import PairDraft, Phrasing
from tests.index.picks import add_picked_wording


@pytest.fixture
def embedder(served: ServedModel, sqlite_store: Store) -> Embedder:
    return Embedder(served, sqlite_store.embeddings)


def draft(key: str, *phrasings: str, **rest: object) -> PairDraft:
    return PairDraft(
        "test",
        key,
        f"How do I use {key}?",
        f"Open {key} and follow the steps.",
        phrasings=tuple(Phrasing(text) for text in phrasings),
        **rest,  # type: ignore[arg-type]
    )


def test_a_pair_has_a_point_for_each_wording_and_one_for_its_answer(
    sqlite_store: Store, embedder: Embedder
) -> None:
    one = draft("vpn", "vpn help", "How do I use vpn?", audience=("C1",))
    sqlite_store.pairs.upsert([one])
    (pair,) = sqlite_store.pairs.get([one.id]).values()

    made = points_of([pair], embedder, lambda share: None)

    assert [(p.text, set(p.vectors)) for p in made] == [
        ("How do I use vpn?", {Retriever.QUESTION}),
        ("vpn help", {Retriever.QUESTION}),
        ("How do I use vpn?", {Retriever.ANSWER, Retriever.BM25}),
    ]
    assert {p.pair_id for p in made} == {pair.id}
    assert {p.audience for p in made} == {("C1",)}
    assert {p.status for p in made} == {"active"}


def test_words_learnt_from_picks_are_no_keywords(sqlite_store: Store, embedder: Embedder) -> None:
    one = draft("vpn", "tunnel help")
    sqlite_store.pairs.upsert([one])
    add_picked_wording(sqlite_store, one.id, "from home")
    (pair,) = sqlite_store.pairs.get([one.id]).values()
    assert "from home" in [p.text for p in points_of([pair], embedder, lambda share: None)]
    assert "tunnel help" in keyword_text(pair)
    assert "from home" not in keyword_text(pair)


def test_point_ids_are_the_same_in_every_process(sqlite_store: Store, embedder: Embedder) -> None:
    one = draft("vpn", "vpn help")
    sqlite_store.pairs.upsert([one])
    (pair,) = sqlite_store.pairs.get([one.id]).values()

    made = points_of([pair], embedder, lambda share: None)

    # Written down: another id would leave the old points in every collection there is.
    assert [p.id for p in made] == [
        "d8c1dabf-be6c-50bd-a951-fa8b9fb066cb",
        "a3577601-1de1-53ac-b7ff-ab5b7d1dccef",
        "4767576b-b062-50e0-b1a8-9fb27ec5f1a0",
    ]
    assert [p.id for p in points_of([pair], embedder, lambda share: None)] == [p.id for p in made]
