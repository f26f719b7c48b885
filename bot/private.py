"""`/faq` with a question: answered to whoever typed it, and to nobody else.

It is answered at once and recorded as answered before it is shown. It never waits in the inbox:
from there a worker would post it where everybody reads it. Slack delivers a command once, so there
is nothing to be answered twice; where it fails, who typed it is told so and can type it again.
"""

import time

import structlog

from bot.answering.look_up import Asked
from bot.answering.reply import reply_message
from bot.cards import wording
from bot.cards.kit import notice
from bot.deps import Deps
from bot.intake.markup import as_markup
from bot.slack.message import Message
from index.store.types import NewQuestion
from index.store.visibility import Place
from index.text import clean

# How long a question waits for the index just after a start.
START_PATIENCE_S = 20.0

log = structlog.get_logger(__name__)


def answer_privately(deps: Deps, text: str, user: str, channel: str, team: str) -> Message:
    """The card for a question that was typed after a command.

    Args:
        text: As it was typed.
        channel: Where it was typed: what may be shown there is found.
        team: The workspace of whoever typed it.

    Raises:
        FaqbotError: It cannot be answered now.
    """
    if not deps.look_up.wait_until_complete(START_PATIENCE_S):
        return notice(wording.STARTING)
    asked = as_markup(clean(text))
    outside = team != deps.team
    place = Place(channel, outside, deps.settings.answer_outsiders)
    found = deps.look_up.find(Asked(asked, place, direct=True))
    # There is no message, and so no ts, but each row needs one of its own.
    ts = f"{time.time():.6f}"
    new = NewQuestion(team, channel, ts, None, user, asked, direct=True, outside=outside)
    question_id = deps.store.inbox.add_answered(new, found.outcome)
    log.info(
        "asked_in_private",
        question=question_id,
        channel=channel,
        decision=found.decision,
        pair=found.outcome.pair_id,
    )
    return reply_message(question_id, found.shown, found.decision, found.threshold)
