"""Which processes answer, and whether Slack reaches them: each says so every few seconds."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from index.store.database import Database, insert
from index.store.tables import notes, processes

# Who has said nothing for so long is gone, or stands still. By each machine's own clock.
SILENT_AFTER = timedelta(seconds=90)
_FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Presence:
    """What a process that answers said of itself last.

    Attributes:
        owner: Names the process.
        mode: How Slack's calls reach it.
        is_well: Whether they do.
        detail: The same in words, with the reason.
        since: Since when they do, or do not.
    """

    owner: str
    mode: str
    is_well: bool
    detail: str
    since: datetime
    seen_at: datetime

    def is_silent(self, now: datetime | None = None) -> bool:
        """Whether nothing has been heard of it for too long, or by a clock that is wrong."""
        return abs((now or datetime.now(UTC)) - self.seen_at) > SILENT_AFTER


class Processes:
    """The `processes` and `notes` tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def say(self, owner: str, mode: str, *, is_well: bool, detail: str) -> None:
        """Record how a process is, now."""
        now = datetime.now(UTC)
        row = {"mode": mode, "is_well": is_well, "detail": detail, "seen_at": now}
        with self._database.write() as connection:
            before = connection.execute(
                sa.select(processes).where(processes.c.owner == owner)
            ).one_or_none()
            # Times are plausible only up to now.
            same = before is not None and before.is_well == is_well
            since = min(before.since, now) if before is not None and same else now
            connection.execute(
                insert(connection, processes)
                .values(owner=owner, since=since, **row)
                .on_conflict_do_update(index_elements=["owner"], set_={**row, "since": since})
            )
            ahead, ago = now + _FORGOTTEN_AFTER, now - _FORGOTTEN_AFTER
            is_old = (processes.c.seen_at < ago) | (processes.c.seen_at > ahead)
            connection.execute(sa.delete(processes).where(is_old))

    def leave(self, owner: str) -> None:
        """Forget a process that ends."""
        with self._database.write() as connection:
            connection.execute(sa.delete(processes).where(processes.c.owner == owner))

    def all(self) -> list[Presence]:
        """Every process that has not left, also those that were killed; the latest first."""
        query = sa.select(processes).order_by(processes.c.seen_at.desc())
        with self._database.read() as connection:
            return [_presence(row) for row in connection.execute(query)]

    def note(self, name: str) -> str | None:
        """A note that is for all processes; None where there is none."""
        with self._database.read() as connection:
            found: str | None = connection.scalar(
                sa.select(notes.c.value).where(notes.c.name == name)
            )
        return found

    def set_note(self, name: str, value: str) -> None:
        """Write a note that is for all processes."""
        with self._database.write() as connection:
            connection.execute(
                insert(connection, notes)
                .values(name=name, value=value)
                .on_conflict_do_update(index_elements=["name"], set_={"value": value})
            )


def _presence(row: sa.Row[Any]) -> Presence:
    return Presence(row.owner, row.mode, row.is_well, row.detail, row.since, row.seen_at)
