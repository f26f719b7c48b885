"""A job in a process of its own, as its parent sees it: started, watched, ended, recorded.

`index/jobs/child.py` is the other side and describes what goes over the pipes. The work may take
all the memory it wants, crash or hang: whoever answers questions is another process.
"""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, TypeVar

import structlog

from index import processes
from index.errors import FaqbotError, StoreError
from index.progress import Report
from index.settings import IndexSettings
from index.store import Store
from index.store.jobs import RENEW_EVERY_S, Claim, LeaseState
from index.store.types import Job, JobKind, JobState

# -P: whatever stands in the working directory is not what is run.
_PYTHON = (sys.executable, "-P", "-m")
_INDEX_WORK = (*_PYTHON, "index.jobs")
COMMANDS: Mapping[JobKind, Sequence[str]] = {
    JobKind.RETRAIN: (*_PYTHON, "train"),
    JobKind.REINDEX: _INDEX_WORK,
    JobKind.ROLLBACK: _INDEX_WORK,
    JobKind.PURGE: _INDEX_WORK,
}
LOG = "log.txt"
# Who asked for what the schedule asked for.
SCHEDULE = "schedule"
# Of the environment's variables the child gets all but these: it never speaks with Slack.
_NOT_INHERITED = ("SLACK_", "FAQBOT_BOT_SLACK_")
_ON_REQUEST = (JobState.CANCELLED, "cancelled on request")
# Seconds in which a child that was asked to end has to clean up.
GRACE_S = 20.0
# How often a lease is renewed at most because there is progress to record.
RECORD_EVERY_S = 1.0
# How long, about, and in which steps it is tried to record an end while the store is away.
STORE_PATIENCE_S = 60.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 10.0
_LOOK_EVERY_S = 0.25
_MOMENT_S = 0.02
_NOTHING_SAID = (0.0, "")

T = TypeVar("T")

log = structlog.get_logger(__name__)


class StopRequest(threading.Event):
    """Set to end a running job; says why, and how long the child may take to clean up."""

    def __init__(self, reason: str, grace_s: float = GRACE_S) -> None:
        super().__init__()
        self.reason = reason
        self.grace_s = grace_s


def can_train() -> bool:
    """Whether the packages for training are installed; they are not imported."""
    return importlib.util.find_spec("quaterion") is not None


def require_training() -> None:
    """Check that the packages for training are installed.

    Raises:
        FaqbotError: They are not.
    """
    if not can_train():
        raise FaqbotError(
            "training needs the extra `train`: from faqbot's folder, "
            "uv pip install -e '.[train]' -c constraints.txt"
        )


def run_job(
    job: Job,
    store: Store,
    index: IndexSettings,
    config: Path | None,
    *,
    limit_s: float,
    stop: StopRequest,
    on_progress: Report = lambda share, detail: None,
    commands: Mapping[JobKind, Sequence[str]] = COMMANDS,
) -> Job:
    """Run a job that this process has claimed or begun, and record how it ended.

    Args:
        config: The configuration file that the child reads, too; None: the usual one.
        limit_s: Seconds after which the job is ended, as failed.
        stop: Ends the job, as cancelled.

    Returns:
        The job as it is recorded in the end. Where somebody else has taken it for dead
        meanwhile, what they recorded. Where a stop ended what the schedule had asked for, it
        waits for its turn again.

    Raises:
        StoreError: The store was away for so long that the end could not be recorded.
    """
    assert job.owner is not None, "it is claimed"
    claim = Claim(job.id, job.owner)
    folder = index.jobs_dir / str(job.id)
    try:
        if job.kind is JobKind.RETRAIN:
            require_training()
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / LOG).open("ab") as file:
            child = _Child(commands[job.kind], file)
            try:
                child.order(_order(job, claim, index, config))
                state, detail, result = _follow(
                    job, claim, child, store, limit_s, stop, on_progress, folder / LOG
                )
            finally:
                child.close()
    except FaqbotError as error:
        state, detail, result = JobState.FAILED, str(error), {}
    except OSError as error:
        reason = error.strerror or type(error).__name__
        state, detail, result = JobState.FAILED, f"{error.filename or folder}: {reason}", {}
    if state is not JobState.DONE:
        detail += patiently(lambda: _what_it_left(job, store))
    return record_end(job, claim, store, state, detail, result, stop)


