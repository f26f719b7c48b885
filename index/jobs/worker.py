"""The worker: takes the jobs that were asked for, one after another, and sees to their end."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence

import structlog

from index import processes
from index.errors import FaqbotError
from index.jobs import registry
from index.jobs.protocol import Cancelled, JobEnding
from index.jobs.recording import claim_of, fail_abandoned, record_end
from index.jobs.supervisor import StopRequest, Supervisor
from index.jobs.timing import Timing
from index.progress import Report
from index.store import Store
from index.store.leases import LeaseState
from index.store.types import Job, JobState

# A stop waits no longer than this for a child that cleans up after itself.
STOP_GRACE_S = 5.0

Task = Callable[[Job, Report], JobEnding]

log = structlog.get_logger(__name__)


def worker_stop() -> StopRequest:
    """What stops a worker, and the job that it runs."""
    return StopRequest("the worker was stopped", STOP_GRACE_S)


class Worker:
    """A thread that runs jobs: most in child processes, some here."""

    def __init__(
        self,
        supervisor: Supervisor,
        *,
        kinds: Sequence[str] | None = None,
        here: Mapping[str, Task] | None = None,
    ) -> None:
        """Args:
        supervisor: Runs what runs in child processes; its `stop` is this worker's own.
        kinds: What is run in child processes; None: what the registry says.
        here: What is run in this process, by kind.
        """
        self._supervisor = supervisor
        self._store = supervisor.store
        self._stop = supervisor.stop
        self._timing = supervisor.timing
        self._here = here or {}
        in_children = registry.kinds(registry.Runs.IN_CHILD) if kinds is None else kinds
        self._kinds = (*in_children, *self._here)
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="job-worker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Say that a job was asked for."""
        with self._wake:
            self._wake.notify()

    def stop(self) -> None:
        """Run nothing more; a running job is ended, and waits again if it was scheduled."""
        self._stop.set()
        self.wake()
        if self._thread.is_alive():
            self._thread.join(2 * self._stop.grace_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            pause = self._timing.poll
            try:
                if self._run_next():
                    continue
            except Exception as error:  # a dead worker would go unnoticed
                known = isinstance(error, FaqbotError)
                log.error("job_worker_failed", reason=str(error) if known else type(error).__name__)
                pause = self._timing.retry_after
            with self._wake:
                if not self._stop.is_set():
                    self._wake.wait(pause)

    def _run_next(self) -> bool:
        fail_abandoned(self._store)
        if not self._store.jobs.is_waiting(self._kinds):
            return False
        job = self._store.jobs.claim(processes.owner(), self._kinds)
        if job is None:
            return False
        log.info("job_started", job=job.id, kind=job.kind, requested_by=job.requested_by)
        if job.kind in self._here:
            ended = self._run_here(job, self._here[job.kind])
        else:
            ended = self._supervisor.run(job)
        if ended.state is JobState.FAILED:
            log.error("job_failed", job=job.id, kind=job.kind, reason=ended.detail)
        else:
            log.info("job_ended", job=job.id, kind=job.kind, state=ended.state)
        return True

    def _run_here(self, job: Job, task: Task) -> Job:
        with _Renewal(self._store, job, self._supervisor.limit_s, self._timing) as renewal:

            def report(share: float, detail: str) -> None:
                if self._stop.is_set():
                    raise Cancelled
                renewal.tell(share, detail)

            try:
                ending = task(job, report)
            except Cancelled:
                ending = JobEnding(self._stop.stopped or "on request", state=JobState.CANCELLED)
            except FaqbotError as error:
                ending = JobEnding(str(error), state=JobState.FAILED)
            except Exception as error:
                ending = JobEnding(f"unexpected {type(error).__name__}", state=JobState.FAILED)
        return record_end(job, ending, self._store, stopped=self._stop.stopped, timing=self._timing)


class _Renewal:
    """Keeps a claim alive beside work that may say nothing for a while, and knows its limit."""

    def __init__(self, store: Store, job: Job, limit_s: float, timing: Timing) -> None:
        self._store = store
        self._claim = claim_of(job)
        self._timing = timing
        self._limit_s = limit_s
        self._began = time.monotonic()
        self._told = float("-inf")
        self._lease = LeaseState.HELD
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="job-renewal", daemon=True)

    def __enter__(self) -> "_Renewal":
        self._renew(0.0, "starting")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def tell(self, share: float, detail: str) -> None:
        """Record progress, not too often.

        Raises:
            Cancelled: The work is wanted no more.
            FaqbotError: It has taken too long.
        """
        now = time.monotonic()
        if now - self._told > self._timing.record_every:
            self._told = now
            self._renew(share, detail)
        if self._lease is not LeaseState.HELD:
            raise Cancelled
        if now - self._began > self._limit_s:
            raise FaqbotError(
                f"ended after {self._limit_s / 3600:g} h, the limit ([bot] job_time_limit_hours)"
            )

    def _renew(self, share: float | None = None, detail: str | None = None) -> None:
        try:
            self._lease = self._store.jobs.renew(self._claim, share, detail)
        except FaqbotError as error:
            # The store may be back before the lease ends.
            log.error("job_renewal_failed", job=self._claim.job_id, reason=str(error))

    def _run(self) -> None:
        while not self._over.wait(self._timing.renew_every):
            self._renew()
