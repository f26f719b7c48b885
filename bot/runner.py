"""What runs jobs in a process: the worker, and the schedule that it is woken by."""

from contextlib import closing
from pathlib import Path

import structlog

from bot.patience import patiently
from bot.schedule import Schedule
from bot.settings import BotSettings
from index import processes
from index.generations.follow import Serving
from index.jobs import registry
from index.jobs.registry import Runs
from index.jobs.supervisor import Supervisor
from index.jobs.worker import Task, Worker, worker_stop
from index.settings import IndexSettings
from index.store import Store

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
        serving: What is served by this process, which then runs what looks into it, such as checks.
        works: Whether other jobs are run here, too, and the schedule is kept.

        Raises:
            SettingsError: The machine's time zone cannot be found out.
        """
        here: dict[str, Task] = {}
        if serving is not None:
            for kind in registry.kinds(Runs.WHERE_SERVED):
                here[kind] = registry.job_type(kind).load_task()(serving, store)
        supervisor = Supervisor(
            store,
            index,
            config,
            limit_s=bot.job_time_limit_hours * 3600,
            stop=worker_stop(),
            precisions=bot.stated_precisions,
        )
        self._worker = Worker(supervisor, kinds=None if works else (), here=here)
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
    opened = patiently(lambda: Store.open(index.store_url), bot.start_patience, stop)
    if opened is None:
        return
    with closing(opened) as store:
        runner = Runner(store, index, bot, config)
        log.info("worker_started", store=store.database.where)
        runner.start()
        stop.wait()
        log.info("stopping")
        runner.stop()
    log.info("stopped")
