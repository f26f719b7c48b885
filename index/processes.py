"""Processes: a name for this one, whether another one still lives, its own time, being stopped."""

import functools
import os
import signal
import socket
import threading
import time
import uuid
from pathlib import Path
from types import FrameType


@functools.cache
def owner() -> str:
    """Names this process, unlike any other one before or after it; at most 80 characters."""
    return f"{_machine()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def is_of_this_machine(holder: str) -> bool:
    """Whether `owner` gave it on this machine, in this container where it is one."""
    return holder.partition(":")[0] == _machine()


def is_dead(holder: str) -> bool:
    """Whether a claim was made by a process of this machine that is no more.

    Of other machines nothing is known, nor of this one before it was last started; there the
    lease of a claim decides.

    Args:
        holder: What `owner` gave there, perhaps with something after another colon.
    """
    machine, _, rest = holder.partition(":")
    pid = rest.partition(":")[0]
    if machine != _machine() or not pid.isdigit():
        return False
    if int(pid) == os.getpid():
        # Else a predecessor whose id we were given.
        return not f"{holder}:".startswith(f"{owner()}:")
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


class Age:
    """How long ago something was, for a process that may have been frozen or have slept since.

    No clock can be trusted alone: the one that never jumps may stand still while a machine
    sleeps, and the one on the wall may be set. So it is the longer of the two, and never negative.
    """

    def __init__(self) -> None:
        self._steady = _steady_time()
        self._wall = time.time()

    @property
    def seconds(self) -> float:
        """Seconds since this object was made."""
        return max(_steady_time() - self._steady, time.time() - self._wall)


@functools.cache
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


def _steady_time() -> float:
    """Seconds by a clock that is never set, and goes on in a sleeping machine where one does."""
    if hasattr(time, "CLOCK_BOOTTIME"):  # Linux
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def _machine() -> str:
    """Names what a process id is unique in: this host, and this container where it is one."""
    # Hosts may bear the same name, and outside of containers all have the same namespace.
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
    except OSError:
        boot = ""  # no Linux
    try:
        namespace = os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        namespace = 0  # no Linux, no namespaces
    return f"{socket.gethostname()[:40]}/{boot}/{namespace}"
