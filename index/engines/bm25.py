"""BM25 as sparse vectors; the engines add each term's IDF at query time."""

from functools import cache

from qdrant_edge import Bm25, Bm25Config

from index.engines.base import Sparse

# Mean length of an FAQ entry's text in tokens, stop words apart; the engine's own default (256)
# is made for articles, and would reward long answers for being long.
AVERAGE_LENGTH = 40.0


@cache
def _embedder() -> Bm25:
    return Bm25(Bm25Config(avg_len=AVERAGE_LENGTH, language="english", ascii_folding=True))


def document(text: str) -> Sparse:
    """The term weights of a stored text."""
    vector = _embedder().embed_document(text)
    return Sparse(vector.indices, vector.values)


def query(text: str) -> Sparse:
    """The term weights of a question; empty for one without any word."""
    vector = _embedder().embed_query(text)
    return Sparse(vector.indices, vector.values)
