"""Setting up what the settings name: the engine, the first generation, the model."""

import time
from datetime import UTC, datetime
from uuid import uuid4

from index.engines.base import PREFIX, Engine
from index.errors import SearchIndexError
from index.generations.folder import require_own_folder
from index.model.base import BASE_VERSION, ensure_base_version
from index.model.embedder import Embedder
from index.model.versions import read_manifest
from index.settings import IndexSettings
from index.store import Store
from index.store.types import Generation, GenerationState


def open_engine(settings: IndexSettings) -> Engine:
    """The search engine that the settings name.

    Raises:
        SearchIndexError: Its settings are incomplete.
    """
    if settings.engine == "edge":
        from index.engines.edge import EdgeEngine

        return EdgeEngine(settings.collections_dir)
    if not settings.qdrant_url:
        raise SearchIndexError(
            '[index] engine is "server" but qdrant_url is not set; '
            "set it, such as http://localhost:6333"
        )
    from index.engines.qdrant import connect

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
        IndexElsewhere: The embedded index is in another data folder.
    """
    while True:
        with store.database.try_lock("initialise") as free:
            if free:
                require_own_folder(settings, store)
                return _initialise(settings, store, engine)
        time.sleep(0.1)


def _initialise(settings: IndexSettings, store: Store, engine: Engine) -> Generation:
    generation = store.generations.live()
    if generation is None:
        manifest = ensure_base_version(settings.models_dir, settings.base_model, settings.model_key)
        name = new_collection_name()
        engine.create(name, manifest.dimension).close()
        generation = store.generations.add(BASE_VERSION, name)
        store.generations.make_live(generation.id)
        engine.set_live(generation.collection)
        return live_generation(store)
    if generation.model_version == BASE_VERSION:
        ensure_base_version(settings.models_dir, settings.base_model, settings.model_key)
    if not engine.exists(generation.collection):
        manifest = read_manifest(settings.models_dir, generation.model_version, settings.model_key)
        # First, or a process killed in between would leave an empty collection for a full one.
        store.generations.set_indexed(generation.id, 0)
        engine.create(generation.collection, manifest.dimension).close()
    engine.set_live(generation.collection)
    return live_generation(store)


def new_collection_name() -> str:
    """A name for a generation's collection that no other one has."""
    return f"{PREFIX}{uuid4().hex[:12]}"


def load_embedder(
    settings: IndexSettings, store: Store, version: str, beside: Embedder | None = None
) -> Embedder:
    """Load a model version behind the store's embedding cache.

    Args:
        beside: One that is loaded; where its encoder is the same, the two share it.

    Raises:
        ModelError: The version is missing, damaged or not trusted.
    """
    # Imported late: torch takes seconds, and most commands need none of it.
    from index.model.served import ServedModel

    shared = beside.model if beside else None
    model = ServedModel.load(
        settings.models_dir, version, settings.device, shared, key=settings.model_key
    )
    return Embedder(model, store.embeddings)


def live_generation(store: Store) -> Generation:
    """The generation that answers.

    Raises:
        SearchIndexError: There is none yet.
    """
    generation = store.generations.live()
    if generation is None:
        raise SearchIndexError("there is no search index here yet; run `faqbot init` first")
    return generation


def by_last_use(store: Store) -> list[Generation]:
    """The generations that have been live, the latest first; the live one leads."""
    never = datetime.min.replace(tzinfo=UTC)
    live = live_generation(store).id
    ready = store.generations.all(GenerationState.READY)
    return sorted(ready, key=lambda g: (g.id == live, g.live_at or never), reverse=True)
