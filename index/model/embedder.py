"""Embedding many texts, each one only once in the life of an encoder."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from index.store.embeddings import Embeddings
from index.text import text_hash
from index.vectors import Matrix

if TYPE_CHECKING:
    from index.model.served import ServedModel  # imports torch, which takes seconds

# Texts encoded between two writes to the cache: what an interruption can cost.
SAVE_EVERY = 1024


class Embedder:
    """A served model behind the store's embedding cache."""

    def __init__(
        self,
        model: "ServedModel",
        cache: Embeddings | None = None,
        *,
        save_every: int = SAVE_EVERY,
    ) -> None:
        """Put a model behind the cache.

        Args:
            model: The served model.
            cache: The store's `embeddings`; without it every text is encoded anew.
            save_every: Texts encoded between two writes to the cache.
        """
        self.model = model
        self._cache = cache
        self._save_every = save_every

    def embed_query(self, text: str) -> Matrix:
        """The vector of a user's text, of shape (dimension,); it is never cached."""
        return self.model.embed(text)

    def embed_queries(self, texts: Sequence[str]) -> Matrix:
        """The vectors of many users' texts, of shape (len(texts), dimension); never cached."""
        return self.model.apply_head(self.model.encode(texts))

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Matrix:
        """The vectors of stored texts.

        Args:
            progress: Called with the number of texts done since the last call.

        Returns:
            Array of shape (len(texts), dimension).
        """
        return self.model.apply_head(self.encodings(texts, progress))

    def encodings(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> Matrix:
        """The encoder's output for stored texts, before the head; known ones are read.

        Args:
            progress: Called with the number of texts done since the last call.

        Returns:
            Array of shape (len(texts), encoder dimension).
        """
        progress = progress or (lambda _: None)
        keys = [text_hash(text) for text in texts]
        by_key = dict(zip(keys, texts, strict=True))
        encoder_id = self.model.manifest.encoder_id
        known = self._cache.get(encoder_id, list(by_key)) if self._cache else {}
        progress(sum(key in known for key in keys))
        # Longest first over all of them, so that each batch holds texts of like length.
        missing = sorted(by_key.keys() - known.keys(), key=lambda key: -len(by_key[key]))
        for start in range(0, len(missing), self._save_every):
            chunk = missing[start : start + self._save_every]
            encoded = self.model.encode([by_key[key] for key in chunk], progress)
            new = dict(zip(chunk, encoded, strict=True))
            if self._cache:
                self._cache.put(encoder_id, new)
            known |= new
        if not keys:
            return self.model.encode([])
        return np.stack([known[key] for key in keys])
