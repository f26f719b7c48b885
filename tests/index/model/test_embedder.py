"""The embedding cache: a text is encoded once in the life of an encoder."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from index.model.embedder import Embedder
from index.model.served import ServedModel
from index.store import Store
from index.vectors import Matrix

TEXTS = ["How do I reset my password?", "VPN", "The printer is offline", "VPN"]


class Counting:
    """A served model that notes what is encoded with it."""

    def __init__(self, model: ServedModel, encoder_id: str | None = None) -> None:
        self._model = model
        self.manifest = replace(model.manifest, encoder_id=encoder_id or model.manifest.encoder_id)
        self.apply_head = model.apply_head
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Matrix:
        self.encoded += texts
        return self._model.encode(texts, progress)

    def embed(self, text: str) -> Matrix:
        return self.apply_head(self.encode([text]))[0]


@pytest.fixture
def counting(served: ServedModel) -> Counting:
    return Counting(served)


def test_each_text_is_encoded_once_and_the_order_is_kept(
    counting: Counting, served: ServedModel, sqlite_store: Store
) -> None:
    vectors = Embedder(counting, sqlite_store.embeddings).embed(TEXTS)

    assert sorted(counting.encoded) == sorted(set(TEXTS))
    np.testing.assert_allclose(vectors, served.apply_head(served.encode(TEXTS)), atol=1e-5)


def test_a_second_call_encodes_nothing(counting: Counting, sqlite_store: Store) -> None:
    first = Embedder(counting, sqlite_store.embeddings).embed(TEXTS)
    counting.encoded.clear()

    second = Embedder(counting, sqlite_store.embeddings).embed(TEXTS[::-1])

    assert counting.encoded == []
    np.testing.assert_array_equal(second, first[::-1])


def test_only_new_texts_are_encoded(counting: Counting, sqlite_store: Store) -> None:
    embedder = Embedder(counting, sqlite_store.embeddings)
    embedder.embed(TEXTS)
    counting.encoded.clear()

    embedder.embed([*TEXTS, "a new one"])

    assert counting.encoded == ["a new one"]


def test_another_encoder_has_vectors_of_its_own(served: ServedModel, sqlite_store: Store) -> None:
    Embedder(Counting(served), sqlite_store.embeddings).embed(TEXTS)
    other = Counting(served, encoder_id="f" * 64)

    Embedder(other, sqlite_store.embeddings).embed(TEXTS)

    assert sorted(other.encoded) == sorted(set(TEXTS))


def test_another_head_on_the_same_encoder_encodes_nothing(
    served: ServedModel, sqlite_store: Store
) -> None:
    Embedder(Counting(served), sqlite_store.embeddings).embed(TEXTS)
    trained = Counting(served)
    trained.apply_head = lambda encoded: -encoded

    vectors = Embedder(trained, sqlite_store.embeddings).embed(TEXTS)

    assert trained.encoded == []
    np.testing.assert_allclose(vectors, -served.encode(TEXTS), atol=1e-5)


def test_an_interrupted_run_goes_on_where_it_was(counting: Counting, sqlite_store: Store) -> None:
    texts = [f"text number {i}" for i in range(35)]
    embedder = Embedder(counting, sqlite_store.embeddings, save_every=10)
    done = 0

    def interrupt(step: int) -> None:
        nonlocal done
        done += step
        if done > 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embedder.embed(texts, interrupt)
    assert sqlite_store.embeddings.count() == 20
    counting.encoded.clear()

    steps: list[int] = []
    vectors = embedder.embed(texts, steps.append)

    assert len(counting.encoded) == 15
    assert sum(steps) == len(texts)
    assert vectors.shape == (35, 384)
    assert sqlite_store.embeddings.count() == 35


def test_long_texts_are_encoded_before_short_ones(counting: Counting, sqlite_store: Store) -> None:
    Embedder(counting, sqlite_store.embeddings).embed(["bb", "dddd", "a", "ccc"])

    assert counting.encoded == ["dddd", "ccc", "bb", "a"]


def test_what_people_ask_is_never_cached(counting: Counting, sqlite_store: Store) -> None:
    embedder = Embedder(counting, sqlite_store.embeddings)

    one = embedder.embed_query("how do i reset my password")
    many = embedder.embed_queries(["how do i reset my password", "vpn"])

    np.testing.assert_allclose(many[0], one, atol=1e-5)
    assert sqlite_store.embeddings.count() == 0


def test_it_works_without_a_cache(counting: Counting) -> None:
    embedder = Embedder(counting)

    assert embedder.embed(TEXTS).shape == (4, 384)
    assert embedder.embed(TEXTS).shape == (4, 384)
    assert len(counting.encoded) == 6


def test_no_texts_give_no_vectors(counting: Counting, sqlite_store: Store) -> None:
    assert Embedder(counting, sqlite_store.embeddings).embed([]).shape == (0, 384)
    assert Embedder(counting, sqlite_store.embeddings).embed_queries([]).shape == (0, 384)
