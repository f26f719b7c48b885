"""The side of a job's process: long work, under the eyes of the one that supervises it.

`index/jobs/protocol.py` describes what goes over the pipes. The supervisor owns the job's row and
renews its lease. A process whose supervisor has died ends at once: nobody would record what it
does.
"""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import FrameType

from index.errors import FaqbotError
from index.jobs.protocol import (
    Cancelled,
    JobEnding,
    JobOrder,
    JobProgress,
    decode_order,
    encode,
)
from index.private import keep_files_private
from index.progress import Report
from index.store.types import JobState

# Between two progress lines of the same step; a new step is told at once.
REPORT_EVERY_S = 0.2
LOG_EVERY_S = 10.0
NICENESS = 10
# Of -1000 to 1000: short of memory, the system ends this process and not the one that answers.
OOM_SCORE = 500


# What is recorded where the one that told it to end does not know why, either.
_TOLD_TO_END = JobEnding("its process was told to end", state=JobState.CANCELLED)


def run(work: Callable[[JobOrder, Report], JobEnding]) -> int:
    """Take the order from stdin, do the work, and tell how it went; returns the exit status.

    Import what is heavy inside `work`: until then a cancelled child ends within milliseconds,
    and the number of threads is not set yet.
    """
    keep_files_private()
    wire = _Wire()
    cancelling = _Cancelling()
    try:
        order = decode_order(sys.stdin.buffer.readline())
    except ValueError:
        log("this command is started by faqbot itself: its order on stdin cannot be read")
        return 2
    except Cancelled:
        wire.send(_TOLD_TO_END)
        return 0
    threading.Thread(target=_follow_parent, args=(wire,), name="parent", daemon=True).start()
    _step_back()
    try:
        log(f"{order.kind} {order.claim.job_id} begins")
        reporter = _Reporter(wire)
        # Takes seconds, and nothing of the work is told before.
        reporter(0.0, "loading the libraries")
        ending = work(order, reporter)
        cancelling.stop()
    except Cancelled:
        ending = _TOLD_TO_END
    except FaqbotError as error:
        ending = JobEnding(str(error), state=JobState.FAILED)
    except BaseException as error:
        traceback.print_exc()
        ending = JobEnding(f"unexpected {type(error).__name__}; see the log", state=JobState.FAILED)
    finally:
        cancelling.stop()
    log(f"{ending.state}: {ending.detail}")
    wire.send(ending)
    return 0


def log(what: str) -> None:
    """Write a line to the job's log."""
    print(f"{datetime.now():%H:%M:%S} {what}", file=sys.stderr, flush=True)


class _Cancelling:
    """Turns the first SIGTERM into `Cancelled`; later ones must not disturb the cleaning up."""

    def __init__(self) -> None:
        self._armed = True
        signal.signal(signal.SIGTERM, self._on_signal)
        # The parent gets Ctrl-C and decides; a library's handler here would take it otherwise.
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def stop(self) -> None:
        self._armed = False

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._armed:
            self._armed = False
            raise Cancelled


class _Wire:
    """The pipe to the parent. It is the old stdout; what libraries print goes to the log."""

    def __init__(self) -> None:
        sys.stdout.flush()
        self._pipe = os.dup(1)
        os.dup2(2, 1)
        self.ended = False

    def send(self, said: JobProgress | JobEnding) -> None:
        self.ended = self.ended or isinstance(said, JobEnding)
        line = encode(said)
        try:
            while line:
                line = line[os.write(self._pipe, line) :]
        except OSError:
            _end_at_once(1)


class _Reporter:
    """Sends progress, not too often, and keeps the log readable."""

    def __init__(self, wire: _Wire) -> None:
        self._wire = wire
        self._step = ""
        self._sent = self._logged = 0.0

    def __call__(self, share: float, detail: str) -> None:
        now = time.monotonic()
        step = detail.partition(",")[0]
        is_new, self._step = step != self._step, step
        if is_new or now - self._sent > REPORT_EVERY_S:
            self._sent = now
            self._wire.send(JobProgress(share, detail))
        if is_new or now - self._logged > LOG_EVERY_S:
            self._logged = now
            log(f"{share:4.0%} {detail}")


def _follow_parent(wire: _Wire) -> None:
    # Not through sys.stdin: its lock, held here for ever, would stop the interpreter's exit.
    with suppress(OSError):
        while os.read(0, 4096):
            pass
    if not wire.ended:
        log("the parent process is gone")
    _end_at_once(0 if wire.ended else 1)


def _end_at_once(status: int) -> None:
    if status and os.getpgrp() == os.getpid():
        # With the helpers that training may have started.
        os.killpg(0, signal.SIGKILL)
    os._exit(status)


def _step_back() -> None:
    """Leave the processor and the memory to whoever answers."""
    os.nice(NICENESS)
    # Where the kernel groups processes by session, niceness counts inside one group only.
    _write("/proc/self/autogroup", str(NICENESS))
    _write("/proc/self/oom_score_adj", str(OOM_SCORE))
    # One core stays free for answering. Read by torch and by BLAS when they are first imported.
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, str(max(1, _cores() - 1)))


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


def _write(path: str, text: str) -> None:
    with suppress(OSError):  # not on this system
        Path(path).write_text(text)
