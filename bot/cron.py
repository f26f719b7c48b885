"""Cron lines as cron reads them, as a trigger for APScheduler."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger

OFF = "off"
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_TICK = timedelta(microseconds=1)
# How far back the latest due time is looked for, step by step: first where it most often is.
_BACK = tuple(timedelta(days=days) for days in (0.1, 1.1, 8, 32, 400))


class Crontab(BaseTrigger):  # type: ignore[misc]
    """A cron line in a time zone.

    APScheduler's own reading of a cron line differs from cron in ways that matter: its weekday 0
    is Monday; a day of the month and a weekday must both hold, where for cron one of them does; in
    the night in which the clock is set back it fires twice, and after the one in which it is set
    forward it passes over the next midnight. So it only reads a clock that is never changed here.
    """

    def __init__(self, line: str, zone: tzinfo) -> None:
        """Args:
        line: Minute, hour, day of the month, month and weekday.

        Raises:
            ValueError: It is none, or names no day that ever comes; the message is one line.
        """
        fields = line.split()
        try:
            if len(fields) != 5:
                raise ValueError(f"it has {len(fields)} fields instead of 5")
            minute, hour, day, month, weekday = fields
            weekday = _names(weekday)
            days = [(day, weekday)]
            if not day.startswith("*") and not fields[4].startswith("*"):
                days = [(day, "*"), ("*", weekday)]
            # They are asked for what the clock on the wall shows, as if that were UTC.
            self._parts = [
                CronTrigger(
                    minute=minute, hour=hour, day=day, month=month, day_of_week=name, timezone=UTC
                )
                for day, name in days
            ]
        except ValueError as error:
            raise ValueError(
                f'{line!r} is no cron line ({error}); write it like "0 2 * * *" (at 02:00; '
                f'minute, hour, day, month, weekday), or "{OFF}"'
            ) from None
        self._zone = zone
        # Somebody who names an hour wants it once a day, even if the hour comes twice.
        self._repeats = hour.startswith("*")
        self._line = line
        if self.after(datetime.now(UTC)) is None:
            raise ValueError(f"{line!r} names a day that never comes")

    def after(self, moment: datetime) -> datetime | None:
        """The first time later than a moment, in UTC."""
        found = [time for part in self._parts if (time := self._after(part, moment))]
        return min(found, default=None)

    def latest(self, after: datetime, now: datetime) -> datetime | None:
        """The last time that is later than `after` and not later than `now`, in UTC."""
        for back in _BACK:
            start = max(after, now - back)
            *_, last = (None, *self._between(start, now))
            if last is not None or start == after:
                return last
        return None

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        return self.after(previous or now - _TICK)

    def __str__(self) -> str:
        return self._line

    def _between(self, start: datetime, end: datetime) -> Iterator[datetime]:
        time = self.after(start)
        while time is not None and time <= end:
            yield time
            time = self.after(time)

    def _after(self, part: CronTrigger, moment: datetime) -> datetime | None:
        return self._each(part, moment) if self._repeats else self._once(part, moment)

    def _once(self, part: CronTrigger, moment: datetime) -> datetime | None:
        """The next time, where one that the clock shows twice counts once, at the first."""
        shown = _next(part, moment.astimezone(self._zone).replace(tzinfo=UTC, fold=0))
        while shown is not None:
            # One that the clock skips comes as if it had not been set yet.
            time = shown.replace(tzinfo=self._zone).astimezone(UTC)
            if time > moment:
                return time
            shown = _next(part, shown)
        return None

    def _each(self, part: CronTrigger, moment: datetime) -> datetime | None:
        """The next time, where one that the clock shows twice counts twice."""
        offset = self._offset(moment)
        shown = _next(part, moment.astimezone(UTC) + offset)
        if shown is None or self._offset(shown - offset) == offset:
            return shown and shown - offset
        # The clock is changed in between: the first one by the clock as it is then.
        offset = self._offset(shown - offset)
        shown = _next(part, moment.astimezone(UTC) + offset)
        while shown is not None and self._offset(shown - offset) != offset:
            shown = _next(part, shown)
        return shown and shown - offset

    def _offset(self, moment: datetime) -> timedelta:
        return moment.astimezone(self._zone).utcoffset() or timedelta()


def _next(part: CronTrigger, shown: datetime) -> datetime | None:
    """The next time of a part that a clock shows which is never changed."""
    found: datetime | None = part.get_next_fire_time(None, shown + _TICK)
    return found


def read_zone(name: str) -> ZoneInfo:
    """A time zone by its name.

    Raises:
        ValueError: There is none of that name; the message is one line.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(
            f"{name!r} is no known time zone; write it like Europe/Berlin or UTC"
        ) from None


def _names(field: str) -> str:
    """A cron line's weekdays by their names, which mean the same to APScheduler."""
    if field == "*":
        return field
    found: set[int] = set()
    for item in field.lower().split(","):
        span, _, step = item.partition("/")
        first, dash, last = span.partition("-")
        if step and not (step.isdigit() and int(step)):
            raise ValueError(f"{item!r} is no weekday")
        start = 0 if span == "*" else _weekday(first)
        end = 6 if span == "*" or (step and not dash) else _weekday(last) if dash else start
        if dash and end == 0:
            end = 7  # as in fri-sun
        if start > end:
            raise ValueError(f"{item!r} ends before it begins")
        found.update(range(start, end + 1, int(step or 1)))
    return ",".join(sorted({_WEEKDAYS[day % 7] for day in found}))


def _weekday(text: str) -> int:
    if text in _WEEKDAYS:
        return _WEEKDAYS.index(text)
    if text.isdigit() and int(text) <= 7:
        return int(text)
    raise ValueError(f"{text!r} is no weekday")
