"""From a pair to its points."""

import uuid
from collections.abc import Callable, Sequence

from index.engines import bm25
from index.engines.base import EVERYBODY, Point, Retriever
from index.model.embedder import Embedder
from index.store.types import Origin, Pair, PairDraft
from index.store.visibility import channels_of

POINT_NAMESPACE = uuid.UUID("0e1d6a52-6f0a-5f0e-8f43-6a2f6f6f2b5c")


def answer_text(pair: Pair | PairDraft) -> str:
    """The text an answer is embedded as: its topic first, which an answer often leaves unsaid."""
    return f"{pair.topic}: {pair.answer}" if pair.topic else pair.answer


def keyword_text(pair: Pair) -> str:
    """The text BM25 searches: all that people might take their words from.

    What was learnt from picks is left out: it would speak for a pair where `without_picks` asks
    what else does.
    """
    others = [p.text for p in pair.phrasings if p.origin is not Origin.PICK]
    wordings = dict.fromkeys((pair.question, *others))
    return "\n".join((*wordings, pair.topic or "", pair.answer))


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
                audience=_audience(pair),
                status=pair.status,
            )
        )
    return points


def _audience(pair: Pair) -> tuple[str, ...]:
    """A pair's audience as engines filter by it: no channel means every channel."""
    return pair.audience if channels_of(pair.audience) else (EVERYBODY, *pair.audience)
