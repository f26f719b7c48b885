"""Calls that Slack has put off, made again when it may take them."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor

import structlog

# What waits at one time; more would be of no use to anybody when its turn comes.
MAX_WAITING = 1_000

log = structlog.get_logger(__name__)


class Later:
    """Runs functions in an executor after a while, on one thread of its own.

    What waits is kept in memory only: a stop drops it.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self._changed = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def after(self, seconds: float, function: Callable[[], None]) -> bool:
        """Run a function after so many seconds.

        Returns:
            False where it will not run: too much waits already, or the bot stops.
        """
        with self._changed:
            if self._stopping or len(self._waiting) >= MAX_WAITING:
                return False
            due = time.monotonic() + seconds
            heapq.heappush(self._waiting, (due, next(self._number), function))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="later")
                self._thread.start()
            self._changed.notify()
            return True

    def stop(self) -> None:
        """Run nothing more."""
        with self._changed:
            self._stopping = True
            self._waiting.clear()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while (function := self._next()) is not None:
            try:
                self._executor.submit(_logging_errors, function)
            except RuntimeError:
                return  # it has been shut down

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while not self._stopping:
                now = time.monotonic()
                if self._waiting and self._waiting[0][0] <= now:
                    return heapq.heappop(self._waiting)[2]
                self._changed.wait(self._waiting[0][0] - now if self._waiting else None)
        return None


def _logging_errors(function: Callable[[], None]) -> None:
    try:
        function()
    except Exception as error:
        log.error("put_off_call_failed", error=type(error).__name__)
