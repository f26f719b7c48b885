"""Embedding texts before their pairs are stored, so that indexing them is a matter of moments.

Whoever imports thousands of pairs pays for encoding them, not the running bot, which would be
busy for minutes while an edit made after the import waits its turn.
"""

from collections.abc import Callable, Sequence

from index.engines.points import texts_of
from index.generations.setup import initialise, load_embedder, open_engine
from index.model.embedder import Embedder
from index.model.versions import read_manifest
from index.settings import IndexSettings
from index.store import Store
from index.store.types import PairDraft
from index.text import text_hash


def embedding_ahead(settings: IndexSettings, store: Store) -> Callable[[Sequence[PairDraft]], None]:
    """A function that puts the embeddings of pairs into the store's cache.

    The model is loaded when the first text is not in the cache, so importing what is known
    already does without it.

    Raises:
        ModelError: The live model version is missing, or the base model's weights are.
    """
    engine = open_engine(settings)
    try:
        version = initialise(settings, store, engine).model_version
    finally:
        engine.close()
    encoder_id = read_manifest(settings.models_dir, version, settings.model_key).encoder_id
    embedder: Embedder | None = None

    def embed(drafts: Sequence[PairDraft]) -> None:
        nonlocal embedder
        texts = list({text for draft in drafts for text in texts_of(draft)})
        keys = [text_hash(text) for text in texts]
        known = store.embeddings.known(encoder_id, keys)
        missing = [text for text, key in zip(texts, keys, strict=True) if key not in known]
        if not missing:
            return
        if embedder is None:
            embedder = load_embedder(settings, store, version)
        embedder.embed(missing)

    return embed