def record_end(
    job: Job,
    claim: Claim,
    store: Store,
    state: JobState,
    detail: str,
    result: dict[str, Any],
    stop: StopRequest,
) -> Job:
    """Record how a job ended; returns it as it is then.

    What the schedule asked for and a stop ended waits for its turn again: its time comes only
    once.

    Raises:
        StoreError: The store was away for too long.
    """
    if state is JobState.CANCELLED and stop.is_set() and job.requested_by == SCHEDULE:
        waits = f"waits for its turn again: {stop.reason}"
        if patiently(lambda: store.jobs.put_back(claim, waits)):
            return patiently(lambda: store.jobs.get(job.id)) or job
    if not patiently(lambda: store.jobs.finish(job.id, state, result, detail, owner=claim.owner)):
        log.error("job_lost", job=job.id, kind=job.kind)
    return patiently(lambda: store.jobs.get(job.id)) or job


def patiently(act: Callable[[], T]) -> T:
    """Do something in the store, again and again for a while where it is away.

    Raises:
        StoreError: It is away for too long.
    """
    deadline = time.monotonic() + STORE_PATIENCE_S
    pause = _FIRST_PAUSE_S
    while True:
        try:
            return act()
        except StoreError as error:
            if time.monotonic() + pause > deadline:
                raise
            log.error("store_away", reason=str(error))
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_S)


def fail_abandoned(store: Store) -> None:
    """Mark jobs as failed whose runners are gone: at once where that was on this machine."""
    running = store.jobs.latest(100, states=(JobState.RUNNING,))
    for owner in {job.owner for job in running if job.owner}:
        if processes.is_dead(owner):
            store.jobs.fail_abandoned_by(owner)
    if any(job.kind is not JobKind.IMPORT for job in running):
        store.jobs.fail_abandoned()


def _order(job: Job, claim: Claim, index: IndexSettings, config: Path | None) -> dict[str, Any]:
    return {
        "job_id": claim.job_id,
        "owner": claim.owner,
        "kind": job.kind,
        "arguments": job.arguments,
        "index": index.revealed(),
        "config": None if config is None else str(config.absolute()),
    }


class _Child:
    """The process, and what it has said so far."""

    def __init__(self, command: Sequence[str], log_file: IO[bytes]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log_file,
            env={k: v for k, v in os.environ.items() if not k.startswith(_NOT_INHERITED)},
            # A session of its own: Ctrl-C reaches the parent alone, which then decides.
            start_new_session=True,
        )
        self._log_file = log_file
        self.progress = _NOTHING_SAID
        self.ending: tuple[JobState, str, dict[str, Any]] | None = None
        self._silent = threading.Event()
        self._reader = threading.Thread(target=self._read, name="job-output", daemon=True)
        self._reader.start()

    def order(self, order: dict[str, Any]) -> None:
        """Say what to do. The pipe stays open: its end tells the child that its parent is gone."""
        assert self._process.stdin is not None
        with suppress(OSError):  # it has ended already; its status says how
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()

    def wait(self, seconds: float) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""
        if self._silent.wait(seconds):
            time.sleep(_MOMENT_S)  # from its last word to its end
        status = self._process.poll()
        if status is not None:
            # What it started and left behind would keep the pipe open, and go on.
            self._kill_group()
            self._reader.join(RECORD_EVERY_S)
        return status

    def terminate(self) -> None:
        """Ask it to clean up and end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it, and what it started, at once."""
        self._kill_group()
        self._process.kill()

    def close(self) -> None:
        """Leave nothing behind, whatever happened."""
        if self._process.poll() is None:
            self.kill()
            self._process.wait()
            self._reader.join(RECORD_EVERY_S)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(OSError):
            self._process.stdin.close()
        if not self._reader.is_alive():
            self._process.stdout.close()

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                # No database's JSON has a value for what is not a number.
                self._take(json.loads(line, parse_constant=lambda _: None))
            except (ValueError, KeyError, TypeError):
                # Not ours: a library's word, which belongs to the log.
                with suppress(ValueError, OSError):  # which may be closed, or full
                    self._log_file.write(line)
                    self._log_file.flush()
        self._silent.set()

    def _take(self, said: dict[str, Any]) -> None:
        if "state" in said:
            state = JobState(said["state"])
            if not state.is_over:
                raise ValueError(f"{state} is no ending")
            self.ending = state, str(said["detail"]), dict(said.get("result") or {})
        else:
            share = float(said["progress"])
            if not 0 <= share <= 1:
                raise ValueError(f"{share} is no share")
            self.progress = share, str(said["detail"])


