"""A job in a process of its own, as its parent sees it: started, watched, ended, recorded.

The work may take all the memory it wants, crash or hang: whoever answers questions is another
process.
"""

import signal
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from index.errors import FaqbotError
from index.jobs import registry
from index.jobs.child_process import STARTING, ChildProcess
from index.jobs.extras import require_training
from index.jobs.protocol import USUAL_PRECISIONS, JobEnding, JobOrder, JobProgress
from index.jobs.recording import claim_of, patiently, record_end
from index.jobs.results import NO_RESULT
from index.jobs.timing import USUAL, Timing
from index.private import make_folder
from index.progress import Report
from index.settings import IndexSettings
from index.store import Store
from index.store.leases import LeaseState
from index.store.types import Job, JobKind, JobState

LOG = "log.txt"
# Seconds in which a child that was asked to end has to clean up.
GRACE_S = 20.0

log = structlog.get_logger(__name__)


class StopRequest(threading.Event):
    """Set to end a running job; says why, and how long the child may take to clean up."""

    def __init__(self, reason: str, grace_s: float = GRACE_S) -> None:
        super().__init__()
        self.reason = reason
        self.grace_s = grace_s

    @property
    def stopped(self) -> str | None:
        """Why it is set; None where it is not."""
        return self.reason if self.is_set() else None


@dataclass(frozen=True)
class Supervisor:
    """Runs jobs in processes of their own, one at a time, and records how they end.

    Attributes:
        config: The configuration file that the child reads, too; None: the usual one.
        limit_s: Seconds after which a job is ended, as failed.
        stop: Ends the running job, as cancelled.
        on_progress: Told how far the running job is.
        precisions: As stated by the admins; see `JobOrder`.
        commands: What is run, by the job's kind.
    """

    store: Store
    index: IndexSettings
    config: Path | None
    limit_s: float
    stop: StopRequest
    on_progress: Report = lambda share, detail: None
    precisions: tuple[float, ...] = USUAL_PRECISIONS
    commands: Mapping[str, Sequence[str]] = field(default_factory=registry.commands)
    timing: Timing = USUAL

    def run(self, job: Job) -> Job:
        """Run a job that this process has claimed or begun, and record how it ended.

        Returns:
            The job as it is recorded in the end. Where somebody else has taken it for dead
            meanwhile, what they recorded. Where a stop ended what the schedule had asked for, it
            waits for its turn again.

        Raises:
            StoreError: The store was away for so long that the end could not be recorded.
        """
        folder = self.index.jobs_dir / str(job.id)
        try:
            if registry.job_type(job.kind).needs_training:
                require_training()
            make_folder(folder)
            ending = self._in_child(job, folder / LOG)
        except FaqbotError as error:
            ending = JobEnding(str(error), state=JobState.FAILED)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            ending = JobEnding(f"{error.filename or folder}: {reason}", state=JobState.FAILED)
        if ending.state is not JobState.DONE:
            left = patiently(lambda: _what_it_left(job, self.store), self.timing)
            ending = JobEnding(ending.detail + left, ending.result, ending.state)
        return record_end(job, ending, self.store, stopped=self.stop.stopped, timing=self.timing)

    def _in_child(self, job: Job, log_path: Path) -> JobEnding:
        order = JobOrder(
            claim_of(job), job.kind, job.arguments, self.index, self.config, self.precisions
        )
        with log_path.open("ab") as file:
            child = ChildProcess(self.commands[job.kind], file)
            try:
                child.order(order)
                return _Watch(self, job, child, log_path).until_it_ends()
            finally:
                child.close()


