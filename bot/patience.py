"""Waiting at a start for what is not there yet: the database, or Slack."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import structlog

from index.errors import Unreachable

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 15.0

T = TypeVar("T")

log = structlog.get_logger(__name__)


def patiently(make: Callable[[], T], patience_s: float, stop: threading.Event) -> T | None:
    """Call `make` until what it needs can be reached; each reason to wait is said once.

    Args:
        patience_s: For how long, in seconds.
        stop: Ends the waiting.

    Returns:
        What it made; None where it was told to stop.

    Raises:
        Unreachable: It cannot be reached yet, and the patience is over.
    """
    deadline = time.monotonic() + patience_s
    pause, told = FIRST_PAUSE_S, ""
    while True:
        try:
            return make()
        except Unreachable as error:
            left = deadline - time.monotonic()
            if left <= 0:
                raise
            if str(error) != told:
                told = str(error)
                log.warning("waiting_to_start", reason=told, seconds=round(left))
        if stop.wait(min(pause, left)):
            return None
        pause = min(2 * pause, LONGEST_PAUSE_S)
