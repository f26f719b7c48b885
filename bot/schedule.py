"""The schedule: asks for jobs when their time has come.

It only writes to the store. Each time on the schedule has a name there, its slot: however many
processes keep the schedule, a job is asked for once.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from tzlocal import get_localzone

from bot.cron import OFF, Crontab, read_zone
from bot.settings import BotSettings
from index.errors import FaqbotError, SettingsError
from index.jobs import registry
from index.jobs.extras import can_train
from index.jobs.recording import SCHEDULE
from index.store import Store

# A machine that was asleep at a time on the schedule asks for the job so soon after.
LOOK_EVERY = timedelta(minutes=5)

log = structlog.get_logger(__name__)


def timetable(bot: BotSettings) -> dict[str, Crontab]:
    """What is done by itself, and when: a retrain only where it can be done.

    Raises:
        SettingsError: No time zone is set, and the machine does not say which one it is in.
    """
    zone = _zone(bot)
    times = {}
    for known in registry.JOB_TYPES.values():
        # Where it cannot be done, a failed job each night would help nobody.
        if known.schedule and (can_train() or not known.needs_training):
            line = str(getattr(bot, known.schedule.setting))
            if line != OFF:
                times[known.kind] = Crontab(line, zone)
    return times


class Schedule:
    """Asks for jobs at their times, and at the start for those whose time was missed."""

    def __init__(
        self,
        store: Store,
        bot: BotSettings,
        wake: Callable[[], None] = lambda: None,
        *,
        look_every: timedelta = LOOK_EVERY,
    ) -> None:
        """Args:
        wake: Called after a job was asked for.
        look_every: How often the clock is asked what is due, besides the timers.

        Raises:
            SettingsError: The machine's time zone cannot be found out.
        """
        self._store = store
        self._wake = wake
        self._look_every = look_every
        self._times = timetable(bot)
        self._bot = bot
        self._scheduler = BackgroundScheduler(timezone=UTC)

    def start(self) -> None:
        for kind, times in self._times.items():
            self.request_due(kind)
            # Timers stand still while a machine sleeps; for what is due the clock is asked.
            for trigger in (times, IntervalTrigger(seconds=int(self._look_every.total_seconds()))):
                # However late it fires: what is due is found out then.
                self._scheduler.add_job(
                    self.request_due, trigger, args=(kind,), misfire_grace_time=None, coalesce=True
                )
        self._scheduler.start()
        if not can_train():
            log.warning("retrain_not_scheduled", reason="the extra `train` is not installed")

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown()

    def request_due(self, kind: str, now: datetime | None = None) -> None:
        """Ask for a job if a time for it has come since the last one; for one, if many have.

        Args:
            now: The time it is; None looks at the clock.
        """
        scheduled = registry.job_type(kind).schedule
        assert scheduled is not None, f"{kind} is on no schedule"
        more = {name: getattr(self._bot, of) for name, of in scheduled.arguments_from.items()}
        told = scheduled.channel_from
        now = now or datetime.now(UTC)
        try:
            last = self._last(kind, now)
            due = self._times[kind].latest(last, now) if last else None
            if due is None:
                return
            slot = due.isoformat(timespec="minutes")
            job, is_new = self._store.jobs.request(
                kind,
                arguments={**scheduled.arguments, **more},
                requested_by=SCHEDULE,
                slot=slot,
                channel=getattr(self._bot, told) if told else None,
            )
        except Exception as error:  # the next time on the schedule must come all the same
            known = isinstance(error, FaqbotError)
            log.error("schedule_failed", reason=str(error) if known else type(error).__name__)
            return
        if is_new:
            log.info("job_scheduled", job=job.id, kind=kind, slot=slot)
            self._wake()

    def _last(self, kind: str, now: datetime) -> datetime | None:
        """From when on times count: what was never on the schedule has missed nothing."""
        if slot := self._store.jobs.newest_slot(kind, now):
            return datetime.fromisoformat(slot)
        if not self._store.generations.all():
            return None
        return self._store.jobs.scheduled_since(kind, now)


def _zone(bot: BotSettings) -> tzinfo:
    if bot.timezone is not None:
        return read_zone(bot.timezone)
    try:
        zone: tzinfo = get_localzone()
    except (KeyError, ValueError, OSError) as error:
        raise SettingsError(
            f"the machine's time zone is unknown ({error}); "
            f"set [bot] timezone ({bot.variable('timezone')}), such as Europe/Berlin"
        ) from None
    return zone