def _follow(
    job: Job,
    claim: Claim,
    child: _Child,
    store: Store,
    limit_s: float,
    stop: StopRequest,
    on_progress: Report,
    log_path: Path,
) -> tuple[JobState, str, dict[str, Any]]:
    """Watch over a child until it has ended; returns state, detail and result of the job."""
    started = renewed = time.monotonic()
    # Not what it says by now: it may have begun already, and that is news too.
    recorded = shown = _NOTHING_SAID
    asked_to_end: tuple[JobState, str] | None = None
    ended_by: float | None = None  # when it is killed, at the latest
    while (status := child.wait(_LOOK_EVERY_S)) is None:
        now = time.monotonic()
        news = child.progress
        lease = LeaseState.HELD
        if now - renewed > (RENEW_EVERY_S if news == recorded else RECORD_EVERY_S):
            lease = _renew(store, claim, news)
            renewed, recorded = now, news
            if lease is LeaseState.LOST:
                # Somebody else may be at it.
                child.kill()
                continue
        if news != shown:
            shown = news
            on_progress(*news)
        if ended_by is not None:
            if now > ended_by:
                child.kill()
        elif child.ending is not None:
            # It is done; what keeps it from leaving is of no interest.
            ended_by = now + stop.grace_s
        else:
            if stop.is_set():
                asked_to_end = JobState.CANCELLED, f"cancelled: {stop.reason}"
            elif lease is LeaseState.CANCELLED:
                asked_to_end = _ON_REQUEST
            elif now - started > limit_s:
                asked_to_end = (
                    JobState.FAILED,
                    f"ended after {limit_s / 3600:g} h, the limit "
                    f"([bot] job_time_limit_hours); see {log_path}",
                )
            if asked_to_end is not None:
                child.terminate()
                ended_by = now + stop.grace_s
    # What it says it has done it has done, even if it was asked to end just then.
    if child.ending is not None and child.ending[0] is JobState.DONE:
        return child.ending
    if asked_to_end is None and child.ending is not None and _is_cancelled(store, claim):
        # It ran into the fence before it was told.
        asked_to_end = _ON_REQUEST
    if asked_to_end is not None:
        return *asked_to_end, child.ending[2] if child.ending else {}
    if child.ending is not None:
        return child.ending
    return JobState.FAILED, f"the {job.kind} process {_how(status)}; see {log_path}", {}


def _is_cancelled(store: Store, claim: Claim) -> bool:
    job = patiently(lambda: store.jobs.get(claim.job_id))
    return job is not None and job.cancel_requested


def _renew(store: Store, claim: Claim, news: tuple[float, str]) -> LeaseState:
    share, detail = news
    try:
        return store.jobs.renew(claim, share, detail or None)
    except FaqbotError as error:
        # The store may be back before the lease ends; if not, the switch is fenced.
        log.error("job_renewal_failed", job=claim.job_id, reason=str(error))
        return LeaseState.HELD


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
    if job.kind is not JobKind.ROLLBACK:
        return (
            f" (its generation {live.id} had gone live, and answers)"
            if live.job_id == job.id
            else ""
        )
    # Another job built that one; but no other one has run since this one began.
    moved = live.live_at and job.started_at and live.live_at >= job.started_at
    return f" (generation {live.id} had gone live again, and answers)" if moved else ""
