"""Long work: what was asked for, who runs it, how it ended.

Whoever wants work done writes a row (`request`); a worker takes it (`claim`), or a command runs
it at once (`begin`). One job runs at a time, whatever its kind (`index/store/leases.py`).
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from index.store.database import Database
from index.store.leases import (
    Claim,
    JobRunning,
    LeaseState,
    fail_abandoned,
    is_claimed,
    lease_end,
    mark_interrupted,
    running_job,
    take_turn,
)
from index.store.tables import jobs, pointers
from index.store.types import Job, JobState

# How often a job is put back into the queue because its runner was stopped.
_AGAIN = 2
# A clock that is set back by less repeats no job.
_CLOCK_SET_BACK = timedelta(days=1)
# What does not tell one request for work from another.
_ASIDE = ("scheduled", "again")


class Jobs:
    """The `jobs` table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, kind: str, detail: str | None = None, *, owner: str | None = None) -> int:
        """Record work that needs no turn; returns the job's id, for `finish`."""
        with self._database.write() as connection:
            now = datetime.now(UTC)
            return self._insert(
                connection, kind, JobState.RUNNING, detail=detail, started_at=now, owner=owner
            ).id

    def request(
        self,
        kind: str,
        *,
        arguments: dict[str, Any] | None = None,
        requested_by: str | None = None,
        slot: str | None = None,
        channel: str | None = None,
    ) -> tuple[Job, bool]:
        """Ask for work.

        Args:
            slot: The time on the schedule that this stands for; a second request for the same
                kind and slot makes no second job, even after the first one is over.
            channel: Where in Slack its progress is shown.

        Returns:
            The job, and whether it is new: one that is waiting or running and does the same
            thing stands for this request too, unless it is being cancelled.
        """
        arguments = arguments or {}
        of_kind = sa.select(jobs).where(jobs.c.kind == kind).order_by(jobs.c.id)
        open_ = of_kind.where(
            jobs.c.state.in_((JobState.QUEUED, JobState.RUNNING)), ~jobs.c.cancel_requested
        )
        with self._database.write() as connection:
            take_turn(connection)
            fail_abandoned(connection)
            if slot is not None:
                row = connection.execute(of_kind.where(jobs.c.slot == slot)).one_or_none()
                if row is not None:
                    return _job(row), False
            for row in connection.execute(open_).all():
                if _what(row.arguments) == _what(arguments):
                    return _job(self._share(connection, row, arguments, slot, channel)), False
            job = self._insert(
                connection,
                kind,
                JobState.QUEUED,
                arguments=arguments,
                requested_by=requested_by,
                slot=slot,
                channel=channel,
            )
            return job, True

    def _share(
        self,
        connection: sa.Connection,
        row: sa.Row[Any],
        arguments: dict[str, Any],
        slot: str | None,
        channel: str | None,
    ) -> sa.Row[Any]:
        """Let an open job stand for a further request; returns its row."""
        values: dict[str, Any] = {}
        if slot is not None:
            # It stands for a later slot as well: that one must not come again.
            values = {"slot": slot, "channel": row.channel or channel}
        elif row.state == JobState.QUEUED and "scheduled" not in arguments:
            # Somebody wants it done, even if the schedule alone would find nothing to do.
            known = row.arguments or {}
            values = {"arguments": {k: v for k, v in known.items() if k != "scheduled"}}
        if not values:
            return row
        update = sa.update(jobs).where(jobs.c.id == row.id).values(values)
        return connection.execute(update.returning(jobs)).one()

    def begin(
        self,
        kind: str,
        owner: str,
        *,
        arguments: dict[str, Any] | None = None,
        requested_by: str | None = None,
    ) -> Job:
        """Start work at once.

        Raises:
            JobRunning: Another job has its turn.
        """
        with self._database.write() as connection:
            take_turn(connection)
            fail_abandoned(connection)
            if (row := running_job(connection)) is not None:
                raise JobRunning(_job(row))
            now = datetime.now(UTC)
            return self._insert(
                connection,
                kind,
                JobState.RUNNING,
                arguments=arguments or {},
                requested_by=requested_by,
                started_at=now,
                owner=owner,
                lease_until=lease_end(),
            )

    def claim(self, owner: str, kinds: Collection[str]) -> Job | None:
        """Take the oldest waiting job of these kinds; None where there is none or one runs."""
        with self._database.write() as connection:
            take_turn(connection)
            fail_abandoned(connection)
            if running_job(connection) is not None:
                return None
            now = datetime.now(UTC)
            oldest = (
                sa.select(jobs.c.id)
                .where(jobs.c.state == JobState.QUEUED, jobs.c.kind.in_(list(kinds)))
                .order_by(jobs.c.id)
                .limit(1)
            )
            row = connection.execute(
                sa.update(jobs)
                .where(jobs.c.id == oldest.scalar_subquery())
                .values(
                    state=JobState.RUNNING, owner=owner, started_at=now, lease_until=lease_end()
                )
                .returning(jobs)
            ).one_or_none()
        return None if row is None else _job(row)

    def renew(
        self, claim: Claim, progress: float | None = None, detail: str | None = None
    ) -> LeaseState:
        """Keep a claim alive, and record how far the job is."""
        values: dict[str, Any] = {"lease_until": lease_end()}
        if progress is not None:
            values["progress"] = min(max(progress, 0.0), 1.0)
        if detail is not None:
            values["detail"] = detail
        with self._database.write() as connection:
            row = connection.execute(
                sa.update(jobs)
                .where(*is_claimed(claim))
                .values(values)
                .returning(jobs.c.cancel_requested)
            ).one_or_none()
        if row is None:
            return LeaseState.LOST
        return LeaseState.CANCELLED if row.cancel_requested else LeaseState.HELD

    def cancel(self, job_id: int) -> JobState | None:
        """Ask for a job to be stopped.

        A waiting one is cancelled at once, a running one by whoever runs it.

        Returns:
            The state it is in now; None where there is no such job.
        """
        with self._database.write() as connection:
            take_turn(connection)
            connection.execute(
                sa.update(jobs)
                .where(jobs.c.id == job_id, jobs.c.state == JobState.QUEUED)
                .values(
                    state=JobState.CANCELLED,
                    detail="before it began",
                    finished_at=datetime.now(UTC),
                )
            )
            connection.execute(
                sa.update(jobs)
                .where(jobs.c.id == job_id, jobs.c.state == JobState.RUNNING)
                .values(cancel_requested=True)
            )
            state = connection.scalar(sa.select(jobs.c.state).where(jobs.c.id == job_id))
        return None if state is None else JobState(state)

    def finish(
        self,
        job_id: int,
        state: JobState,
        result: dict[str, Any],
        detail: str | None = None,
        *,
        owner: str | None = None,
    ) -> bool:
        """Record how a job ended.

        Args:
            owner: Who ran it; nothing is recorded where the job is no longer theirs.

        Returns:
            Whether it was recorded.
        """
        values: dict[str, Any] = {
            "state": state,
            "result": result,
            "finished_at": datetime.now(UTC),
            "lease_until": None,
        }
        if state is JobState.DONE:
            values["progress"] = 1.0
        if detail is not None:
            values["detail"] = detail
        theirs = (jobs.c.id == job_id,) if owner is None else is_claimed(Claim(job_id, owner))
        with self._database.write() as connection:
            return bool(connection.execute(sa.update(jobs).where(*theirs).values(values)).rowcount)

    def put_back(self, claim: Claim, detail: str) -> bool:
        """Let a job wait for its turn again that its runner has to leave.

        Returns:
            Whether it waits: not where it was cancelled, is no longer this owner's, or was put
            back twice before.
        """
        with self._database.write() as connection:
            take_turn(connection)
            row = connection.execute(
                sa.select(jobs).where(*is_claimed(claim), ~jobs.c.cancel_requested)
            ).one_or_none()
            if row is None:
                return False
            arguments = row.arguments or {}
            again = int(arguments.get("again", 0)) + 1
            if again > _AGAIN:
                return False
            connection.execute(
                sa.update(jobs)
                .where(jobs.c.id == claim.job_id)
                .values(
                    state=JobState.QUEUED,
                    arguments={**arguments, "again": again},
                    detail=detail,
                    progress=0.0,
                    owner=None,
                    started_at=None,
                    lease_until=None,
                )
            )
        return True

    def set_message(self, job_id: int, channel: str | None, message_ts: str | None) -> None:
        """Record which Slack message shows the job's progress; None when it shows its end."""
        with self._database.write() as connection:
            connection.execute(
                sa.update(jobs)
                .where(jobs.c.id == job_id)
                .values(channel=channel, message_ts=message_ts)
            )

    def get(self, job_id: int) -> Job | None:
        """A job by its id; None where there is none."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(jobs).where(jobs.c.id == job_id)).one_or_none()
        return None if row is None else _job(row)

    def latest(
        self,
        limit: int = 5,
        *,
        kinds: Collection[str] = (),
        states: Collection[JobState] = (),
    ) -> list[Job]:
        """The newest jobs first; of any kind and state where none is given."""
        query = sa.select(jobs).order_by(jobs.c.id.desc()).limit(limit)
        if kinds:
            query = query.where(jobs.c.kind.in_(list(kinds)))
        if states:
            query = query.where(jobs.c.state.in_(list(states)))
        with self._database.read() as connection:
            return [_job(row) for row in connection.execute(query)]

    def announced(self) -> list[Job]:
        """The jobs whose Slack message is still to be posted or updated, oldest first."""
        query = sa.select(jobs).where(jobs.c.channel.is_not(None)).order_by(jobs.c.id)
        with self._database.read() as connection:
            return [_job(row) for row in connection.execute(query)]

    def running(self) -> Job | None:
        """The job that has its turn, which its runner may have left without a word."""
        with self._database.read() as connection:
            row = running_job(connection)
        return None if row is None else _job(row)

    def is_waiting(self, kinds: Collection[str]) -> bool:
        """Whether a job of these kinds waits."""
        query = sa.select(jobs.c.id).where(
            jobs.c.state == JobState.QUEUED, jobs.c.kind.in_(list(kinds))
        )
        with self._database.read() as connection:
            return connection.scalar(query.limit(1)) is not None

    def newest_slot(self, kind: str, now: datetime) -> str | None:
        """The last slot of the schedule that a job of this kind has stood for.

        Args:
            now: The time it is. A slot that is more than `_CLOCK_SET_BACK` later was asked for by
                a clock that was wrong, and counts for nothing.
        """
        latest = (now + _CLOCK_SET_BACK).astimezone(UTC).isoformat(timespec="minutes")
        query = sa.select(sa.func.max(jobs.c.slot)).where(
            jobs.c.kind == kind, jobs.c.slot <= latest
        )
        with self._database.read() as connection:
            found: str | None = connection.scalar(query)
        return found

    def scheduled_since(self, kind: str, now: datetime) -> datetime:
        """When work of this kind was first on the schedule: at the first call.

        Args:
            now: The time it is. A later one was noted by a clock that was wrong: it begins anew.
        """
        name = f"schedule_{kind}"
        query = sa.select(pointers.c.value).where(pointers.c.name == name)
        with self._database.write() as connection:
            take_turn(connection)
            since: int | None = connection.scalar(query)
            if since is None:
                since = int(datetime.now(UTC).timestamp())
                connection.execute(sa.insert(pointers).values(name=name, value=since))
            elif since > now.timestamp():
                since = int(now.timestamp())
                update = sa.update(pointers).where(pointers.c.name == name)
                connection.execute(update.values(value=since))
        return datetime.fromtimestamp(since, UTC)

    def fail_abandoned(self) -> None:
        """Mark jobs as failed whose lease has ended: nobody runs them any more."""
        with self._database.write() as connection:
            fail_abandoned(connection)

    def fail_abandoned_by(self, owner: str) -> None:
        """Mark what somebody ran as failed, who is known to be dead: it ends their lease."""
        with self._database.write() as connection:
            mark_interrupted(connection, jobs.c.owner == owner)

    def _insert(self, connection: sa.Connection, kind: str, state: JobState, **values: Any) -> Job:
        row = connection.execute(
            sa.insert(jobs)
            .values(kind=kind, state=state, progress=0.0, requested_at=datetime.now(UTC), **values)
            .returning(jobs)
        ).one()
        return _job(row)


def _what(arguments: dict[str, Any] | None) -> dict[str, Any]:
    """What a job of some kind does."""
    return {name: value for name, value in (arguments or {}).items() if name not in _ASIDE}


def _job(row: sa.Row[Any]) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        state=JobState(row.state),
        progress=row.progress,
        detail=row.detail,
        result=row.result or {},
        arguments=row.arguments or {},
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        slot=row.slot,
        owner=row.owner,
        cancel_requested=row.cancel_requested,
        channel=row.channel,
        message_ts=row.message_ts,
    )
