"""From the store's changes to the collection's points."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.engines.base import Collection, Lookup, Retriever
from index.engines.edge import EdgeEngine
from index.generations import catch_up as module
from index.generations.catch_up import catch_up
from index.model.embedder import Embedder
from index.model.served import ServedModel
from index.store import Store
from index.store.types import PairDraft, Phrasing, Status
from tests.index.picks import add_picked_wording


@pytest.fixture
def embedder(served: ServedModel, sqlite_store: Store) -> Embedder:
    return Embedder(served, sqlite_store.embeddings)


@pytest.fixture
def indexed(tmp_path: Path) -> Iterator[Collection]:
    """An empty collection for the served model's vectors."""
    made = EdgeEngine(tmp_path / "collections").create("faq", 384)
    yield made
    made.close()


def draft(key: str, *phrasings: str, **rest: object) -> PairDraft:
    return PairDraft(
        "test",
        key,
        f"How do I use {key}?",
        f"Open {key} and follow the steps.",
        phrasings=tuple(Phrasing(text) for text in phrasings),
        **rest,  # type: ignore[arg-type]
    )


def texts_in(indexed: Collection, embedder: Embedder) -> set[str]:
    """All wordings and questions in the collection."""
    vector = embedder.embed_query("How do I use it?")
    lookups = [Lookup(r, vector, 1000) for r in (Retriever.QUESTION, Retriever.ANSWER)]
    hits = indexed.search(lookups, place=None)
    drafts = indexed.search(lookups, place=None, status="draft")
    return {hit.text for found in hits + drafts for hit in found}


def test_catching_up_brings_every_wording(
    sqlite_store: Store, embedder: Embedder, indexed: Collection
) -> None:
    sqlite_store.pairs.upsert([draft("vpn", "tunnel to the office"), draft("mail")])
    reached: list[int] = []

    done = catch_up(sqlite_store.pairs, 0, embedder, indexed, reached=reached.append)

    assert done == 2
    assert reached == [sqlite_store.pairs.revision()]
    assert indexed.count() == 5
    assert "tunnel to the office" in texts_in(indexed, embedder)


def test_catching_up_again_brings_nothing(
    sqlite_store: Store, embedder: Embedder, indexed: Collection
) -> None:
    sqlite_store.pairs.upsert([draft("vpn")])
    catch_up(sqlite_store.pairs, 0, embedder, indexed)
    reached: list[int] = []

    done = catch_up(
        sqlite_store.pairs, sqlite_store.pairs.revision(), embedder, indexed, reached=reached.append
    )

    assert (done, reached) == (0, [])
    assert indexed.count() == 2


def test_catching_up_follows_edits_phrasings_and_retirement(
    sqlite_store: Store, embedder: Embedder, indexed: Collection
) -> None:
    pairs = sqlite_store.pairs
    vpn, mail, wiki = draft("vpn", "old wording"), draft("mail"), draft("wiki")
    pairs.upsert([vpn, mail, wiki])
    catch_up(pairs, 0, embedder, indexed)
    since = pairs.revision()

    pairs.upsert([draft("vpn", "new wording")])
    pairs.set_status([mail.id], Status.RETIRED)
    add_picked_wording(sqlite_store, wiki.id, "where is our handbook")
    done = catch_up(pairs, since, embedder, indexed)

    assert done == 3
    assert texts_in(indexed, embedder) == {
        "How do I use vpn?",
        "new wording",
        "How do I use wiki?",
        "where is our handbook",
    }


def test_drafts_are_indexed_apart(
    sqlite_store: Store, embedder: Embedder, indexed: Collection
) -> None:
    sqlite_store.pairs.upsert([draft("vpn", status=Status.DRAFT)])
    catch_up(sqlite_store.pairs, 0, embedder, indexed)
    lookup = Lookup(Retriever.QUESTION, embedder.embed_query("vpn"), 5)

    assert indexed.search([lookup], place=None) == [[]]
    (hits,) = indexed.search([lookup], place=None, status="draft")
    assert len(hits) == 1


