"""Checking that a generation's collection holds what the store holds, and finds it."""

import math
import random
import time
from collections.abc import Iterator

from index.engines.base import Lookup, Retriever
from index.engines.points import texts_of
from index.errors import SearchIndexError
from index.generations.catch_up import WINDOW
from index.generations.live import LOOK_EVERY_S, Live
from index.progress import Report
from index.store import Store
from index.store.types import Pair, Status
from index.text import counted

# Stored questions that a collection must find, each among so many; cosines may be off a little.
SAMPLE = 20
NEAREST = 10
COSINE_TOLERANCE = 1e-3
# How long a check waits for whoever else brings the index up to date.
CHECK_PATIENCE_S = 120.0


def check(
    live: Live, store: Store, report: Report, patience_s: float = CHECK_PATIENCE_S
) -> list[str] | None:
    """Compare an open collection with the store.

    It is brought up to date first; while another thread or process does that, this waits.

    Args:
        patience_s: How long it waits, in seconds.

    Returns:
        What is wrong with it, in a line each; None where it did not come up to date in time, so
        that nothing could be compared.
    """
    deadline = time.monotonic() + patience_s
    while True:
        report(0.0, "checking the index")
        live.catch_up(lambda done, total: report(0.0, "checking the index, catching up"))
        revision = store.pairs.revision()
        if live.is_complete:
            expected, found = _count_points(store), live.collection.count()
            if revision == store.pairs.revision():
                problems = [] if found == expected else [f"{found} points instead of {expected}"]
                return problems + _check_sample(live, store)
        if time.monotonic() > deadline:
            return None
        time.sleep(LOOK_EVERY_S)


def require_sound(live: Live, store: Store, report: Report) -> None:
    """Refuse a generation that is not sound; being behind is no fault, it is waited for.

    Raises:
        SearchIndexError: Its collection does not hold or find what it should.
    """
    if problems := check(live, store, report, math.inf):
        raise SearchIndexError(
            f"generation {live.generation.id} does not go live, its index is not sound: "
            + "; ".join(problems)
        )


def _count_points(store: Store) -> int:
    return sum(len(texts_of(pair)) for pair in _pairs(store))


def _check_sample(live: Live, store: Store) -> list[str]:
    """Whether stored questions find their own pair."""
    active = [pair.id for pair in _pairs(store) if pair.status is Status.ACTIVE]
    sample = random.sample(active, min(SAMPLE, len(active)))
    pairs = store.pairs.get(sample).values()
    missed = sum(not _finds(live, pair) for pair in pairs)
    # An approximate search may miss one in a large collection.
    if missed > len(sample) // SAMPLE:
        own = "stored question does not find its own pair"
        all_own = "stored questions do not find their own pair"
        return [f"{missed} of {counted(len(sample), own, all_own)}"]
    return []


def _finds(live: Live, pair: Pair) -> bool:
    # As an asker's question is embedded, past the cache: it must be the same model's work.
    vector = live.embedder.embed_query(pair.question)
    lookup = Lookup(Retriever.QUESTION, vector, NEAREST)
    (hits,) = live.collection.search([lookup], place=None)
    if not hits:
        return False
    # Other pairs may have the same question, or one that the model cannot tell apart.
    nearest = [hit for hit in hits if hit.score >= hits[0].score - COSINE_TOLERANCE]
    own = any(hit.pair_id == pair.id or hit.text == pair.question for hit in nearest)
    return own or len(nearest) == NEAREST


def _pairs(store: Store) -> Iterator[Pair]:
    for window in store.pairs.changed(0, WINDOW):
        yield from (pair for pair in window if pair.status is not Status.RETIRED)
