"""A generation beside the live one: built, checked, switched to; going back; tidying up.

The live generation answers all the while. Only `switch` changes what answers, by one pointer in
the store; serving processes follow it (`index/generations/follow.py`).
"""

import math
import random
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from index.engines.base import Engine, Lookup, Retriever
from index.engines.points import WINDOW, texts_of
from index.errors import CollectionLocked, FaqbotError, ModelError, SearchIndexError
from index.generations.live import Live
from index.generations.setup import live_generation, load_embedder, new_collection_name
from index.model.base import BASE_VERSION
from index.model.versions import read_manifest, remove_versions
from index.progress import Report, within
from index.ranking.ranker_file import read_ranker
from index.settings import IndexSettings
from index.store import Store
from index.store.jobs import Claim
from index.store.types import Generation, GenerationState, Pair, Status

# Generations that can be gone back to at once, the live one included.
KEPT = 3
# Stored questions that a collection must find, each among so many; cosines may be off a little.
SAMPLE = 20
NEAREST = 10
COSINE_TOLERANCE = 1e-3
# How long going back waits for a process that is letting go of the collection.
LOCK_PATIENCE_S = 20.0
# How long a check waits for whoever else brings the index up to date.
CHECK_PATIENCE_S = 120.0
LOOK_EVERY_S = 0.25

log = structlog.get_logger(__name__)


class SwitchRefused(FaqbotError):
    """The pointer stays where it is: the job lost its lease or was cancelled."""


def go_live(
    settings: IndexSettings,
    store: Store,
    engine: Engine,
    model_version: str,
    claim: Claim,
    report: Report,
) -> Generation:
    """Build a generation and switch to it; whatever prevents it leaves nothing behind.

    Raises:
        ModelError: The model version is missing, damaged or not trusted.
        SearchIndexError: The engine fails, or the collection does not find what it should.
        SwitchRefused: The job lost its lease or was cancelled.
    """
    generation = build(settings, store, engine, model_version, claim, within(report, 0, 0.97))
    try:
        report(0.97, "switching")
        switch(store, engine, generation, claim)
    except BaseException:
        if discard(store, engine, generation):
            raise
        # The pointer had moved: it is too late to stop, and nothing failed.
    return store.generations.get(generation.id) or generation


def build(
    settings: IndexSettings,
    store: Store,
    engine: Engine,
    model_version: str,
    claim: Claim,
    report: Report,
) -> Generation:
    """Make a generation: a new collection with all pairs of the store, checked, ready to answer.

    Whatever ends it early leaves no collection behind.

    Raises:
        ModelError: The model version is missing, damaged or not trusted.
        SearchIndexError: The engine fails, or the collection does not find what it should.
    """
    manifest = read_manifest(settings.models_dir, model_version)
    generation = store.generations.add(model_version, new_collection_name(), claim.job_id)
    try:
        report(0.0, "loading the model")
        embedder = load_embedder(settings, store, model_version)
        ranker = read_ranker(settings.models_dir / model_version)
        report(0.02, "creating the index")
        collection = engine.create(generation.collection, manifest.dimension)
        with closing(Live(store, generation, embedder, collection, ranker)) as live:
            _fill(live, within(report, 0.02, 0.9), "building the index")
            _require_sound(live, store, within(report, 0.9, 0.98))
            _fill(live, within(report, 0.98, 1), "catching up")
            report(1.0, "closing the index")
    except BaseException:
        discard(store, engine, generation)
        raise
    return store.generations.get(generation.id) or generation


def switch(store: Store, engine: Engine, generation: Generation, claim: Claim) -> None:
    """Make a generation the one that answers.

    Raises:
        SwitchRefused: The job lost its lease or was cancelled, or the generation was dropped.
    """
    if not store.generations.make_live(generation.id, claim):
        job = store.jobs.get(claim.job_id)
        why = "was cancelled" if job and job.cancel_requested else "is no longer this process's"
        raise SwitchRefused(
            f"generation {generation.id} does not go live: job {claim.job_id} {why}"
        )
    try:
        engine.set_live(generation.collection)
    except SearchIndexError as error:
        # Only other tools look at it, and the next start of a bot sets it again.
        log.warning("alias_not_moved", generation=generation.id, reason=str(error))


