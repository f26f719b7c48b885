"""What each kind of job does that runs in a process of its own, but for the retrain (`train`)."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import timedelta

from index.engines.base import Engine
from index.errors import FaqbotError
from index.generations import rollback as going_back
from index.generations.build import go_live
from index.generations.cleanup import clean_up
from index.generations.setup import live_generation, open_engine
from index.jobs.child import log
from index.jobs.protocol import Cancelled, JobEnding, JobOrder
from index.jobs.results import PurgeResult, ReindexResult, RollbackResult
from index.progress import Report, within
from index.store import Store
from index.text import counted


def reindex(order: JobOrder, report: Report) -> JobEnding:
    """A new collection with the live model version, from the store."""
    with _opened(order) as (store, engine):
        version = live_generation(store).model_version
        part = within(report, 0.0, 0.95)
        generation = go_live(order.index, store, engine, version, order.claim, part)
        report(0.96, "tidying up")
        clean_up_afterwards(order, store, engine)
        return JobEnding(
            f"generation {generation.id} (model {version}) is live",
            ReindexResult(generation.id, version),
        )


def rollback(order: JobOrder, report: Report) -> JobEnding:
    """Back to an earlier generation: `generation` in the arguments, else the one before."""
    with _opened(order) as (store, engine):
        before = live_generation(store)
        wanted = order.arguments.get("generation")
        target = going_back.rollback(order.index, store, engine, wanted, order.claim, report)
        return JobEnding(
            f"generation {target.id} (model {target.model_version}) is live again, "
            f"in place of {before.id}",
            RollbackResult(target.id, target.model_version, before.id),
        )


def purge(order: JobOrder, report: Report) -> JobEnding:
    """Clear away what is not needed; with `days` in the arguments, also older questions' texts."""
    with _opened(order) as (store, engine):
        report(0.0, "tidying up")
        cleaned_up = clean_up(order.index, store, engine)
        forgotten = 0
        if days := order.arguments.get("days"):
            report(0.8, "forgetting old questions")
            forgotten = store.inbox.expire_questions(timedelta(days=days))
        return JobEnding(
            f"{cleaned_up}, {counted(forgotten, 'old question')} forgotten",
            PurgeResult(**asdict(cleaned_up), questions=forgotten),
        )


def clean_up_afterwards(order: JobOrder, store: Store, engine: Engine) -> None:
    """Clear away behind a job whose work is done: nothing that happens here changes how it went."""
    try:
        log(str(clean_up(order.index, store, engine)))
    except (Exception, Cancelled) as error:
        reason = str(error) if isinstance(error, FaqbotError) else type(error).__name__
        log(f"tidying up is left for the next time: {reason}")


@contextmanager
def _opened(order: JobOrder) -> Iterator[tuple[Store, Engine]]:
    with (
        closing(Store(order.index.store_url)) as store,
        closing(open_engine(order.index)) as engine,
    ):
        yield store, engine
