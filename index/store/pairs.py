"""FAQ entries: written in batches, read in order of revision."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from index.store.database import Database
from index.store.tables import pairs, phrasings, pointers
from index.store.types import Origin, Pair, PairDraft, Phrasing, Status
from index.text import fold, text_hash

# Rows in one statement or transaction: far below every driver's limit on parameters.
BATCH = 500

T = TypeVar("T")


@dataclass(frozen=True)
class Written:
    """How many pairs a write added, changed, or found as they already were."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(
            self.added + other.added,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
        )


class Pairs:
    """The `pairs` and `phrasings` tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def upsert(self, drafts: Sequence[PairDraft]) -> Written:
        """Write pairs, in one transaction; those that hold the same already are left alone.

        A draft's phrasings replace the pair's imported ones; phrasings that people added
        (votes, picks, threads, admins) stay.
        """
        if not drafts:
            return Written()
        now = datetime.now(UTC)
        with self._database.write() as connection:
            queue_up(connection)
            stored = {pair.id: pair for pair in load_pairs(connection, [d.id for d in drafts])}
            added: list[PairDraft] = []
            changed: list[PairDraft] = []
            for draft in {draft.id: draft for draft in drafts}.values():
                pair = stored.get(draft.id)
                if pair is None:
                    added.append(draft)
                elif _differs(draft, pair):
                    changed.append(draft)
            if added or changed:
                revision = _next_revision(connection)
                self._insert(connection, added, revision, now)
                self._update(connection, changed, stored, revision, now)
                _replace_phrasings(connection, [*added, *changed], stored, now)
        return Written(len(added), len(changed), len(drafts) - len(added) - len(changed))

    def preview(self, drafts: Sequence[PairDraft]) -> Written:
        """What `upsert` would do, without writing."""
        with self._database.read() as connection:
            stored = {pair.id: pair for pair in load_pairs(connection, [d.id for d in drafts])}
        added = sum(draft.id not in stored for draft in drafts)
        updated = sum(d.id in stored and _differs(d, stored[d.id]) for d in drafts)
        return Written(added, updated, len(drafts) - added - updated)

    def set_status(self, ids: Iterable[str], status: Status) -> int:
        """Move pairs to a status; returns how many were not in it yet."""
        moved = 0
        revision: int | None = None
        with self._database.write() as connection:
            queue_up(connection)
            for chunk in _chunks(list(ids)):
                others = pairs.c.id.in_(chunk) & (pairs.c.status != status)
                count = connection.scalar(sa.select(sa.func.count()).where(others)) or 0
                if count:
                    revision = revision or _next_revision(connection)
                    now = datetime.now(UTC)
                    values = {"status": status, "revision": revision, "updated_at": now}
                    connection.execute(sa.update(pairs).where(others).values(values))
                    moved += count
        return moved

    def get(self, ids: Sequence[str]) -> dict[str, Pair]:
        """The pairs with these ids, by id; unknown ids are left out."""
        with self._database.read() as connection:
            return {pair.id: pair for pair in load_pairs(connection, ids)}

    def revision(self) -> int:
        """The store's revision: it has grown whenever any pair changed."""
        with self._database.read() as connection:
            value = connection.scalar(
                sa.select(pointers.c.value).where(pointers.c.name == "revision")
            )
        return int(value or 0)

    def count(self) -> dict[Status, int]:
        """How many pairs there are in each status."""
        with self._database.read() as connection:
            rows = connection.execute(
                sa.select(pairs.c.status, sa.func.count()).group_by(pairs.c.status)
            )
            found = {Status(status): int(number) for status, number in rows}
        return {status: found.get(status, 0) for status in Status}

    def count_changed(self, since: int) -> int:
        """How many pairs have changed after a revision."""
        with self._database.read() as connection:
            query = sa.select(sa.func.count()).where(pairs.c.revision > since)
            return int(connection.scalar(query) or 0)

    def changed(self, since: int, window: int = BATCH) -> Iterator[list[Pair]]:
        """Pairs changed after a revision, oldest change first, in lists of at most `window`.

        Each list is read in a transaction of its own, so that a long walk holds no lock; a pair
        that changes meanwhile comes again, later.
        """
        after = pairs.c.revision > since
        while True:
            with self._database.read() as connection:
                rows = connection.execute(
                    sa.select(pairs)
                    .where(after)
                    .order_by(pairs.c.revision, pairs.c.id)
                    .limit(window)
                ).all()
                found = _with_phrasings(connection, rows)
            if not found:
                return
            yield found
            after = sa.tuple_(pairs.c.revision, pairs.c.id) > sa.tuple_(
                sa.literal(found[-1].revision), sa.literal(found[-1].id)
            )

    def walk(
        self,
        *,
        source: str | None = None,
        status: Status | None = None,
        order: Sequence[str] = ("source", "external_id"),
        window: int = BATCH,
    ) -> Iterator[list[Pair]]:
        """All pairs as they were at one moment, in lists of at most `window`.

        One transaction reads them all, so a caller should not linger between the lists.

        Args:
            source: Only pairs of this source.
            status: Only pairs of this status.
            order: Names of the columns that they are sorted by, in the order of the characters'
                numbers, which is the same in every database; what is missing comes first.
            window: How many a list has at most.
        """
        query = sa.select(pairs).execution_options(stream_results=True, yield_per=window)
        if source is not None:
            query = query.where(pairs.c.source == source)
        if status is not None:
            query = query.where(pairs.c.status == status)
        # Topics alone may be missing; databases differ in where that comes.
        columns = {**pairs.c, "topic": sa.func.coalesce(pairs.c.topic, "")}
        collation = "BINARY" if self._database.is_sqlite else "C"
        query = query.order_by(*(sa.collate(columns[name], collation) for name in order))
        with self._database.read() as connection:
            for rows in connection.execute(query).partitions():
                yield _with_phrasings(connection, rows)

    def ids_of(self, source: str) -> Iterator[str]:
        """Ids of a source's pairs that are not retired."""
        last = ""
        while True:
            with self._database.read() as connection:
                ids = connection.scalars(
                    sa.select(pairs.c.id)
                    .where(pairs.c.source == source, pairs.c.id > last)
                    .where(pairs.c.status != Status.RETIRED)
                    .order_by(pairs.c.id)
                    .limit(10_000)
                ).all()
            if not ids:
                return
            yield from ids
            last = ids[-1]

    def _insert(
        self, connection: sa.Connection, drafts: list[PairDraft], revision: int, now: datetime
    ) -> None:
        if drafts:
            rows = [
                _row(draft, draft.status or Status.ACTIVE)
                | {"created_at": draft.created_at or now, "updated_at": now, "revision": revision}
                for draft in drafts
            ]
            connection.execute(sa.insert(pairs), rows)

    def _update(
        self,
        connection: sa.Connection,
        drafts: list[PairDraft],
        stored: dict[str, Pair],
        revision: int,
        now: datetime,
    ) -> None:
        for draft in drafts:
            pair = stored[draft.id]
            row = _row(draft, _status(draft, pair)) | {"author": draft.author or pair.author}
            connection.execute(
                sa.update(pairs)
                .where(pairs.c.id == draft.id)
                .values(row | {"updated_at": now, "revision": revision})
            )


