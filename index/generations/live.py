"""A generation, opened for use: its model and its collection, searched together."""

import tempfile
import time
from pathlib import Path

import numpy as np
import structlog

from index.engines.base import Collection, Engine, Lookup, Retriever
from index.engines.points import texts_of
from index.errors import CollectionDamaged, CollectionLocked, SearchIndexError
from index.generations.catch_up import WINDOW, catch_up
from index.generations.setup import live_generation, load_embedder
from index.model.embedder import Embedder
from index.model.versions import read_manifest
from index.progress import Counter
from index.query.spelling import Speller, base_words
from index.ranking.ranker import LearnedRanker
from index.ranking.ranker_file import read_ranker, shipped
from index.searcher import Searcher
from index.settings import IndexSettings
from index.store import Store
from index.store.pairs import Pairs
from index.store.types import Generation

# How soon it is looked again whether another process has let go, or brought changes over.
LOOK_EVERY_S = 0.25

log = structlog.get_logger(__name__)


class Live:
    """A generation that answers: its model, its collection, and a searcher over both."""

    def __init__(
        self,
        store: Store,
        generation: Generation,
        embedder: Embedder,
        collection: Collection,
        ranker: LearnedRanker | None = None,
    ) -> None:
        """Put together what `open` has opened.

        Args:
            ranker: The model version's; None for the shipped constants.
        """
        self.generation = generation
        self.embedder = embedder
        self.collection = collection
        self._speller = Speller(base_words(embedder.model.vocabulary()))
        self._learned_revision = 0
        self._store = store
        self._learn_words()
        self.ranker = ranker or shipped()
        self.searcher = Searcher(embedder, collection, self.ranker, store.pairs, self._speller)

    @classmethod
    def open(
        cls,
        settings: IndexSettings,
        store: Store,
        engine: Engine,
        generation: Generation | None = None,
        beside: "Live | None" = None,
        *,
        patience_s: float = 0.0,
    ) -> "Live":
        """Open a generation.

        Args:
            generation: Which; None for the one the pointer names.
            beside: One that is open; models with the same encoder share it in memory.
            patience_s: How long to wait, in seconds, for another process to let go of the
                embedded collection.

        Raises:
            SearchIndexError: There is none yet, or its collection cannot be opened.
            CollectionLocked: Another process holds the embedded collection, and still held it
                when patience ended.
            ModelError: Its model version is missing, damaged or not trusted.
        """
        generation, collection = _open_collection(settings, store, engine, generation, patience_s)
        try:
            if generation.indexed_revision and not collection.count():
                # Its files were lost, and the engine opened it as a new one.
                store.generations.set_indexed(generation.id, 0)
            loaded = beside.embedder if beside else None
            embedder = load_embedder(settings, store, generation.model_version, loaded)
            ranker = read_ranker(settings.models_dir / generation.model_version)
        except BaseException:
            collection.close()
            raise
        return cls(store, generation, embedder, collection, ranker)

    def catch_up(self, progress: Counter = lambda done, total: None) -> int:
        """Bring the collection up to the store; returns the number of pairs brought over.

        Returns 0 at once where another process is doing it.
        """
        self._learn_words()
        generation_id = self.generation.id
        with self._store.database.try_lock(f"index-{generation_id}") as free:
            current = self._store.generations.get(generation_id) if free else None
            if current is None:
                return 0
            return catch_up(
                self._store.pairs,
                current.indexed_revision,
                self.embedder,
                self.collection,
                reached=lambda revision: self._store.generations.set_indexed(
                    generation_id, revision
                ),
                progress=progress,
            )

    def _learn_words(self) -> None:
        """Let the speller know the words of pairs that it has not seen."""
        for window in self._store.pairs.changed(self._learned_revision, WINDOW):
            self._speller.learn(text for pair in window for text in texts_of(pair))
            self._learned_revision = window[-1].revision

    @property
    def pairs(self) -> Pairs:
        """The pairs it answers with."""
        return self._store.pairs

    @property
    def is_complete(self) -> bool:
        """Whether the collection holds all that the store holds now."""
        revision = self._store.pairs.revision()
        current = self._store.generations.get(self.generation.id)
        return current is not None and current.indexed_revision >= revision

    def close(self) -> None:
        """Let go of the collection."""
        self.collection.close()


def _open_sound(
    settings: IndexSettings, store: Store, engine: Engine, generation: Generation
) -> Collection:
    """A generation's collection; where it is damaged, a new one in its place, still empty."""
    name = generation.collection
    if engine.shared:
        return engine.open(name)
    dimension = read_manifest(
        settings.models_dir, generation.model_version, settings.model_key
    ).dimension
    try:
        collection = engine.open(name)
        try:
            _try_out(collection, dimension)
        except BaseException:
            collection.close()
            raise
        return collection
    except CollectionDamaged as error:
        aside = engine.set_aside(name)
        log.warning(
            "index_damaged", generation=generation.id, set_aside=aside, reason=str(error.__cause__)
        )
    # First, or a process killed in between would leave an empty collection for a full one.
    store.generations.set_indexed(generation.id, 0)
    return engine.create(name, dimension)


def _try_out(collection: Collection, dimension: int) -> None:
    """Search once: damage may show only then.

    Raises:
        CollectionDamaged: It did.
    """
    vector = np.full(dimension, dimension**-0.5, dtype=np.float32)
    lookups = [Lookup(which, vector, 1) for which in (Retriever.QUESTION, Retriever.ANSWER)]
    try:
        collection.search(lookups, place=None)
    except SearchIndexError as error:
        raise CollectionDamaged(str(error)) from error


def _open_collection(
    settings: IndexSettings,
    store: Store,
    engine: Engine,
    generation: Generation | None,
    patience_s: float,
) -> tuple[Generation, Collection]:
    """A generation with its collection; without one, whichever is live when that is free."""
    deadline = time.monotonic() + patience_s
    while True:
        wanted = generation or live_generation(store)
        try:
            return wanted, _open_sound(settings, store, engine, wanted)
        except CollectionLocked:
            if time.monotonic() >= deadline:
                raise
            time.sleep(LOOK_EVERY_S)


class TemporaryCopy(Live):
    """The live generation in a collection of its own, filled from the store.

    For a process that wants to search while another holds the embedded collection. The vectors
    come from the embedding cache, so no text is embedded again.
    """

    def __init__(self, settings: IndexSettings, store: Store, parent: Path | None = None) -> None:
        """Make the copy, empty; `catch_up` fills it.

        Args:
            parent: Folder to make it in; None: where temporary files go.

        Raises:
            SearchIndexError: There is no live generation yet.
            ModelError: Its model version is missing, damaged or not trusted.
        """
        from index.engines.edge import EdgeEngine

        generation = live_generation(store)
        embedder = load_embedder(settings, store, generation.model_version)
        self._folder = tempfile.TemporaryDirectory(prefix="faqbot-copy-", dir=parent)
        engine = EdgeEngine(Path(self._folder.name))
        collection = engine.create("copy", embedder.model.dimension)
        ranker = read_ranker(settings.models_dir / generation.model_version)
        super().__init__(store, generation, embedder, collection, ranker)

    def catch_up(self, progress: Counter = lambda done, total: None) -> int:
        """Fill the copy from the store; returns the number of pairs."""
        self._learn_words()
        return catch_up(self._store.pairs, 0, self.embedder, self.collection, progress=progress)

    def close(self) -> None:
        """Remove the copy."""
        super().close()
        self._folder.cleanup()
