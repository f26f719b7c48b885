"""Processes: a name for this one, whether another one still lives, and being told to stop."""

import signal
import threading
from types import FrameType

from index.processes import is_dead, owner

__all__ = ["is_dead", "owner", "stop_on_signal"]


def stop_on_signal() -> threading.Event:
    """From now on SIGTERM and SIGINT set the event that is returned.

    A second one ends the process at once.
    """
    stop = threading.Event()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    return stop