def _status(draft: PairDraft, pair: Pair) -> Status:
    if draft.status is not None:
        return draft.status
    return Status.ACTIVE if pair.status is Status.RETIRED else pair.status


def _differs(draft: PairDraft, pair: Pair) -> bool:
    imported = {p.text for p in pair.phrasings if p.origin is Origin.IMPORT}
    return (
        (draft.question, draft.answer, draft.topic, draft.url, draft.tags, draft.audience)
        != (pair.question, pair.answer, pair.topic, pair.url, pair.tags, pair.audience)
        or draft.author not in (None, pair.author)
        or _status(draft, pair) is not pair.status
        or {p.text for p in _own_phrasings(draft, pair)} != imported
    )


def _own_phrasings(draft: PairDraft, pair: Pair | None) -> list[Phrasing]:
    """A draft's phrasings without those that people have added to the stored pair already."""
    wordings = {p.text: p for p in draft.phrasings}.values()
    others = pair.phrasings if pair is not None else ()
    known = {fold(p.text) for p in others if p.origin is not Origin.IMPORT}
    return [p for p in wordings if not known or fold(p.text) not in known]


def _row(draft: PairDraft, status: Status) -> dict[str, Any]:
    return {
        "id": draft.id,
        "source": draft.source,
        "external_id": draft.external_id,
        "question": draft.question,
        "answer": draft.answer,
        "topic": draft.topic,
        "url": draft.url,
        "tags": list(draft.tags),
        "audience": list(draft.audience),
        "status": status,
        "author": draft.author,
    }


def _phrasing_row(pair_id: str, phrasing: Phrasing, now: datetime) -> dict[str, Any]:
    return {
        "pair_id": pair_id,
        "text": phrasing.text,
        "text_hash": text_hash(phrasing.text),
        "origin": phrasing.origin,
        "created_at": now,
    }


