"""Following the store: from its changes to the changes of a collection."""

from collections.abc import Callable

from index.engines.base import Collection
from index.engines.points import points_of
from index.model.embedder import Embedder
from index.store.pairs import Pairs
from index.store.types import Status

# Pairs indexed at once: bounds the memory of a rebuild, whatever the size of the FAQ.
WINDOW = 1000


def catch_up(
    pairs: Pairs,
    since: int,
    embedder: Embedder,
    collection: Collection,
    *,
    reached: Callable[[int], None] = lambda revision: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Bring a collection from one revision of the store up to its latest.

    An interrupted run is safe to repeat: it goes on from the last revision it reached.

    Args:
        since: The revision the collection stands at.
        reached: Called with each revision that is complete in the collection, on disk.
        progress: Called with (pairs done, pairs in all), several times a second. What it raises
            ends the run.

    Returns:
        The number of pairs that were brought over.
    """
    total = pairs.count_changed(since)
    done = 0
    revision = since
    for window in pairs.changed(since, WINDOW):
        shown = [pair for pair in window if pair.status is not Status.RETIRED]

        def report(share: float, before: int = done, size: int = len(window)) -> None:
            progress(before + int(share * size), max(total, before + size))

        collection.replace([pair.id for pair in window], points_of(shown, embedder, report))
        report(1.0)
        done += len(window)
        revision = window[-1].revision
        if len(window) == WINDOW:
            # This revision may go on in the next window; the one before is complete.
            collection.flush()
            reached(revision - 1)
    if done:
        collection.flush()
        reached(revision)
    return done
