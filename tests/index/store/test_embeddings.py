"""The embedding cache."""

import threading
from collections.abc import Callable

import numpy as np

from index.store import Store
from index.text import text_hash

OpenStore = Callable[[], Store]


def test_vectors_come_back_bit_for_bit(store: Store) -> None:
    random = np.random.default_rng(1)
    vectors = {
        text_hash(f"text {n}"): random.standard_normal(384).astype(np.float32) for n in range(1200)
    }
    store.embeddings.put("encoder-a", vectors)
    store.embeddings.put("encoder-a", vectors)
    assert store.embeddings.count() == 1200
    found = store.embeddings.get("encoder-a", [*vectors, text_hash("unknown")])
    assert found.keys() == vectors.keys()
    assert all(np.array_equal(found[key], vectors[key]) for key in vectors)
    assert store.embeddings.get("encoder-b", list(vectors)) == {}
    assert store.embeddings.get("encoder-a", []) == {}


def test_writers_of_the_same_vectors_do_not_block_each_other(open_store: OpenStore) -> None:
    keys = [text_hash(f"text {n}") for n in range(300)]
    vectors = {key: np.ones(8, dtype=np.float32) for key in keys}
    backwards = {key: vectors[key] for key in reversed(keys)}
    stores = [open_store() for _ in range(4)]
    errors: list[BaseException] = []
    start = threading.Barrier(len(stores))

    def put(number: int) -> None:
        try:
            start.wait()
            stores[number].embeddings.put("encoder", backwards if number % 2 else vectors)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=put, args=(n,)) for n in range(len(stores))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert stores[0].embeddings.count() == 300