def _replace_phrasings(
    connection: sa.Connection, drafts: list[PairDraft], stored: dict[str, Pair], now: datetime
) -> None:
    dropped: list[int] = []
    rows: list[dict[str, Any]] = []
    for draft in drafts:
        pair = stored.get(draft.id)
        drafted = {p.text: p for p in _own_phrasings(draft, pair)}
        kept = set()
        if pair is not None:
            for row in connection.execute(
                sa.select(phrasings.c.id, phrasings.c.text, phrasings.c.origin).where(
                    phrasings.c.pair_id == draft.id
                )
            ):
                if row.origin == Origin.IMPORT and row.text not in drafted:
                    dropped.append(row.id)
                else:
                    kept.add(row.text)
        rows += [
            _phrasing_row(draft.id, phrasing, now)
            for text, phrasing in drafted.items()
            if text not in kept
        ]
    for chunk in _chunks(dropped):
        connection.execute(sa.delete(phrasings).where(phrasings.c.id.in_(chunk)))
    if rows:
        connection.execute(sa.insert(phrasings), rows)


def insert_phrasing(connection: sa.Connection, pair_id: str, text: str, origin: Origin) -> bool:
    """Add a wording to a pair, after `queue_up`; returns whether it was new to the pair."""
    pair = next(iter(load_pairs(connection, [pair_id])), None)
    if pair is None or pair.has_wording(text):
        return False
    row = _phrasing_row(pair_id, Phrasing(text, origin), datetime.now(UTC))
    connection.execute(sa.insert(phrasings), [row])
    _touch(connection, pair_id)
    return True


def _touch(connection: sa.Connection, pair_id: str) -> None:
    """Mark a pair changed, so that the index follows."""
    connection.execute(
        sa.update(pairs)
        .where(pairs.c.id == pair_id)
        .values(revision=_next_revision(connection), updated_at=datetime.now(UTC))
    )


def delete_phrasing(connection: sa.Connection, pair_id: str, text: str) -> None:
    """Take a wording from a pair, after `queue_up`."""
    connection.execute(
        sa.delete(phrasings).where(phrasings.c.pair_id == pair_id, phrasings.c.text == text)
    )
    _touch(connection, pair_id)


def queue_up(connection: sa.Connection) -> None:
    """Wait for whoever else is writing pairs, and make others wait, until the transaction ends."""
    # Whoever looks before it writes takes the row's lock first, or two writers would both find
    # a pair missing and both insert it. (SQLite holds its write lock by now.)
    connection.execute(
        sa.select(pointers.c.value).where(pointers.c.name == "revision").with_for_update()
    )


def _next_revision(connection: sa.Connection) -> int:
    # The row's lock makes writers queue here, so revisions become visible in their order:
    # a follower that has seen one has seen all smaller ones.
    value = connection.scalar(
        sa.update(pointers)
        .where(pointers.c.name == "revision")
        .values(value=pointers.c.value + 1)
        .returning(pointers.c.value)
    )
    assert value is not None, "the migration creates this row"
    return int(value)


def load_pairs(connection: sa.Connection, ids: Sequence[str]) -> list[Pair]:
    """The pairs with these ids, in no particular order; unknown ids are left out."""
    found: list[Pair] = []
    for chunk in _chunks(list(ids)):
        rows = connection.execute(sa.select(pairs).where(pairs.c.id.in_(chunk))).all()
        found += _with_phrasings(connection, rows)
    return found


def _with_phrasings(connection: sa.Connection, rows: Sequence[sa.Row[Any]]) -> list[Pair]:
    wordings: dict[str, list[Phrasing]] = {}
    for chunk in _chunks([row.id for row in rows]):
        for row in connection.execute(
            sa.select(phrasings.c.pair_id, phrasings.c.text, phrasings.c.origin)
            .where(phrasings.c.pair_id.in_(chunk))
            .order_by(phrasings.c.id)
        ):
            phrasing = Phrasing(row.text, Origin(row.origin))
            wordings.setdefault(row.pair_id, []).append(phrasing)
    return [
        Pair(
            id=row.id,
            source=row.source,
            external_id=row.external_id,
            question=row.question,
            answer=row.answer,
            phrasings=tuple(wordings.get(row.id, ())),
            topic=row.topic,
            url=row.url,
            tags=tuple(row.tags),
            audience=tuple(row.audience),
            status=Status(row.status),
            author=row.author,
            created_at=row.created_at,
            updated_at=row.updated_at,
            revision=row.revision,
        )
        for row in rows
    ]


def _chunks(items: list[T]) -> Iterator[list[T]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
