"""Building a generation beside the live one, and switching to it.

The live generation answers all the while. Only `switch` changes what answers, by one pointer in
the store; serving processes follow it (`index/generations/follow.py`).
"""

import time
from contextlib import closing

import structlog

from index.engines.base import Engine
from index.errors import FaqbotError, SearchIndexError
from index.generations.check import require_sound
from index.generations.folder import require_own_folder
from index.generations.live import LOOK_EVERY_S, Live
from index.generations.setup import load_embedder, new_collection_name
from index.model.versions import read_manifest
from index.progress import Report, within
from index.ranking.ranker_file import read_ranker
from index.settings import IndexSettings
from index.store import Store
from index.store.leases import Claim
from index.store.types import Generation
from index.text import counted

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
    require_own_folder(settings, store)
    manifest = read_manifest(settings.models_dir, model_version, settings.model_key)
    generation = store.generations.add(model_version, new_collection_name(), claim.job_id)
    try:
        report(0.0, "loading the model")
        embedder = load_embedder(settings, store, model_version)
        ranker = read_ranker(settings.models_dir / model_version)
        report(0.02, "creating the index")
        collection = engine.create(generation.collection, manifest.dimension)
        with closing(Live(store, generation, embedder, collection, ranker)) as live:
            fill(live, within(report, 0.02, 0.9), "building the index")
            require_sound(live, store, within(report, 0.9, 0.98))
            fill(live, within(report, 0.98, 1), "catching up")
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


def fill(live: Live, report: Report, what: str) -> None:
    """Bring a generation up to the store, whoever does it; `what` is told with the progress."""

    def progress(done: int, total: int) -> None:
        report(done / max(total, 1), f"{what}, {done} of {counted(total, 'pair')}")

    report(0.0, what)
    while not live.is_complete:
        if not live.catch_up(progress):
            time.sleep(LOOK_EVERY_S)  # another process is at it
