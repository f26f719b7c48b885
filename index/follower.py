"""Following the store: every change reaches the live collection within a second."""

import threading
import time
from collections.abc import Callable

import structlog

from index.errors import FaqbotError
from index.live import Live
from index.store import Store

# How often a serving process looks for changes in the store.
FOLLOW_EVERY_S = 0.25
RETRY_AFTER_S = 5.0
REPORT_EVERY_S = 10.0

log = structlog.get_logger(__name__)


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
