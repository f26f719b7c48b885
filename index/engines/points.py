"""From a pair to its points, and from the store's changes to the collection's."""

import uuid
from collections.abc import Callable, Sequence

from index.engines import bm25
from index.engines.base import EVERYBODY, Collection, Point, Retriever
from index.model.embedder import Embedder
from index.store.pairs import Pairs
from index.store.types import Pair, PairDraft, Status

POINT_NAMESPACE = uuid.UUID("0e1d6a52-6f0a-5f0e-8f43-6a2f6f6f2b5c")

# Pairs indexed at once: bounds the memory of a rebuild, whatever the size of the FAQ.
WINDOW = 1000


def answer_text(pair: Pair | PairDraft) -> str:
    """The text an answer is embedded as: its topic first, which an answer often leaves unsaid."""
    return f"{pair.topic}: {pair.answer}" if pair.topic else pair.answer


def keyword_text(pair: Pair) -> str:
    """The text BM25 searches: all that people might take their words from."""
    return "\n".join((*pair.wordings, pair.topic or "", pair.answer))


def texts_of(pair: Pair | PairDraft) -> list[str]:
    """The texts of a pair that are embedded: each wording of its question, then its answer."""
    return [*pair.wordings, answer_text(pair)]


def points_of(
    pairs: Sequence[Pair], embedder: Embedder, progress: Callable[[float], None]
) -> list[Point]:
    """The points of pairs: one for each wording of the question, one for the answer.

    Args:
        progress: Called with the share (0 to 1) of the texts that has been embedded.
    """
    texts: list[str] = []
    owners: list[tuple[Pair, Retriever]] = []
    for pair in pairs:
        own = texts_of(pair)
        texts += own
        owners += [(pair, Retriever.QUESTION)] * (len(own) - 1) + [(pair, Retriever.ANSWER)]
    embedded = 0

    def report(more: int) -> None:
        nonlocal embedded
        embedded += more
        progress(embedded / len(texts) if texts else 1.0)

    points = []
    vectors_of_texts = embedder.embed(texts, report)
    for text, (pair, kind), vector in zip(texts, owners, vectors_of_texts, strict=True):
        vectors: dict[Retriever, object] = {kind: vector}
        if kind is Retriever.ANSWER:
            vectors[Retriever.BM25] = bm25.document(keyword_text(pair))
        points.append(
            Point(
                id=str(uuid.uuid5(POINT_NAMESPACE, f"{pair.id}\x1f{kind}\x1f{text}")),
                pair_id=pair.id,
                vectors=vectors,  # type: ignore[arg-type]
                text=text if kind is Retriever.QUESTION else pair.question,
                audience=pair.audience or (EVERYBODY,),
                status=pair.status,
            )
        )
    return points


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
