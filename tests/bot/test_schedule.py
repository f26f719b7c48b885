"""The schedule: cron lines as cron reads them, time zones, what was missed, and asked for once."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from bot import schedule as module
from bot.cron import Crontab
from bot.schedule import LOOK_EVERY, Schedule, timetable
from bot.settings import BotSettings
from index.errors import FaqbotError, SettingsError
from index.store import Store
from index.store.tables import generations, pointers
from index.store.types import Job, JobKind, JobState
from tests.support.tables import table
from tests.support.waiting import until

BERLIN = ZoneInfo("Europe/Berlin")
# A Monday.
MONDAY = datetime(2026, 11, 23, 12, tzinfo=UTC)


def times(line: str, start: datetime, count: int, zone: Any = UTC) -> list[str]:
    """The next times of a line, as a clock in the zone shows them."""
    crontab, found = Crontab(line, zone), []
    for _ in range(count):
        moment = crontab.after(start)
        assert moment is not None
        found.append(f"{moment.astimezone(zone):%a %d %b %H:%M}")
        start = moment
    return found


# -- cron lines ----------------------------------------------------------------------------


@table(
    [
        ("0", "Sun"),
        ("7", "Sun"),
        ("1", "Mon"),
        ("6", "Sat"),
        ("1-5", "Mon Tue Wed Thu Fri"),
        ("5-7", "Fri Sat Sun"),
        ("0-1", "Mon Sun"),
        ("*/2", "Tue Thu Sat Sun"),
        ("1-5/2", "Mon Wed Fri"),
        ("4/2", "Thu Sat"),
        ("mon,THU", "Mon Thu"),
        ("fri-sun", "Fri Sat Sun"),
        ("*", "Mon Tue Wed Thu Fri Sat Sun"),
    ],
)
def test_weekdays_are_those_of_cron(weekday: str, days: str) -> None:
    found = times(f"0 2 * * {weekday}", MONDAY - timedelta(days=1), len(days.split()))
    assert sorted(time[:3] for time in found) == sorted(days.split())


def test_a_day_of_the_month_or_a_weekday_is_enough() -> None:
    assert times("0 2 25 * 5", MONDAY, 3) == [
        "Wed 25 Nov 02:00",
        "Fri 27 Nov 02:00",
        "Fri 04 Dec 02:00",
    ]


def test_with_a_star_both_must_hold() -> None:
    assert times("0 2 1-7 * *", MONDAY, 1) == ["Tue 01 Dec 02:00"]
    assert times("0 2 */1 * mon", MONDAY, 1) == ["Mon 30 Nov 02:00"]


NO_LINES = """
0 2 * *
0 2 * * * *
61 2 * * *
0 25 * * *
x * * * *
0 2 0 * *
0 2 31 2 *
0 2 * 13 *
0 2 * * 8
0 2 * * someday
0 2 * * 5-3
0 2 * * */0
0 2 * * 1-
off off
@daily
"""


@pytest.mark.parametrize("line", NO_LINES.strip().splitlines())
def test_a_line_that_is_none_is_said_in_one_line(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAQBOT_BOT_RETRAIN_SCHEDULE", line)
    with pytest.raises(SettingsError, match=r"\[bot\] retrain_schedule") as error:
        BotSettings.load()
    assert "\n" not in str(error.value)


def test_an_unknown_time_zone_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAQBOT_BOT_TIMEZONE", "Europe/Atlantis")
    with pytest.raises(SettingsError, match="'Europe/Atlantis' is no known time zone") as error:
        BotSettings.load()
    assert "\n" not in str(error.value)


def test_the_time_zone_decides_when_it_is_two() -> None:
    settings = BotSettings(timezone="America/New_York")
    found = timetable(settings)[JobKind.RETRAIN].after(MONDAY)
    assert found == datetime(2026, 11, 24, 7, tzinfo=UTC)


def test_without_a_setting_it_is_the_machine_s_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "get_localzone", lambda: BERLIN)
    found = timetable(BotSettings())[JobKind.RETRAIN].after(MONDAY)
    assert found == datetime(2026, 11, 24, 1, tzinfo=UTC)


def test_a_machine_without_a_time_zone_is_told_to_set_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> Any:
        raise KeyError("no zone")

    monkeypatch.setattr(module, "get_localzone", unknown)
    with pytest.raises(SettingsError, match=r"set \[bot\] timezone"):
        timetable(BotSettings())
    assert timetable(BotSettings(timezone="UTC"))


def test_what_is_off_and_what_cannot_be_done_is_not_scheduled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert set(timetable(BotSettings())) == {JobKind.RETRAIN, JobKind.CHECK, JobKind.PURGE}
    assert set(timetable(BotSettings(check_schedule="off"))) == {JobKind.RETRAIN, JobKind.PURGE}
    monkeypatch.setattr(module, "can_train", lambda: False)
    assert set(timetable(BotSettings())) == {JobKind.CHECK, JobKind.PURGE}


# -- clocks that are changed ---------------------------------------------------------------


@pytest.mark.parametrize("line", ["0 2 * * *", "30 2 * * *", "0 3 * * *"])
@pytest.mark.parametrize("night", [datetime(2026, 3, 29), datetime(2026, 10, 25)])
def test_in_a_night_of_a_clock_change_it_runs_once(line: str, night: datetime) -> None:
    noon_before = (night - timedelta(hours=12)).replace(tzinfo=BERLIN)
    found = times(line, noon_before, 3, BERLIN)
    assert [time[:10] for time in found] == [
        f"{night + timedelta(days=day):%a %d %b}" for day in range(3)
    ]


def test_in_an_hour_that_comes_twice_an_hourly_job_runs_twice() -> None:
    start = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)  # 01:30
    found = times("0 * * * *", start, 4, BERLIN)
    assert [time[-5:] for time in found] == ["02:00", "02:00", "03:00", "04:00"]


NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # half an hour
SANTIAGO = ZoneInfo("America/Santiago")  # at midnight


@table(
    [
        (BERLIN, "0 0 * * *", datetime(2026, 3, 28, 12), "29 Mar, 30 Mar, 31 Mar"),
        (BERLIN, "30 0 * * *", datetime(2026, 3, 29, 1, 59), "30 Mar, 31 Mar"),
        (BERLIN, "30 0 * * *", datetime(2026, 3, 29, 12), "30 Mar, 31 Mar"),
        (BERLIN, "0 0 * * 1", datetime(2026, 3, 24), "30 Mar, 06 Apr"),
        (BERLIN, "0 0 1 * *", datetime(2026, 3, 20), "01 Apr, 01 May"),
        (BERLIN, "0 0 * * *", datetime(2026, 10, 24, 12), "25 Oct, 26 Oct, 27 Oct"),
        (NEW_YORK, "0 0 * * *", datetime(2026, 3, 7, 12), "08 Mar, 09 Mar, 10 Mar"),
        (NEW_YORK, "0 0 * * 1", datetime(2026, 3, 3), "09 Mar, 16 Mar"),
        (NEW_YORK, "0 0 1 * *", datetime(2026, 2, 20), "01 Mar, 01 Apr"),
        (LORD_HOWE, "15 0 * * *", datetime(2026, 10, 3, 12), "04 Oct, 05 Oct, 06 Oct"),
        (SANTIAGO, "30 1 * * *", datetime(2026, 9, 5, 12), "06 Sep, 07 Sep, 08 Sep"),
    ],
)
def test_no_night_around_a_clock_change_is_left_out(
    zone: ZoneInfo, line: str, start: datetime, days: str
) -> None:
    wanted = days.split(", ")
    found = times(line, start.replace(tzinfo=zone), len(wanted), zone)
    assert [time[4:10] for time in found] == wanted


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, SANTIAGO])
def test_a_nightly_line_comes_once_a_day_all_year(zone: ZoneInfo) -> None:
    found = times("20 0 * * *", datetime(2026, 1, 1, tzinfo=zone), 365, zone)
    year = [datetime(2026, 1, 1) + timedelta(days=day) for day in range(365)]
    assert [time[4:10] for time in found] == [f"{day:%d %b}" for day in year]


# -- what was missed -----------------------------------------------------------------------


def test_the_latest_missed_time_is_found_however_long_ago_it_was() -> None:
    crontab = Crontab("0 2 * * *", UTC)
    two = MONDAY.replace(hour=2)
    assert crontab.latest(MONDAY - timedelta(days=900), MONDAY) == two
    assert crontab.latest(two - timedelta(seconds=1), MONDAY) == two
    assert crontab.latest(two, MONDAY) is None
    assert crontab.latest(two - timedelta(days=1), two) == two
    assert crontab.latest(MONDAY, two) is None
    yearly = Crontab("0 0 1 1 *", UTC)
    assert yearly.latest(MONDAY - timedelta(days=900), MONDAY) == datetime(2026, 1, 1, tzinfo=UTC)
    minutely = Crontab("* * * * *", UTC)
    assert minutely.latest(MONDAY - timedelta(days=900), MONDAY) == MONDAY


Make = Callable[..., Schedule]


@pytest.fixture
def make(sqlite_store: Store) -> Iterator[Make]:
    made: list[Schedule] = []

    def make_one(
        store: Store = sqlite_store, look_every: timedelta = LOOK_EVERY, **settings: Any
    ) -> Schedule:
        bot = BotSettings(timezone="UTC", **settings)
        made.append(Schedule(store, bot, look_every=look_every))
        return made[-1]

    yield make_one
    for schedule in made:
        schedule.stop()


def asked(store: Store) -> list[Job]:
    return store.jobs.latest(100)


def later(**more: int) -> datetime:
    """Some time after the store was made."""
    return datetime.now(UTC) + timedelta(**more)


def end(store: Store, job: Job) -> None:
    store.jobs.finish(job.id, JobState.DONE, {})


def test_a_fresh_store_has_missed_nothing(sqlite_store: Store, make: Make) -> None:
    make().request_due(JobKind.RETRAIN)
    sqlite_store.generations.add("base", "faq-1")
    make().request_due(JobKind.RETRAIN)
    assert asked(sqlite_store) == []


def test_what_comes_onto_the_schedule_late_has_missed_nothing(
    sqlite_store: Store, make: Make
) -> None:
    """As after an upgrade, or when a schedule is switched on."""
    generation = sqlite_store.generations.add("base", "faq-1")
    with sqlite_store.database.write() as connection:
        connection.execute(
            sa.update(generations)
            .where(generations.c.id == generation.id)
            .values(created_at=datetime.now(UTC) - timedelta(days=900))
        )
    for kind in (JobKind.RETRAIN, JobKind.PURGE):
        make().request_due(kind)
    assert asked(sqlite_store) == []
    # A machine that is always off at two is not left out for ever.
    make().request_due(JobKind.RETRAIN, later(days=2))
    assert [job.kind for job in asked(sqlite_store)] == ["retrain"]


def test_many_missed_times_are_one_job(sqlite_store: Store, make: Make) -> None:
    sqlite_store.generations.add("base", "faq-1")
    now = later(days=9)
    make().request_due(JobKind.RETRAIN, now)
    (job,) = asked(sqlite_store)
    assert (job.kind, job.state, job.requested_by) == ("retrain", "queued", "schedule")
    two = now.replace(hour=2, minute=0)
    two -= timedelta(days=two > now)
    assert job.slot == f"{two:%Y-%m-%dT%H:%M}+00:00"
    end(sqlite_store, job)
    make().request_due(JobKind.RETRAIN, now)
    assert asked(sqlite_store) == [sqlite_store.jobs.get(job.id)]


def test_each_time_is_asked_for_once_whoever_keeps_the_schedule(
    open_store: Callable[[], Store], make: Make
) -> None:
    stores = [open_store() for _ in range(4)]
    stores[0].generations.add("base", "faq-1")
    schedules = [make(store) for store in stores]
    for day in (3, 4):
        now, start = later(days=day), threading.Barrier(len(schedules))

        def fire(schedule: Schedule, now: datetime = now, start: Any = start) -> None:
            start.wait()
            schedule.request_due(JobKind.RETRAIN, now)

        threads = [threading.Thread(target=fire, args=(schedule,)) for schedule in schedules]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        end(stores[0], asked(stores[0])[0])
    assert [job.state for job in asked(stores[0])] == ["done", "done"]


def test_a_time_that_comes_while_its_kind_runs_is_dealt_with(
    sqlite_store: Store, make: Make
) -> None:
    sqlite_store.generations.add("base", "faq-1")
    job = sqlite_store.jobs.begin(JobKind.RETRAIN, "somebody", requested_by="command line")
    now = later(days=2)
    make().request_due(JobKind.RETRAIN, now)
    end(sqlite_store, job)
    make().request_due(JobKind.RETRAIN, now)
    assert [found.id for found in asked(sqlite_store)] == [job.id]
    make().request_due(JobKind.RETRAIN, now + timedelta(days=1))
    assert len(asked(sqlite_store)) == 2


def test_the_jobs_are_told_what_the_settings_say(sqlite_store: Store, make: Make) -> None:
    sqlite_store.generations.add("base", "faq-1")
    schedule = make(keep_questions_days=7, admin_channel="C0123")
    for kind in (JobKind.PURGE, JobKind.RETRAIN):
        schedule.request_due(kind, later(days=2))
    retrain, purge = asked(sqlite_store)
    assert (purge.arguments, purge.channel) == ({"days": 7}, None)
    assert (retrain.arguments, retrain.channel) == ({"scheduled": True}, "C0123")


def test_a_store_that_is_away_does_not_end_the_schedule(
    sqlite_store: Store, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_store.generations.add("base", "faq-1")
    schedule = make()

    def away(kind: JobKind, now: datetime) -> Any:
        raise FaqbotError("the store cannot be reached")

    with monkeypatch.context() as patch:
        patch.setattr(sqlite_store.jobs, "newest_slot", away)
        schedule.request_due(JobKind.RETRAIN, later(days=2))
    assert asked(sqlite_store) == []
    schedule.request_due(JobKind.RETRAIN, later(days=2))
    assert len(asked(sqlite_store)) == 1


# -- the clock -----------------------------------------------------------------------------


def test_a_clock_that_was_once_years_ahead_does_not_end_the_schedule(
    sqlite_store: Store, make: Make
) -> None:
    sqlite_store.generations.add("base", "faq-1")
    schedule = make()
    schedule.request_due(JobKind.RETRAIN)
    schedule.request_due(JobKind.RETRAIN, later(days=11 * 365))
    (wrong,) = asked(sqlite_store)
    end(sqlite_store, wrong)

    schedule.request_due(JobKind.RETRAIN, later(days=2))
    schedule.request_due(JobKind.RETRAIN, later(days=3))
    # One more, which stands for both nights: nobody has run it yet.
    assert [job.id for job in asked(sqlite_store)] == [wrong.id + 1, wrong.id]


def test_a_clock_that_was_ahead_when_the_schedule_began_does_not_keep_it_from_beginning(
    sqlite_store: Store, make: Make
) -> None:
    sqlite_store.generations.add("base", "faq-1")
    schedule = make()
    schedule.request_due(JobKind.RETRAIN)
    with sqlite_store.database.write() as connection:
        of_schedule = pointers.c.name == f"schedule_{JobKind.RETRAIN}"
        wrong = int(later(days=11 * 365).timestamp())
        connection.execute(sa.update(pointers).where(of_schedule).values(value=wrong))
    schedule.request_due(JobKind.RETRAIN)
    assert asked(sqlite_store) == []
    schedule.request_due(JobKind.RETRAIN, later(days=2))
    assert len(asked(sqlite_store)) == 1


def test_a_clock_set_back_an_hour_repeats_no_job(sqlite_store: Store, make: Make) -> None:
    sqlite_store.generations.add("base", "faq-1")
    schedule = make()
    schedule.request_due(JobKind.RETRAIN)
    at = later(days=2).replace(hour=2, minute=30)
    schedule.request_due(JobKind.RETRAIN, at)
    (done,) = asked(sqlite_store)
    end(sqlite_store, done)
    for minutes in (-60, -31, 0, 60):
        schedule.request_due(JobKind.RETRAIN, at + timedelta(minutes=minutes))
    assert [job.id for job in asked(sqlite_store)] == [done.id]


def test_a_start_asks_for_what_was_missed_and_a_stop_ends_it(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(threading.enumerate())
    slot = f"{datetime.now(UTC) - timedelta(days=5):%Y-%m-%dT%H:%M}+00:00"
    job, _ = sqlite_store.jobs.request(JobKind.RETRAIN, slot=slot)
    end(sqlite_store, job)
    woken: list[int] = []
    schedule = Schedule(sqlite_store, BotSettings(timezone="UTC"), lambda: woken.append(1))
    schedule.start()
    assert [found.kind for found in asked(sqlite_store)] == ["retrain", "retrain"]
    assert woken == [1]
    schedule.stop()
    until(lambda: set(threading.enumerate()) <= before, "no thread is left")


def test_a_time_that_passed_while_the_machine_slept_is_found_afterwards(
    sqlite_store: Store, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its timers stood still: none of the schedule's fires."""
    monkeypatch.setattr(Crontab, "get_next_fire_time", lambda self, previous, now: None)
    fired: list[JobKind] = []
    schedule = make(look_every=timedelta(seconds=1), check_schedule="off", purge_schedule="off")
    monkeypatch.setattr(schedule, "request_due", fired.append)
    schedule.start()
    until(lambda: fired == [JobKind.RETRAIN] * 2, "at the start, and after a while")


def test_it_fires_when_the_time_comes(
    sqlite_store: Store, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    fired: list[JobKind] = []
    schedule = make(retrain_schedule="* * * * *", check_schedule="off", purge_schedule="off")
    monkeypatch.setattr(schedule, "request_due", fired.append)
    # Instead of the next minute.
    soon = datetime.now(UTC) + timedelta(seconds=0.2)
    monkeypatch.setattr(
        Crontab, "get_next_fire_time", lambda self, previous, now: None if previous else soon
    )
    schedule.start()
    until(lambda: fired == [JobKind.RETRAIN] * 2, "at the start, and then")
