"""What the commands share: settings, output, progress, and opening the index."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.settings import BotSettings
from index.errors import CollectionLocked
from index.live import Live, TemporaryCopy, initialise, open_engine
from index.settings import IndexSettings
from index.store import Store

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


@dataclass(frozen=True)
class Context:
    """What the options before the command say."""

    config: Path | None

    @property
    def index(self) -> IndexSettings:
        return IndexSettings.load(self.config)

    @property
    def bot(self) -> BotSettings:
        return BotSettings.load(self.config)


def print_json(value: Any) -> None:
    """Write one JSON object on a line of standard output."""
    print(json.dumps(value, ensure_ascii=False, default=str))


def say(text: str) -> None:
    """Write a line for people to standard error, so that standard output stays clean."""
    err.print(text, markup=False)


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error; yields a function of (done, in all)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=err, transient=True) as bars:
        task = bars.add_task(what, total=None)

        def report(done: int, total: int) -> None:
            bars.update(task, completed=done, total=total)

        yield report


@contextmanager
def opened_store(settings: IndexSettings) -> Iterator[Store]:
    """The store, with its schema up to date."""
    store = Store.open(settings.store_url)
    try:
        yield store
    finally:
        store.close()


def bring_up_to_date(settings: IndexSettings, store: Store) -> None:
    """Index what has changed in the store, unless a running bot holds the index and does it."""
    engine = open_engine(settings)
    try:
        initialise(settings, store, engine)
        if not _is_behind(store):
            return
        live = Live.open(settings, store, engine)
    except CollectionLocked as held:
        say(f"{held.owner} holds the index and takes the change over by itself.")
        return
    finally:
        engine.close()
    try:
        with progress_bar("Indexing pairs") as report:
            live.catch_up(report)
    finally:
        live.close()


@contextmanager
def opened_for_search(settings: IndexSettings, store: Store) -> Iterator[Live]:
    """The live generation, up to date; a temporary copy where a running bot holds it."""
    engine = open_engine(settings)
    try:
        initialise(settings, store, engine)
        live = Live.open(settings, store, engine)
    except CollectionLocked:
        live = TemporaryCopy(settings, store)
    try:
        with progress_bar("Indexing pairs") as report:
            live.catch_up(report)
        yield live
    finally:
        live.close()
        engine.close()


def _is_behind(store: Store) -> bool:
    generation = store.generations.live()
    return generation is None or generation.indexed_revision < store.pairs.revision()
