"""The live generation in a process that answers: in use, kept up to date, replaced as a whole.

Two threads run beside the answering. One brings every change in the store to the collection.
The other watches the pointer: when it names another generation, that one is opened, caught up
with the store and tried out, and only then takes the old one's place. Until then, and for as long
as it cannot be opened, the old one answers.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from index.engines.base import Engine
from index.errors import DiskFull, FaqbotError
from index.generations.live import Live
from index.settings import IndexSettings
from index.store import Store

# How often a serving process looks for changes in the store, and at the pointer.
FOLLOW_EVERY_S = 0.25
RETRY_AFTER_S = 5.0
REPORT_EVERY_S = 10.0

log = structlog.get_logger(__name__)


class Serving:
    """Hands out the live generation to those who answer, and replaces it when the pointer moves.

    Whoever searches keeps the one it was given from the question's embedding to the search's end,
    so a model never meets another one's collection.
    """

    def __init__(
        self,
        settings: IndexSettings,
        store: Store,
        engine: Engine,
        live: Live,
        *,
        every_s: float = FOLLOW_EVERY_S,
        retry_after_s: float = RETRY_AFTER_S,
    ) -> None:
        """Take over the generation that answers now.

        Args:
            live: That one; it is closed by `close`, or when it is replaced.
            every_s: Seconds between two looks at the store and at the pointer.
            retry_after_s: The same after a look that failed.
        """
        self._settings = settings
        self._store = store
        self._engine = engine
        self._every_s = every_s
        self._retry_after_s = retry_after_s
        self._caught_up: Callable[[], None] | None = None
        self._lock = threading.Lock()
        self._held = _Held(live)
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(work, event), name=name, daemon=True)
            for name, work, event in (
                ("index-follower", self._follow, "index_follow_failed"),
                ("index-pointer", self._follow_pointer, "generation_not_opened"),
            )
        ]

    def start(self, caught_up: Callable[[], None] = lambda: None) -> None:
        """Begin to follow the store and the pointer.

        Args:
            caught_up: Called once, in a thread, when the collection first holds all there is, or
                all that there is room for.
        """
        self._caught_up = caught_up
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Follow no more; ends within a moment even in the middle of a large import."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def close(self) -> None:
        """Close the live generation, once its last user is done with it."""
        with self._lock:
            held = self._held
        self._retire(held)

    @contextmanager
    def use(self) -> Iterator[Live]:
        """The live generation; it stays open for as long as it is in use here."""
        with self._use() as held:
            yield held.live

    @contextmanager
    def _use(self) -> Iterator["_Held"]:
        with self._lock:
            held = self._held
            held.users += 1
        try:
            yield held
        finally:
            with self._lock:
                held.users -= 1
                is_last = held.replaced and not held.users
            if is_last:
                _close(held.live)

    def _retire(self, held: "_Held") -> None:
        with self._lock:
            is_unused = not held.replaced and not held.users
            held.replaced = True
        if is_unused:
            _close(held.live)

    def _run(self, work: Callable[[], None], failed: str) -> None:
        reason, is_full = None, False
        while not self._stop.is_set():
            try:
                work()
                if is_full:
                    log.info("disk_has_room")
                reason, is_full = None, False
                self._stop.wait(self._every_s)
            except _Unwanted:
                pass
            except Exception as error:  # a thread that ended would go unnoticed
                before = reason
                reason = str(error) if isinstance(error, FaqbotError) else type(error).__name__
                was_full, is_full = is_full, isinstance(error, DiskFull)
                if is_full and not was_full:  # how much is missing may change all the time
                    log.error("disk_full", reason=reason)
                elif reason != before and not is_full:
                    log.error(failed, reason=reason)
                self._stop.wait(self._retry_after_s)

    # -- the store -------------------------------------------------------------------

    def _follow(self) -> None:
        with self._use() as held:
            revision = self._store.pairs.revision()
            if revision == held.seen:
                return
            started = time.monotonic()
            try:
                changed = held.live.catch_up(self._watcher(lambda: held.replaced))
            except DiskFull:
                if held.live.collection.count():
                    self._begin()  # to answer from what is there
                raise
            if changed:
                seconds = round(time.monotonic() - started, 3)
                log.info("index_followed", pairs=changed, revision=revision, seconds=seconds)
            generation = self._store.generations.get(held.live.generation.id)
            if generation is None or generation.indexed_revision < revision:
                return  # another process is at it
            self._begin()
            held.seen = revision

    def _begin(self) -> None:
        """Let the answering begin, the first time."""
        begin, self._caught_up = self._caught_up, None
        if begin is not None:
            begin()

    def _watcher(self, is_unwanted: Callable[[], bool]) -> Callable[[int, int], None]:
        """A listener to an indexing run that ends it where it has become unwanted."""
        said = time.monotonic()

        def report(done: int, total: int) -> None:
            nonlocal said
            if self._stop.is_set() or is_unwanted():
                raise _Unwanted
            if time.monotonic() - said > REPORT_EVERY_S:
                said = time.monotonic()
                log.info("index_following", done=done, total=total)

        return report

    # -- the pointer -----------------------------------------------------------------

    def _follow_pointer(self) -> None:
        generation = self._store.generations.live()
        # Only this thread replaces it.
        if generation is None or generation.id == self._held.live.generation.id:
            return
        started = time.monotonic()
        live = self._held.live
        opened = Live.open(self._settings, self._store, self._engine, generation, live)
        try:
            self._prepare(opened)
        except BaseException:
            opened.close()
            raise
        with self._lock:
            old, self._held = self._held, _Held(opened)
        self._retire(old)
        log.info(
            "generation_switched",
            generation=generation.id,
            model=generation.model_version,
            before=old.live.generation.id,
            seconds=round(time.monotonic() - started, 3),
        )

    def _prepare(self, opened: Live) -> None:
        """Catch up with the store and try out a search, while the old one answers."""
        searcher = opened.searcher
        searcher.search(searcher.read("is anybody there?"), limit=1)
        while not opened.is_complete and not self._stop.is_set():
            if not opened.catch_up(self._watcher(lambda: not self._is_wanted(opened))):
                self._stop.wait(self._every_s)  # another process is bringing the changes over
        if self._stop.is_set() or not self._is_wanted(opened):
            raise _Unwanted

    def _is_wanted(self, opened: Live) -> bool:
        wanted = self._store.generations.live()
        return wanted is not None and wanted.id == opened.generation.id


class _Held:
    """A generation in use, and what is known of its use."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.users = 0
        self.replaced = False
        # The store's revision that it was last seen to hold.
        self.seen = -1


def _close(live: Live) -> None:
    try:
        live.close()
    except Exception as error:  # no harm to the question whose end it is
        log.error(
            "generation_not_closed", generation=live.generation.id, error=type(error).__name__
        )


class _Unwanted(Exception):
    """Ends a run that nobody wants any more; the next one goes on from there."""
