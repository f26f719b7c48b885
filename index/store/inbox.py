"""The durable inbox: a question is stored before Slack is told that it was received.

A question moves received -> answering -> answered | offered | unsure | silent | failed. A worker
*claims* it for a short lease; a question whose lease ran out (its process was killed) is claimed
again. Who asks much waits behind those who ask little: see `fairness.py`.

`posting_until` is set just before a reply is sent: from then on the reply may be in the thread,
and until that time it may still arrive there. A claimant who finds it set looks into the thread
first, and takes the reply's absence as proof only when that time has passed.
"""

import uuid
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from index.store.database import Database, insert
from index.store.fairness import whose_turn
from index.store.suggestions import forget_expired
from index.store.tables import questions
from index.store.types import NewQuestion, Outcome, Question, QuestionState

LEASE = timedelta(seconds=60)
# How long a reply may still arrive after it was sent and nothing was heard of it.
SETTLE = timedelta(seconds=30)
# What is stored never waits longer, whatever it waits for: a time that is further ahead was written
# by a clock that has been set back since. (A process that is told to wait longer knows it itself.)
WAIT_LIMIT = timedelta(minutes=2)
OPEN = (QuestionState.RECEIVED, QuestionState.ANSWERING)
# People send a second message within this time when the first did not say all of it.
SAME_BREATH = timedelta(seconds=20)
# So long somebody who asked in a thread may go on there.
GOES_ON = timedelta(days=7)
REPLIED = (QuestionState.ANSWERED, QuestionState.OFFERED, QuestionState.UNSURE)


