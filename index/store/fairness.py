"""Whose question is next: of those who wait, the one who was attended to least in the last minute.

Somebody who posts 500 questions at once, or a channel that does, must not keep all others waiting.
"""

from collections import Counter
from datetime import datetime, timedelta

import sqlalchemy as sa

from index.store.tables import questions
from index.store.types import QuestionState

# How long having been attended to counts.
ROUND = timedelta(minutes=1)

_ASKER = (questions.c.team, questions.c.channel, questions.c.user)


def whose_turn(
    connection: sa.Connection, due: sa.ColumnElement[bool], now: datetime
) -> sa.ColumnElement[bool] | None:
    """Who is next among those whose questions are due, as a condition on `questions`.

    It is the person with the fewest questions in hand or tried in the last `ROUND`, then the one in
    the channel with the fewest, then the one who waits longest.

    Args:
        due: Which questions are due.
        now: The time it is.

    Returns:
        None where no question is due.
    """
    oldest = sa.func.min(questions.c.received_at)
    waiting = connection.execute(sa.select(*_ASKER, oldest).where(due).group_by(*_ASKER)).all()
    if not waiting:
        return None
    by_person: Counter[tuple[str, str]] = Counter()
    by_channel: Counter[tuple[str, str]] = Counter()
    if len(waiting) > 1:
        # What was tried of theirs came in about as early as what waits. Without this bound all
        # questions ever asked would be looked at.
        since = min(first for *_, first in waiting) - ROUND
        tried = sa.select(*_ASKER).where(questions.c.received_at >= since, _was_tried(now))
        # Counted here: to group them, SQLite would go through the whole table.
        for team, channel, user in connection.execute(tried):
            by_person[team, user] += 1
            by_channel[team, channel] += 1
    team, channel, user, _ = min(
        waiting,
        key=lambda asker: (
            by_person[asker.team, asker.user],
            by_channel[asker.team, asker.channel],
            asker[-1],
        ),
    )
    return sa.and_(
        questions.c.team == team, questions.c.channel == channel, questions.c.user == user
    )


def _was_tried(now: datetime) -> sa.ColumnElement[bool]:
    """Whether a question is in hand, was finished in the last `ROUND`, or waits to be retried."""
    return sa.or_(
        questions.c.state == QuestionState.ANSWERING,
        # A time further ahead was written by a clock that has been set back since.
        questions.c.finished_at.between(now - ROUND, now + ROUND),
        sa.and_(
            questions.c.state == QuestionState.RECEIVED,
            questions.c.attempts > 0,
            questions.c.not_before > now - ROUND,
        ),
    )
