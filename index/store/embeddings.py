"""The embedding cache: what an encoder put out for a text."""

from collections.abc import Collection, Sequence

import numpy as np
import sqlalchemy as sa

from index.store.database import Database, insert
from index.store.tables import embeddings
from index.vectors import Matrix


class Embeddings:
    """The encoder's output by text: (encoder id, text hash) -> float32 vector."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, encoder_id: str, hashes: Sequence[bytes]) -> dict[bytes, Matrix]:
        """The known vectors of texts, by the hash of the text; each of shape (dimension,)."""
        found: dict[bytes, Matrix] = {}
        with self._database.read() as connection:
            for start in range(0, len(hashes), 500):
                chunk = list(hashes[start : start + 500])
                for row in connection.execute(
                    sa.select(embeddings.c.text_hash, embeddings.c.vector).where(
                        embeddings.c.encoder_id == encoder_id, embeddings.c.text_hash.in_(chunk)
                    )
                ):
                    found[bytes(row.text_hash)] = np.frombuffer(row.vector, dtype="<f4")
        return found

    def known(self, encoder_id: str, hashes: Sequence[bytes]) -> set[bytes]:
        """Which of these texts have an embedding."""
        found: set[bytes] = set()
        with self._database.read() as connection:
            for start in range(0, len(hashes), 500):
                chunk = list(hashes[start : start + 500])
                query = sa.select(embeddings.c.text_hash).where(
                    embeddings.c.encoder_id == encoder_id, embeddings.c.text_hash.in_(chunk)
                )
                found.update(bytes(key) for key in connection.scalars(query))
        return found

    def put(self, encoder_id: str, vectors: dict[bytes, Matrix]) -> None:
        """Keep vectors by the hash of their text; one that is known already stays as it is."""
        if not vectors:
            return
        rows = [
            {"encoder_id": encoder_id, "text_hash": key, "vector": vector.astype("<f4").tobytes()}
            # In one order everywhere, so that two writers of the same texts cannot deadlock.
            for key, vector in sorted(vectors.items())
        ]
        with self._database.write() as connection:
            connection.execute(insert(connection, embeddings).on_conflict_do_nothing(), rows)

    def count(self) -> int:
        """How many there are, of all encoders."""
        with self._database.read() as connection:
            return int(connection.scalar(sa.select(sa.func.count()).select_from(embeddings)) or 0)

    def keep_only(self, encoder_ids: Collection[str]) -> int:
        """Forget what other encoders put out; returns how many texts were forgotten."""
        with self._database.write() as connection:
            result = connection.execute(
                sa.delete(embeddings).where(embeddings.c.encoder_id.not_in(list(encoder_ids)))
            )
            return int(result.rowcount)