def discard(store: Store, engine: Engine, generation: Generation) -> bool:
    """Drop a generation that is not to go live; returns False, and does nothing, if it is live."""
    if not store.generations.mark_dropped(generation.id):
        return False
    try:
        engine.drop(generation.collection)
    except FaqbotError as error:
        log.warning("collection_not_dropped", generation=generation.id, reason=str(error))
    return True


def rollback(
    settings: IndexSettings,
    store: Store,
    engine: Engine,
    generation_id: int | None,
    claim: Claim,
    report: Report,
) -> Generation:
    """Go back to an earlier generation, brought up to date first.

    Args:
        generation_id: Which; None for the one that was live before the present one.

    Raises:
        SearchIndexError: There is none to go back to, or it does not find what it should.
        ModelError: Its model version is damaged.
        SwitchRefused: The job lost its lease or was cancelled.
    """
    target = _rollback_target(settings, store, engine, generation_id)
    report(0.0, f"opening generation {target.id}")
    with closing(_open_patiently(settings, store, engine, target)) as live:
        _fill(live, within(report, 0.1, 0.8), "catching up")
        _require_sound(live, store, within(report, 0.8, 0.95))
    report(0.95, "switching")
    try:
        switch(store, engine, target, claim)
    except BaseException:
        pointed = store.generations.live()
        if pointed is None or pointed.id != target.id:
            raise
        # The pointer had moved: it is too late to stop, and nothing failed.
    return store.generations.get(target.id) or target


def available(settings: IndexSettings, store: Store, engine: Engine) -> list[Generation]:
    """The generations that can be gone back to, the one that was live last first.

    Raises:
        SearchIndexError: There is no live one yet.
    """
    present = set(engine.names())
    return [
        generation
        for generation in _by_last_use(store)[1:]
        if generation.collection in present
        and (settings.models_dir / generation.model_version).is_dir()
    ]


def check(
    live: Live, store: Store, report: Report, patience_s: float = CHECK_PATIENCE_S
) -> list[str] | None:
    """Compare an open collection with the store.

    It is brought up to date first; while another thread or process does that, this waits.

    Args:
        patience_s: How long it waits, in seconds.

    Returns:
        What is wrong with it, in a line each; None where it did not come up to date in time, so
        that nothing could be compared.
    """
    deadline = time.monotonic() + patience_s
    while True:
        report(0.0, "checking the index")
        live.catch_up(lambda done, total: report(0.0, "checking the index, catching up"))
        revision = store.pairs.revision()
        if live.is_complete:
            expected, found = _count_points(store), live.collection.count()
            if revision == store.pairs.revision():
                problems = [] if found == expected else [f"{found} points instead of {expected}"]
                return problems + _check_sample(live, store)
        if time.monotonic() > deadline:
            return None
        time.sleep(LOOK_EVERY_S)


@dataclass(frozen=True)
class Tidied:
    """How much was cleared away."""

    generations: int
    collections: int
    model_versions: int
    embeddings: int

    def __str__(self) -> str:
        return (
            f"{self.generations} generations, {self.collections} collections, "
            f"{self.model_versions} model versions, {self.embeddings} cached embeddings removed"
        )


def tidy(settings: IndexSettings, store: Store, engine: Engine) -> Tidied:
    """Clear away what no kept generation needs, and what killed jobs left behind.

    The last `KEPT` generations stay. Run it inside a job, so that no other one is building.
    """
    store.jobs.fail_abandoned()
    if store.generations.live() is None:
        return Tidied(0, 0, 0, 0)
    building = store.generations.all(GenerationState.BUILDING)
    kept = [g for g in building if not _is_abandoned(store, g)] + _by_last_use(store)[:KEPT]
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
    return Tidied(dropped, collections, len(removed), _forget_embeddings(settings, store, versions))


