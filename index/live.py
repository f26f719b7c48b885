"""The live generation, opened for use: set up once, followed while it serves."""

import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import structlog

from index.errors import FaqbotError, SearchIndexError
from index.model.base import BASE_VERSION, ensure_base_version
from index.model.embedder import Embedder
from index.model.versions import read_manifest
from index.search.collection import Collection, Engine
from index.search.points import catch_up
from index.search.ranking import BaselineRanker
from index.search.searcher import Searcher
from index.settings import IndexSettings
from index.store import Store
from index.store.types import Generation

# How often a serving process looks for changes in the store.
FOLLOW_EVERY_S = 0.25
RETRY_AFTER_S = 5.0
REPORT_EVERY_S = 10.0

Progress = Callable[[int, int], None]

log = structlog.get_logger(__name__)


def open_engine(settings: IndexSettings) -> Engine:
    """The search engine that the settings name.

    Raises:
        SearchIndexError: Its settings are incomplete.
    """
    if settings.engine == "edge":
        from index.search.edge import EdgeEngine

        return EdgeEngine(settings.collections_dir)
    if not settings.qdrant_url:
        raise SearchIndexError(
            '[index] engine is "server" but qdrant_url is not set; '
            "set it, such as http://localhost:6333"
        )
    from index.search.server import connect

    key = settings.qdrant_api_key
    return connect(
        settings.qdrant_url,
        api_key=key.get_secret_value() if key else None,
        ca_file=str(settings.qdrant_ca_file) if settings.qdrant_ca_file else None,
        timeout=settings.qdrant_timeout,
    )


def initialise(settings: IndexSettings, store: Store, engine: Engine) -> Generation:
    """Make what is missing: the base model version, the first generation, its collection.

    Repeating it changes nothing; a lost collection is made anew, empty, to be filled from the
    store by `Live.catch_up`. Processes that start together take turns.

    Raises:
        ModelError: The base model's weights are found nowhere.
    """
    while True:
        with store.database.try_lock("initialise") as free:
            if free:
                return _initialise(settings, store, engine)
        time.sleep(0.1)


def _initialise(settings: IndexSettings, store: Store, engine: Engine) -> Generation:
    generation = store.generations.live()
    if generation is None:
        manifest = ensure_base_version(settings.models_dir, settings.base_model)
        name = f"faq-{uuid4().hex[:12]}"
        engine.create(name, manifest.dimension).close()
        generation = store.generations.add(BASE_VERSION, name)
        store.generations.make_live(generation.id)
        engine.set_live(generation.collection)
        return _live_generation(store)
    if generation.model_version == BASE_VERSION:
        ensure_base_version(settings.models_dir, settings.base_model)
    if not engine.exists(generation.collection):
        manifest = read_manifest(settings.models_dir, generation.model_version)
        # First, or a process killed in between would leave an empty collection for a full one.
        store.generations.set_indexed(generation.id, 0)
        engine.create(generation.collection, manifest.dimension).close()
    engine.set_live(generation.collection)
    return _live_generation(store)


def load_embedder(settings: IndexSettings, store: Store, version: str) -> Embedder:
    """Load a model version behind the store's embedding cache.

    Raises:
        ModelError: The version is missing, damaged or not trusted.
    """
    # Imported late: torch takes seconds, and most commands need none of it.
    from index.model.served import ServedModel

    return Embedder(
        ServedModel.load(settings.models_dir, version, settings.device), store.embeddings
    )


class Live:
    """The generation that answers: its model, its collection, and a searcher over both."""

    def __init__(
        self, store: Store, generation: Generation, embedder: Embedder, collection: Collection
    ) -> None:
        self.generation = generation
        self.embedder = embedder
        self.collection = collection
        self.searcher = Searcher(embedder, collection, BaselineRanker(), store.pairs)
        self._store = store

    @classmethod
    def open(cls, settings: IndexSettings, store: Store, engine: Engine) -> "Live":
        """Open the live generation.

        Raises:
            SearchIndexError: There is none yet, or its collection cannot be opened.
            CollectionLocked: Another process holds the embedded collection.
            ModelError: Its model version is missing, damaged or not trusted.
        """
        generation = _live_generation(store)
        collection = engine.open(generation.collection)
        try:
            if generation.indexed_revision and not collection.count():
                # Its files were lost, and the engine opened it as a new one.
                store.generations.set_indexed(generation.id, 0)
            embedder = load_embedder(settings, store, generation.model_version)
        except BaseException:
            collection.close()
            raise
        return cls(store, generation, embedder, collection)

    def catch_up(self, progress: Progress = lambda done, total: None) -> int:
        """Bring the collection up to the store; returns the number of pairs brought over.

        Returns 0 at once where another process is doing it.
        """
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

    def close(self) -> None:
        self.collection.close()


class TemporaryCopy(Live):
    """The live generation in a collection of its own, filled from the store.

    For a process that wants to search while another holds the embedded collection. The vectors
    come from the embedding cache, so no text is embedded again.
    """

    def __init__(self, settings: IndexSettings, store: Store) -> None:
        from index.search.edge import EdgeEngine

        generation = _live_generation(store)
        embedder = load_embedder(settings, store, generation.model_version)
        self._folder = tempfile.TemporaryDirectory(prefix="faqbot-copy-")
        engine = EdgeEngine(Path(self._folder.name))
        collection = engine.create("copy", embedder.model.dimension)
        super().__init__(store, generation, embedder, collection)

    def catch_up(self, progress: Progress = lambda done, total: None) -> int:
        return catch_up(self._store.pairs, 0, self.embedder, self.collection, progress=progress)

    def close(self) -> None:
        super().close()
        self._folder.cleanup()


class Follower:
    """A thread that brings every change in the store to the live collection, within a second."""

    def __init__(
        self, store: Store, live: Live, caught_up: Callable[[], None] = lambda: None
    ) -> None:
        """Args:
        caught_up: Called once, in the thread, when the collection first holds all there is.
        """
        self._store = store
        self._live = live
        self._caught_up: Callable[[], None] | None = caught_up
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="index-follower", daemon=True)
        self._seen = -1
        self._said = 0.0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread, within a moment even where it is indexing a large import."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._follow()
                self._stop.wait(FOLLOW_EVERY_S)
            except _Stopped:
                return
            except Exception as error:  # a dead follower would go unnoticed
                known = isinstance(error, FaqbotError)
                log.error(
                    "index_follow_failed", reason=str(error) if known else type(error).__name__
                )
                self._stop.wait(RETRY_AFTER_S)

    def _follow(self) -> None:
        revision = self._store.pairs.revision()
        if revision == self._seen:
            return
        self._said = started = time.monotonic()
        changed = self._live.catch_up(self._report)
        if changed:
            seconds = round(time.monotonic() - started, 3)
            log.info("index_followed", pairs=changed, revision=revision, seconds=seconds)
        generation = self._store.generations.get(self._live.generation.id)
        if generation is None or generation.indexed_revision < revision:
            return  # another process is at it
        if self._caught_up is not None:
            self._caught_up()
            self._caught_up = None
        self._seen = revision

    def _report(self, done: int, total: int) -> None:
        if self._stop.is_set():
            raise _Stopped
        if time.monotonic() - self._said > REPORT_EVERY_S:
            self._said = time.monotonic()
            log.info("index_following", done=done, total=total)


class _Stopped(Exception):
    """Ends a run that the follower no longer wants; the next one goes on from there."""


def _live_generation(store: Store) -> Generation:
    generation = store.generations.live()
    if generation is None:
        raise SearchIndexError("there is no search index here yet; run `faqbot init` first")
    return generation
