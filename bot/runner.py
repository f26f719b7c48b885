"""What runs jobs in a process: the worker, and the schedule that it is woken by."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import structlog

from bot.schedule import Schedule
from bot.settings import BotSettings
from index import processes
from index.generations.check import check
from index.generations.follow import Serving
from index.jobs.protocol import JobEnding
from index.jobs.results import CheckResult
from index.jobs.worker import KINDS, Task, Worker
from index.progress import Report
from index.settings import IndexSettings
from index.store import Store
from index.store.types import Job, JobKind, JobState

CHECK = "index check"

log = structlog.get_logger(__name__)


class Runner:
    """Runs jobs and keeps the schedule, until it is stopped."""

    def __init__(
        self,
        store: Store,
        index: IndexSettings,
        bot: BotSettings,
        config: Path | None,
        *,
        serving: Serving | None = None,
        works: bool = True,
    ) -> None:
        """Args:
        config: The configuration file for child processes; None: the usual one.
        serving: What is served by this process, which then runs the checks of the index.
        works: Whether other jobs are run here, too, and the schedule is kept.

        Raises:
            SettingsError: The machine's time zone cannot be found out.
        """
        kinds: Sequence[JobKind] = KINDS if works else ()
        here = {} if serving is None else {JobKind.CHECK: check_of(serving, store)}
        self._worker = Worker(
            store, index, config, limit_hours=bot.job_time_limit_hours, kinds=kinds, here=here
        )
        self._schedule = Schedule(store, bot, self._worker.wake) if works else None

    def start(self) -> None:
        self._worker.start()
        if self._schedule is not None:
            self._schedule.start()

    def wake(self) -> None:
        """Say that a job was asked for."""
        self._worker.wake()

    def stop(self) -> None:
        """Run nothing more; a running job is ended, and waits again if it was scheduled."""
        if self._schedule is not None:
            self._schedule.stop()
        self._worker.stop()


def work(index: IndexSettings, bot: BotSettings, config: Path | None) -> None:
    """Run jobs, and nothing else, until SIGTERM or SIGINT.

    Raises:
        FaqbotError: It cannot start; the message says what to do.
    """
    stop = processes.stop_on_signal()
    with closing(Store.open(index.store_url)) as store:
        runner = Runner(store, index, bot, config)
        log.info("worker_started", store=store.database.where)
        runner.start()
        stop.wait()
        log.info("stopping")
        runner.stop()
    log.info("stopped")


def check_of(serving: Serving, store: Store) -> Task:
    """A check of what is served against the store; where it fails, a reindex is asked for."""

    def run(job: Job, report: Report) -> JobEnding:
        with serving.use() as live:
            problems = check(live, store, report)
        if problems is None:
            return JobEnding("not checked: the index is following the store")
        if not problems:
            return JobEnding("the index matches the store", CheckResult([]))
        repair, _ = store.jobs.request(JobKind.REINDEX, requested_by=CHECK)
        return JobEnding(
            f"the index does not match the store: {'; '.join(problems)}; "
            f"reindex (job {repair.id}) is asked for",
            CheckResult(list(problems), repair.id),
            JobState.FAILED,
        )

    return run
