"""What the commands share: settings, output, progress, and opening the index.

The commands import what they need when they run: SQL, the engine and torch take seconds, and
`faqbot --help` needs none of them.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from index.errors import CollectionLocked, FaqbotError

if TYPE_CHECKING:
    from datetime import datetime

    from rich.table import Table

    from bot.settings import BotSettings
    from index.generations.live import Live
    from index.settings import IndexSettings
    from index.store import Store
    from index.store.types import Job

# Between two lines of progress where no terminal shows a bar.
LINE_EVERY_S = 3.0
REQUESTED_BY = "command line"

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@dataclass(frozen=True)
class Context:
    """What the options before the command say."""

    config: Path | None

    @property
    def index(self) -> "IndexSettings":
        from index.settings import IndexSettings

        return IndexSettings.load(self.config)

    @property
    def bot(self) -> "BotSettings":
        from bot.settings import BotSettings

        return BotSettings.load(self.config)


def id_of(what: str, look: str) -> Callable[[str], int]:
    """Reads the id of something, or says in one line where its ids stand.

    Args:
        look: The command that lists them.
    """

    def parse(text: str) -> int:
        if not text.isdecimal():
            raise FaqbotError(f"{text!r} is no {what}: ids are numbers, `{look}` shows them")
        return int(text)

    return parse


JOB_ID = id_of("job", "faqbot jobs")


def found_job(store: "Store", job_id: int) -> "Job":
    job = store.jobs.get(job_id)
    if job is None:
        raise FaqbotError(f"there is no job {job_id}; `faqbot jobs` shows them")
    return job


def job_folder(settings: Context, job: "Job") -> Path:
    return settings.index.jobs_dir / str(job.id)


def time_of(moment: "datetime | None") -> str:
    return "" if moment is None else f"{moment.astimezone():%F %R}"


def print_json(value: Any) -> None:
    """Write a value as JSON on one line of standard output."""
    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    print(json.dumps(value, ensure_ascii=not is_unicode, default=str))


def show(table: "Table") -> None:
    """Draw a table on standard output."""
    from rich.console import Console

    Console(highlight=False).print(table)


def say(text: str) -> None:
    """Write a line for people to standard error, so that standard output stays clean."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error; yields a function of (done, in all).

    Elsewhere than on a terminal it is a line now and then.
    """
    if not sys.stderr.isatty():
        yield _progress_lines(what)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
    )
    with Progress(
        *columns,
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bars:
        task = bars.add_task(what, total=None)

        def report(done: int, total: int) -> None:
            bars.update(task, completed=done, total=total)

        yield report


def _progress_lines(what: str) -> Callable[[int, int], None]:
    is_due = every(LINE_EVERY_S)

    def report(done: int, total: int) -> None:
        if is_due():
            say(f"{what}: {done:,} of {total:,} ({done / max(total, 1):.0%})")

    return report


def every(seconds: float) -> Callable[[], bool]:
    """Says whether so long has passed since it last said so, or since it was made."""
    last = time.monotonic()

    def is_due() -> bool:
        nonlocal last
        now = time.monotonic()
        if now - last < seconds:
            return False
        last = now
        return True

    return is_due


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """A spinner on standard error while something takes its time."""
    from rich.console import Console

    with Console(stderr=True).status(f"{what} ...") if sys.stderr.isatty() else nullcontext():
        yield


@contextmanager
def opened_store(settings: "IndexSettings") -> "Iterator[Store]":
    """The store, with its schema up to date."""
    from index.store import Store

    store = Store.open(settings.store_url)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def opened_for_reading(settings: "IndexSettings") -> "Iterator[Store]":
    """The store, for a command that only looks: where there is none, an empty one in memory."""
    from index.store import Store

    store = Store(settings.store_url)
    try:
        if store.database.schema_revision() is None:
            store = Store.open("sqlite://")
        # Looking must not upgrade a store that an older bot is using.
        store.database.require_current_schema()
        yield store
    finally:
        store.close()


def bring_up_to_date(settings: "IndexSettings", store: "Store") -> None:
    """Index what has changed in the store, unless a running bot holds the index and does it."""
    from index.generations.live import Live
    from index.generations.setup import initialise, open_engine

    engine = open_engine(settings)
    try:
        initialise(settings, store, engine)
        if not _is_behind(store):
            return
        live = Live.open(settings, store, engine)
        try:
            with progress_bar("Indexing pairs") as report:
                live.catch_up(report)
        finally:
            live.close()
    except CollectionLocked as held:
        say(
            f"{held.owner} holds the index: a running bot takes the change over by itself, "
            "any other command leaves it to the next one."
        )
    finally:
        engine.close()


@contextmanager
def opened_for_search(settings: "IndexSettings", store: "Store") -> "Iterator[Live]":
    """The live generation, up to date; a temporary copy where a running bot holds it."""
    from index.generations.live import Live, TemporaryCopy
    from index.generations.setup import initialise, open_engine

    engine = open_engine(settings)
    try:
        try:
            initialise(settings, store, engine)
            with waiting("Loading the model"):
                live = Live.open(settings, store, engine)
        except CollectionLocked:
            with waiting("Loading the model"):
                live = TemporaryCopy(settings, store)
        try:
            with progress_bar("Indexing pairs") as report:
                live.catch_up(report)
            yield live
        finally:
            live.close()
    finally:
        engine.close()


def _is_behind(store: "Store") -> bool:
    generation = store.generations.live()
    return generation is None or generation.indexed_revision < store.pairs.revision()