def _fill(live: Live, report: Report, what: str) -> None:
    def progress(done: int, total: int) -> None:
        report(done / max(total, 1), f"{what}, {done} of {total} pairs")

    report(0.0, what)
    while not live.is_complete:
        if not live.catch_up(progress):
            time.sleep(LOOK_EVERY_S)  # another process is at it


def _require_sound(live: Live, store: Store, report: Report) -> None:
    if problems := check(live, store, report, math.inf):
        raise SearchIndexError(
            f"generation {live.generation.id} does not go live, its index is not sound: "
            + "; ".join(problems)
        )


def _count_points(store: Store) -> int:
    return sum(len(texts_of(pair)) for pair in _pairs(store))


def _check_sample(live: Live, store: Store) -> list[str]:
    """Whether stored questions find their own pair."""
    active = [pair.id for pair in _pairs(store) if pair.status is Status.ACTIVE]
    sample = random.sample(active, min(SAMPLE, len(active)))
    pairs = store.pairs.get(sample).values()
    missed = sum(not _finds(live, pair) for pair in pairs)
    # An approximate search may miss one in a large collection.
    if missed > len(sample) // SAMPLE:
        return [f"{missed} of {len(sample)} stored questions do not find their own pair"]
    return []


def _finds(live: Live, pair: Pair) -> bool:
    # As an asker's question is embedded, past the cache: it must be the same model's work.
    vector = live.embedder.embed_query(pair.question)
    lookup = Lookup(Retriever.QUESTION, vector, NEAREST)
    (hits,) = live.collection.search([lookup], channel=None)
    if not hits:
        return False
    # Other pairs may have the same question, or one that the model cannot tell apart.
    nearest = [hit for hit in hits if hit.score >= hits[0].score - COSINE_TOLERANCE]
    own = any(hit.pair_id == pair.id or hit.text == pair.question for hit in nearest)
    return own or len(nearest) == NEAREST


def _pairs(store: Store) -> Iterator[Pair]:
    for window in store.pairs.changed(0, WINDOW):
        yield from (pair for pair in window if pair.status is not Status.RETIRED)


def _rollback_target(
    settings: IndexSettings, store: Store, engine: Engine, generation_id: int | None
) -> Generation:
    live = live_generation(store)
    if generation_id == live.id:
        raise SearchIndexError(f"generation {live.id} is the one that answers already")
    choice = available(settings, store, engine)
    if not choice:
        what = (
            "there is no generation" if generation_id is None else f"no generation {generation_id}"
        )
        raise SearchIndexError(f"{what} to go back to: {live.id} is the only one that is kept")
    if generation_id is None:
        return choice[0]
    for generation in choice:
        if generation.id == generation_id:
            return generation
    ids = ", ".join(str(generation.id) for generation in choice)
    raise SearchIndexError(f"generation {generation_id} is not kept; to go back to there is {ids}")


def _open_patiently(
    settings: IndexSettings, store: Store, engine: Engine, generation: Generation
) -> Live:
    """Open a generation, waiting for the serving process that may just be letting go of it."""
    deadline = time.monotonic() + LOCK_PATIENCE_S
    while True:
        try:
            return Live.open(settings, store, engine, generation)
        except CollectionLocked:
            if time.monotonic() > deadline:
                raise
            time.sleep(LOOK_EVERY_S)


def _by_last_use(store: Store) -> list[Generation]:
    """The generations that have been live, the latest first; the live one leads."""
    never = datetime.min.replace(tzinfo=UTC)
    live = live_generation(store).id
    ready = store.generations.all(GenerationState.READY)
    return sorted(ready, key=lambda g: (g.id == live, g.live_at or never), reverse=True)


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
        encoders = {read_manifest(settings.models_dir, v).encoder_id for v in versions}
    except ModelError:
        return 0  # not known for sure what is needed
    return store.embeddings.keep_only(encoders)
