"""Going back to an earlier generation."""

from contextlib import closing

from index.engines.base import Engine
from index.errors import SearchIndexError
from index.generations.build import fill, switch
from index.generations.check import require_sound
from index.generations.live import Live
from index.generations.setup import by_last_use, live_generation
from index.progress import Report, within
from index.settings import IndexSettings
from index.store import Store
from index.store.leases import Claim
from index.store.types import Generation

# How long going back waits for a process that is letting go of the collection.
LOCK_PATIENCE_S = 20.0


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
    target = target_of(settings, store, engine, generation_id)
    report(0.0, f"opening generation {target.id}")
    with closing(Live.open(settings, store, engine, target, patience_s=LOCK_PATIENCE_S)) as live:
        fill(live, within(report, 0.1, 0.8), "catching up")
        require_sound(live, store, within(report, 0.8, 0.95))
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
        for generation in by_last_use(store)[1:]
        if generation.collection in present
        and (settings.models_dir / generation.model_version).is_dir()
    ]


def target_of(
    settings: IndexSettings, store: Store, engine: Engine, generation_id: int | None
) -> Generation:
    """The generation that a rollback goes to.

    Args:
        generation_id: Which; None for the one that was live before the present one.

    Raises:
        SearchIndexError: It is not kept, or there is none to go back to.
    """
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
