"""Clearing away what no kept generation needs, and what killed jobs left behind."""

from dataclasses import dataclass

from index.engines.base import Engine
from index.errors import CollectionLocked, ModelError
from index.generations.setup import by_last_use
from index.model.base import BASE_VERSION
from index.model.versions import read_manifest, remove_versions
from index.settings import IndexSettings
from index.store import Store
from index.store.types import Generation, GenerationState
from index.text import counted

# Generations that can be gone back to at once, the live one included.
KEPT = 3


@dataclass(frozen=True)
class CleanedUp:
    """How much was cleared away."""

    generations: int
    collections: int
    model_versions: int
    embeddings: int

    def __str__(self) -> str:
        return (
            f"{counted(self.generations, 'generation')}, "
            f"{counted(self.collections, 'collection')}, "
            f"{counted(self.model_versions, 'model version')}, "
            f"{counted(self.embeddings, 'cached embedding')} removed"
        )


def clean_up(settings: IndexSettings, store: Store, engine: Engine) -> CleanedUp:
    """Clear away what no kept generation needs, and what killed jobs left behind.

    The last `KEPT` generations stay. Run it inside a job, so that no other one is building.
    """
    store.jobs.fail_abandoned()
    if store.generations.live() is None:
        return CleanedUp(0, 0, 0, 0)
    building = store.generations.all(GenerationState.BUILDING)
    kept = [g for g in building if not _is_abandoned(store, g)] + by_last_use(store)[:KEPT]
    ids = {generation.id for generation in kept}
    dropped = 0
    for generation in store.generations.all(GenerationState.READY, GenerationState.BUILDING):
        if generation.id not in ids:
            dropped += store.generations.mark_dropped(generation.id)
    collections = _drop_collections(store, engine)
    for generation in store.generations.all(GenerationState.DROPPED):
        store.database.forget_lock(f"index-{generation.id}")
    versions = {BASE_VERSION, *(generation.model_version for generation in kept)}
    removed = remove_versions(settings.models_dir, versions)
    return CleanedUp(
        dropped, collections, len(removed), _forget_embeddings(settings, store, versions)
    )


def _is_abandoned(store: Store, generation: Generation) -> bool:
    """Whether nobody is building it any more, where there is a live one."""
    if generation.job_id is None:
        return True  # a first one that was given up
    job = store.jobs.get(generation.job_id)
    return job is None or job.state.is_over


def _drop_collections(store: Store, engine: Engine) -> int:
    known = {generation.collection: generation.state for generation in store.generations.all()}
    dropped = 0
    for name in engine.names():
        # Where others may keep collections, one that is not known is not ours.
        unknown = GenerationState.READY if engine.shared else GenerationState.DROPPED
        if known.get(name, unknown) is not GenerationState.DROPPED:
            continue
        try:
            engine.drop(name)
            dropped += 1
        except CollectionLocked:
            pass  # still in use; the next time
    return dropped


def _forget_embeddings(settings: IndexSettings, store: Store, versions: set[str]) -> int:
    try:
        encoders = {
            read_manifest(settings.models_dir, v, settings.model_key).encoder_id for v in versions
        }
    except ModelError:
        return 0  # not known for sure what is needed
    return store.embeddings.keep_only(encoders)