class Inbox:
    """The `questions` table, as a queue and as a record."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, question: NewQuestion) -> bool:
        """Store a question; returns False where it (team, channel, ts) is known already.

        One that was passed over in silence, and with which the bot is addressed now, counts anew.
        """
        now = datetime.now(UTC)
        row = {
            "id": str(uuid.uuid4()),
            "team": question.team,
            "channel": question.channel,
            "ts": question.ts,
            "thread_ts": question.thread_ts,
            "user": question.user,
            "text": question.text,
            "direct": question.direct,
            "outside": question.outside,
            "with_files": question.with_files,
            "state": QuestionState.RECEIVED,
            "attempts": 0,
            "not_before": now,
            "received_at": now,
        }
        with self._database.write() as connection:
            # Asked for by RETURNING: on PostgreSQL an insert's row count is not known.
            new = insert(connection, questions).values(row)
            key = ["team", "channel", "ts"]
            if question.direct:
                anew = ("text", "direct", "outside", "with_files", "state", "attempts")
                new = new.on_conflict_do_update(
                    index_elements=key,
                    set_={name: row[name] for name in (*anew, "not_before", "received_at")}
                    | {"posting_until": None, "finished_at": None},
                    where=questions.c.direct.is_(False)
                    & (questions.c.state == QuestionState.SILENT),
                )
            else:
                new = new.on_conflict_do_nothing(index_elements=key)
            return connection.scalar(new.returning(questions.c.id)) is not None

    def add_answered(self, question: NewQuestion, outcome: Outcome) -> str:
        """Store a question that is answered at once, in private, and never waits in the inbox.

        No worker takes it, so nothing of it is ever posted where others read it.

        Returns:
            Its id.
        """
        now = datetime.now(UTC)
        question_id = str(uuid.uuid4())
        with self._database.write() as connection:
            connection.execute(
                insert(connection, questions).values(
                    id=question_id,
                    team=question.team,
                    channel=question.channel,
                    ts=question.ts,
                    user=question.user,
                    text=question.text,
                    direct=question.direct,
                    outside=question.outside,
                    private=True,
                    state=outcome.state,
                    outcome=outcome.state,
                    attempts=1,
                    not_before=now,
                    received_at=now,
                    finished_at=now,
                    pair_id=outcome.pair_id,
                    matched_text=outcome.matched_text,
                    candidates=list(outcome.candidates),
                    confidence=outcome.confidence,
                    model=outcome.model,
                    generation=outcome.generation,
                )
            )
        return question_id

    def claim(
        self,
        owner: str,
        *,
        skip_channels: Collection[str] = (),
        skip: Collection[str] = (),
        now: datetime | None = None,
    ) -> Question | None:
        """Take a question that is due, for `LEASE`; None where there is none.

        It is the oldest of the person whose turn it is; so of somebody who asks 500 questions
        one is answered before those of others, not all.

        Args:
            owner: Names the claiming worker, unique among all running ones.
            skip_channels: Channels that must not be posted to yet (rate limits).
            skip: Questions known to be in somebody's hands, whatever a clock says of the lease.
            now: The time it is; None looks at the clock.
        """
        now = now or datetime.now(UTC)
        self._bound_leases(now)
        waited = sa.or_(
            questions.c.not_before <= now,
            questions.c.not_before > now + WAIT_LIMIT,
            questions.c.error.is_(None),  # it waits for nothing
        )
        due = sa.or_(
            sa.and_(questions.c.state == QuestionState.RECEIVED, waited),
            sa.and_(questions.c.state == QuestionState.ANSWERING, questions.c.claimed_until <= now),
        )
        due = sa.and_(
            due,
            questions.c.channel.not_in(list(skip_channels)),
            questions.c.id.not_in(list(skip)),
        )
        with self._database.read() as connection:
            # Most polls find nothing: look before taking the write lock.
            turn = whose_turn(connection, due, now)
        if turn is None:
            return None
        # Then anybody's, where another worker was faster.
        row = self._take(owner, sa.and_(due, turn), now) or self._take(owner, due, now)
        return None if row is None else _question(row)

    def _take(self, owner: str, due: sa.ColumnElement[bool], now: datetime) -> sa.Row[Any] | None:
        oldest = sa.select(questions.c.id).where(due).order_by(questions.c.received_at).limit(1)
        with self._database.write() as connection:
            return connection.execute(
                sa.update(questions)
                .where(questions.c.id == oldest.with_for_update(skip_locked=True).scalar_subquery())
                .values(
                    state=QuestionState.ANSWERING,
                    claimed_by=owner,
                    claimed_until=now + LEASE,
                    # It is never further ahead than if the post were sent now.
                    posting_until=sa.case(
                        (questions.c.posting_until > now + SETTLE, now + SETTLE),
                        else_=questions.c.posting_until,
                    ),
                    attempts=questions.c.attempts + 1,
                )
                .returning(questions)
            ).one_or_none()

    def _bound_leases(self, now: datetime) -> None:
        """Let a lease end in time that was given by a clock which has been set back since."""
        ahead = (
            questions.c.state == QuestionState.ANSWERING,
            questions.c.claimed_until > now + 2 * LEASE,  # clocks of machines differ
        )
        with self._database.read() as connection:
            if connection.scalar(sa.select(questions.c.id).where(*ahead).limit(1)) is None:
                return
        with self._database.write() as connection:
            update = sa.update(questions).where(*ahead).values(claimed_until=now + LEASE)
            connection.execute(update)

    def release_dead(self, owner: str) -> int:
        """Give back the questions claimed by a worker that is known to be gone."""
        with self._database.write() as connection:
            result = connection.execute(
                sa.update(questions)
                .where(
                    questions.c.state == QuestionState.ANSWERING, questions.c.claimed_by == owner
                )
                .values(state=QuestionState.RECEIVED, claimed_by=None, claimed_until=None)
            )
            return result.rowcount

    def claimants(self) -> set[str]:
        """Owners of the questions that are being answered now."""
        with self._database.read() as connection:
            owners = connection.scalars(
                sa.select(questions.c.claimed_by)
                .where(questions.c.state == QuestionState.ANSWERING)
                .distinct()
            )
            return {owner for owner in owners if owner}

    def begin_posting(self, question_id: str, owner: str, outcome: Outcome) -> bool:
        """Record what was decided and that the reply is about to be sent; renews the lease.

        Returns:
            False where the claim has been lost meanwhile: then nothing may be sent.
        """
        now = datetime.now(UTC)
        with self._database.write() as connection:
            result = connection.execute(
                sa.update(questions)
                .where(
                    questions.c.id == question_id,
                    questions.c.state == QuestionState.ANSWERING,
                    questions.c.claimed_by == owner,
                )
                .values(
                    posting_until=now + SETTLE,
                    outcome=outcome.state,
                    claimed_until=now + LEASE,
                    pair_id=outcome.pair_id,
                    matched_text=outcome.matched_text,
                    candidates=list(outcome.candidates),
                    confidence=outcome.confidence,
                    model=outcome.model,
                    generation=outcome.generation,
                )
            )
            return result.rowcount == 1

    def finish(
        self,
        question_id: str,
        state: QuestionState,
        reply_ts: str | None = None,
        *,
        owner: str | None = None,
    ) -> bool:
        """Mark a question answered, offered, unsure or silent.

        Args:
            owner: Who claimed it; where the claim is another's by now, nothing changes.

        Returns:
            Whether the claim still held.
        """
        now = datetime.now(UTC)
        with self._database.read() as connection:
            received = connection.scalar(
                sa.select(questions.c.received_at).where(questions.c.id == question_id)
            )
        latency = None if received is None else (now - received).total_seconds() * 1000
        return self._release(
            question_id,
            owner,
            state=state,
            reply_ts=reply_ts,
            finished_at=now,
            latency_ms=latency,
            error=None,
        )

    def retry_later(
        self,
        question_id: str,
        delay: timedelta,
        error: str,
        *,
        owner: str | None = None,
        counts: bool = True,
        sent: bool | None = None,
    ) -> bool:
        """Give a question back, to be claimed again after a while: `WAIT_LIMIT` at the longest.

        Args:
            owner: As for `finish`.
            counts: Whether this was an attempt; waiting for a rate limit is none.
            sent: Whether a reply was sent: True if it has arrived by now or never will, False
                if there was none; None where what is known of it stays.

        Returns:
            Whether the claim still held.
        """
        now = datetime.now(UTC)
        values: dict[str, object] = {"state": QuestionState.RECEIVED, "error": error}
        values["not_before"] = now + min(delay, WAIT_LIMIT)
        if not counts:
            values["attempts"] = questions.c.attempts - 1
        if sent is not None:
            values["posting_until"] = now if sent else None
        return self._release(question_id, owner, **values)

    def fail(self, question_id: str, error: str, *, owner: str | None = None) -> bool:
        """Give a question up; it is listed by `faqbot status`.

        Returns:
            Whether the claim still held.
        """
        return self._release(
            question_id,
            owner,
            state=QuestionState.FAILED,
            finished_at=datetime.now(UTC),
            error=error,
        )

    def retry_failed(self, question_id: str | None = None) -> int:
        """Take failed questions up again, as if they had just come in.

        Where a reply may have been sent, the thread is still read first. What was asked too long
        ago to be known any more stays as it is.

        Args:
            question_id: The one to take up; None for all.

        Returns:
            How many were taken up.
        """
        failed = (questions.c.state == QuestionState.FAILED) & (questions.c.text != "")
        if question_id is not None:
            failed &= questions.c.id == question_id
        with self._database.write() as connection:
            result = connection.execute(
                sa.update(questions)
                .where(failed)
                .values(
                    state=QuestionState.RECEIVED,
                    attempts=0,
                    not_before=datetime.now(UTC),
                    finished_at=None,
                )
            )
            return result.rowcount

    def get(self, question_id: str) -> Question | None:
        """A question by its id; None where there is none."""
        with self._database.read() as connection:
            row = connection.execute(
                sa.select(questions).where(questions.c.id == question_id)
            ).one_or_none()
        return None if row is None else _question(row)

    def mark_outside(self, question_id: str) -> None:
        """Note that people of other organisations read where a question was asked, for good."""
        with self._database.write() as connection:
            connection.execute(
                sa.update(questions).where(questions.c.id == question_id).values(outside=True)
            )

    def asked_in_thread(
        self, team: str, channel: str, thread_ts: str, user: str, before: str | None = None
    ) -> Question | None:
        """What somebody asked last in a thread, and the bot replied to, within `GOES_ON`.

        Args:
            before: The ts of a message; only what was asked before it counts.
        """
        with self._database.read() as connection:
            rows = connection.execute(
                sa.select(questions).where(
                    # The index that narrows it: a thread's own is not worth one.
                    questions.c.received_at > datetime.now(UTC) - GOES_ON,
                    questions.c.team == team,
                    questions.c.channel == channel,
                    questions.c.user == user,
                    (questions.c.ts == thread_ts) | (questions.c.thread_ts == thread_ts),
                    questions.c.reply_ts.is_not(None),
                    questions.c.state.in_(REPLIED),
                    questions.c.text != "",
                    questions.c.private.is_(False),
                )
            ).all()
        asked = [row for row in rows if before is None or float(row.ts) < float(before)]
        last = max(asked, key=lambda row: float(row.ts), default=None)
        return None if last is None else _question(last)

    def text_of(self, team: str, channel: str, ts: str) -> str | None:
        """What was asked in a message; None where it is not known, or no longer."""
        with self._database.read() as connection:
            text = connection.scalar(
                sa.select(questions.c.text).where(
                    questions.c.team == team, questions.c.channel == channel, questions.c.ts == ts
                )
            )
        return text or None

    def set_text(self, question_id: str, text: str) -> None:
        """Note what a question is, where its message only points at it."""
        with self._database.write() as connection:
            connection.execute(
                sa.update(questions).where(questions.c.id == question_id).values(text=text)
            )

    def said_before(self, question: Question) -> str | None:
        """What its asker asked just before, in the same place, without being answered.

        Only what is a question or request for help is stored, and so found here.

        Returns:
            The text of the last message up to `SAME_BREATH` older; None where there is none.
        """
        around = 3 * SAME_BREATH  # what was said first may arrive last
        asked_at = float(question.ts)
        with self._database.read() as connection:
            rows = connection.execute(
                sa.select(
                    questions.c.ts, questions.c.thread_ts, questions.c.state, questions.c.text
                ).where(
                    questions.c.received_at > question.received_at - around,
                    questions.c.received_at < question.received_at + around,
                    questions.c.team == question.team,
                    questions.c.channel == question.channel,
                    questions.c.user == question.user,
                    questions.c.private.is_(False),
                )
            ).all()
        before = [
            row
            for row in rows
            if question.thread_ts in (row.thread_ts, row.ts)
            and 0 < asked_at - float(row.ts) <= SAME_BREATH.total_seconds()
        ]
        last = max(before, key=lambda row: float(row.ts), default=None)
        return last.text or None if last and last.state != QuestionState.ANSWERED else None

    def expire_questions(self, older_than: timedelta) -> int:
        """Forget what was asked, in questions that were finished longer ago; their rows stay.

        Suggestions that nobody has decided on go with the questions that they came from.

        Returns:
            How many texts were forgotten.
        """
        now = datetime.now(UTC)
        with self._database.write() as connection:
            # What a wrong clock put into the future would else be kept for as long.
            connection.execute(
                sa.update(questions)
                .where(questions.c.finished_at > now + timedelta(days=1))
                .values(finished_at=now)
            )
            result = connection.execute(
                sa.update(questions)
                .where(
                    questions.c.state.not_in(OPEN),
                    questions.c.finished_at < now - older_than,
                    questions.c.text != "",
                )
                .values(text="", matched_text=None)
            )
            forget_expired(connection)
            return result.rowcount

    def count(self) -> dict[QuestionState, int]:
        """How many questions there are in each state."""
        with self._database.read() as connection:
            rows = connection.execute(
                sa.select(questions.c.state, sa.func.count()).group_by(questions.c.state)
            )
            found = {QuestionState(state): int(number) for state, number in rows}
        return {state: found.get(state, 0) for state in QuestionState}

    def latest(self, state: QuestionState, limit: int = 10) -> list[Question]:
        """The newest questions in a state, newest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                sa.select(questions)
                .where(questions.c.state == state)
                .order_by(questions.c.received_at.desc())
                .limit(limit)
            ).all()
        return [_question(row) for row in rows]

    def _release(self, question_id: str, owner: str | None, **values: object) -> bool:
        """Set columns and end the claim, where `owner` (None: anybody) still holds it."""
        held = questions.c.id == question_id
        if owner is not None:
            held &= questions.c.claimed_by == owner
        values |= {"claimed_by": None, "claimed_until": None}
        with self._database.write() as connection:
            return (
                connection.execute(sa.update(questions).where(held).values(**values)).rowcount > 0
            )


def _question(row: sa.Row[Any]) -> Question:
    return Question(
        id=row.id,
        team=row.team,
        channel=row.channel,
        ts=row.ts,
        thread_ts=row.thread_ts,
        user=row.user,
        text=row.text,
        direct=row.direct,
        outside=row.outside,
        state=QuestionState(row.state),
        attempts=row.attempts,
        posting_until=row.posting_until,
        outcome=QuestionState(row.outcome) if row.outcome else None,
        reply_ts=row.reply_ts,
        pair_id=row.pair_id,
        matched_text=row.matched_text,
        candidates=tuple(row.candidates or ()),
        confidence=row.confidence,
        model=row.model,
        generation=row.generation,
        error=row.error,
        received_at=row.received_at,
        finished_at=row.finished_at,
        private=row.private,
        with_files=row.with_files,
    )
