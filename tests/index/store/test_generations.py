"""Generations, and the pointer to the live one."""

import pytest
import sqlalchemy as sa

from index.store import Store


def test_one_generation_is_live(store: Store) -> None:
    assert store.generations.live() is None
    first = store.generations.add("m1", "faq-1")
    second = store.generations.add("m2", "faq-2")
    assert (first.state, first.indexed_revision) == ("building", 0)
    assert store.generations.live() is None
    for generation in (first, second, first):  # the last one is a rollback
        store.generations.make_live(generation.id)
        live = store.generations.live()
        assert live is not None
        assert (live.id, live.state) == (generation.id, "ready")


def test_a_generation_remembers_how_far_it_is_indexed(store: Store) -> None:
    generation = store.generations.add("m1", "faq-1")
    store.generations.set_indexed(generation.id, 7)
    found = store.generations.get(generation.id)
    assert found is not None
    assert (found.indexed_revision, found.model_version, found.collection) == (7, "m1", "faq-1")
    assert store.generations.get(generation.id + 1) is None


def test_a_collection_belongs_to_one_generation(store: Store) -> None:
    store.generations.add("m1", "faq-1")
    with pytest.raises(sa.exc.IntegrityError):
        store.generations.add("m2", "faq-1")