class _Watch:
    """Watching over one child: its lease, its progress, its limits."""

    def __init__(self, by: Supervisor, job: Job, child: ChildProcess, log_path: Path) -> None:
        self._by = by
        self._job = job
        self._child = child
        self._log_path = log_path
        self._started = time.monotonic()
        # Recorded at once, so that nobody who looks sees a job that says nothing.
        self._renewed = float("-inf")
        self._recorded: JobProgress | None = None
        # Not what it says by now: it may have begun already, and that is news too.
        self._shown = STARTING
        self._asked_to_end: JobEnding | None = None
        self._killed_at: float | None = None  # at the latest

    def until_it_ends(self) -> JobEnding:
        """Watch until the process has ended; returns how the job ended."""
        while (status := self._child.wait(self._by.timing.look_every)) is None:
            self._look(time.monotonic())
        said, asked = self._child.ending, self._asked_to_end
        # What it says it has done it has done, even if it was asked to end just then.
        if said is not None and said.state is JobState.DONE:
            return said
        if asked is None and said is not None and self._is_cancelled():
            # It ran into the fence before it was told.
            asked = _ON_REQUEST
        if asked is not None:
            return JobEnding(asked.detail, said.result if said else NO_RESULT, asked.state)
        if said is not None:
            return said
        how = f"the {self._job.kind} process {_how(status)}; see {self._log_path}"
        return JobEnding(how, state=JobState.FAILED)

    def _look(self, now: float) -> None:
        """Keep the lease, pass progress on, and end the child where it has to end."""
        news = self._child.progress
        lease = self._renewed_lease(now, news)
        if lease is LeaseState.LOST:
            # Somebody else may be at it.
            self._child.kill()
            return
        if news != self._shown:
            self._shown = news
            self._by.on_progress(news.share, news.detail)
        if self._killed_at is not None:
            if now > self._killed_at:
                self._child.kill()
        elif self._child.ending is not None:
            # It is done; what keeps it from leaving is of no interest.
            self._killed_at = now + self._by.stop.grace_s
        elif (reason := self._why_end(now, lease)) is not None:
            self._asked_to_end = reason
            self._child.terminate()
            self._killed_at = now + self._by.stop.grace_s

    def _renewed_lease(self, now: float, news: JobProgress) -> LeaseState:
        timing = self._by.timing
        due = timing.renew_every if news == self._recorded else timing.record_every
        if now - self._renewed <= due:
            return LeaseState.HELD
        self._renewed, self._recorded = now, news
        try:
            return self._by.store.jobs.renew(claim_of(self._job), news.share, news.detail or None)
        except FaqbotError as error:
            # The store may be back before the lease ends; if not, the switch is fenced.
            log.error("job_renewal_failed", job=self._job.id, reason=str(error))
            return LeaseState.HELD

    def _why_end(self, now: float, lease: LeaseState) -> JobEnding | None:
        """How a job ends that has to be ended now; None where it may go on."""
        stop, limit_s = self._by.stop, self._by.limit_s
        if stop.is_set():
            return JobEnding(stop.reason, state=JobState.CANCELLED)
        if lease is LeaseState.CANCELLED:
            return _ON_REQUEST
        if now - self._started > limit_s:
            return JobEnding(
                f"ended after {limit_s / 3600:g} h, the limit "
                f"([bot] job_time_limit_hours); see {self._log_path}",
                state=JobState.FAILED,
            )
        return None

    def _is_cancelled(self) -> bool:
        job = patiently(lambda: self._by.store.jobs.get(self._job.id), self._by.timing)
        return job is not None and job.cancel_requested


_ON_REQUEST = JobEnding("on request", state=JobState.CANCELLED)


def _how(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    name = signal.Signals(-status).name if -status in set(signal.Signals) else str(-status)
    hint = ", perhaps for want of memory" if -status == signal.SIGKILL else ""
    return f"was ended by {name}{hint}"


def _what_it_left(job: Job, store: Store) -> str:
    """What has to be said of a job that did not end well, but got as far as the switch."""
    live = store.generations.live()
    if live is None:
        return ""
    if job.kind != JobKind.ROLLBACK:
        return (
            f" (its generation {live.id} had gone live, and answers)"
            if live.job_id == job.id
            else ""
        )
    # Another job built that one; but no other one has run since this one began.
    moved = live.live_at and job.started_at and live.live_at >= job.started_at
    return f" (generation {live.id} had gone live again, and answers)" if moved else ""