def test_a_long_catch_up_goes_in_windows(
    sqlite_store: Store, embedder: Embedder, indexed: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WINDOW", 4)
    sqlite_store.pairs.upsert([draft(f"tool{i}") for i in range(6)])
    sqlite_store.pairs.upsert([draft(f"app{i}") for i in range(4)])
    revision = sqlite_store.pairs.revision()
    reached: list[int] = []
    shown: list[tuple[int, int]] = []

    done = catch_up(
        sqlite_store.pairs,
        0,
        embedder,
        indexed,
        reached=reached.append,
        progress=lambda done, total: shown.append((done, total)),
    )

    assert done == 10
    assert list(dict.fromkeys(shown)) == sorted(set(shown))
    assert {(4, 10), (8, 10), (10, 10)} <= set(shown)
    assert shown[-1] == (10, 10)
    # A revision counts as reached only when all of its pairs are in.
    assert reached == [revision - 2, revision - 1, revision]
    assert indexed.count() == 20


def test_retired_pairs_alone_are_caught_up_with(
    sqlite_store: Store, embedder: Embedder, indexed: Collection
) -> None:
    sqlite_store.pairs.upsert([draft("vpn")])
    catch_up(sqlite_store.pairs, 0, embedder, indexed)
    since = sqlite_store.pairs.revision()
    sqlite_store.pairs.set_status([draft("vpn").id], Status.RETIRED)

    assert catch_up(sqlite_store.pairs, since, embedder, indexed) == 1
    assert indexed.count() == 0


@pytest.mark.parametrize("stop_after", [1, 2, 3])
def test_an_interrupted_catch_up_is_finished_by_the_next(
    sqlite_store: Store,
    embedder: Embedder,
    indexed: Collection,
    monkeypatch: pytest.MonkeyPatch,
    stop_after: int,
) -> None:
    monkeypatch.setattr(module, "WINDOW", 3)
    for start in (0, 4, 8):  # three revisions of four pairs, so windows and revisions differ
        sqlite_store.pairs.upsert([draft(f"tool{i}") for i in range(start, start + 4)])
    reached = [0]

    def interrupt(done: int, total: int) -> None:
        if done >= 3 * stop_after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        catch_up(
            sqlite_store.pairs, 0, embedder, indexed, reached=reached.append, progress=interrupt
        )
    assert reached[-1] < sqlite_store.pairs.revision()

    catch_up(sqlite_store.pairs, reached[-1], embedder, indexed, reached=reached.append)

    assert reached[-1] == sqlite_store.pairs.revision()
    assert texts_in(indexed, embedder) == {f"How do I use tool{i}?" for i in range(12)}
    assert indexed.count() == 24


def test_a_change_while_catching_up_is_not_missed(
    sqlite_store: Store, embedder: Embedder, indexed: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WINDOW", 2)
    pairs = sqlite_store.pairs
    drafts = [draft(f"tool{i}") for i in range(5)]
    pairs.upsert(drafts)
    reached: list[int] = []
    changes = {
        2: lambda: add_picked_wording(sqlite_store, drafts[0].id, "changed early"),
        4: lambda: pairs.upsert([draft("late")]),
        5: lambda: pairs.set_status([drafts[1].id], Status.RETIRED),
    }

    def change(done: int, total: int) -> None:
        for at in [at for at in changes if at <= done]:
            changes.pop(at)()

    catch_up(pairs, 0, embedder, indexed, reached=reached.append, progress=change)
    assert not changes
    # Whatever came after the last look is left to the next, which starts at what was reached.
    catch_up(pairs, reached[-1], embedder, indexed)

    texts = texts_in(indexed, embedder)
    assert {"changed early", "How do I use late?"} <= texts
    assert "How do I use tool1?" not in texts
