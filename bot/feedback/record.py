"""What a click says: recorded as feedback, and learnt from."""

import threading
from dataclasses import dataclass, replace
from enum import Enum

import structlog
from slack_sdk import WebClient

from bot.cards.answers import NONE, NOT_IT, PICK, SOLVED
from bot.feedback.click import Click
from bot.feedback.notice import tell_admins
from bot.intake.markup import question_text
from bot.slack.client import SlackRefused, SlackUnavailable
from bot.slack.lookup import is_public
from index.query.cleaning import read
from index.store import Store
from index.store.types import Question, Suggestion, SuggestionState, Verdict
from index.store.visibility import may_show, place_of

VERDICTS = {
    SOLVED: Verdict.SOLVED,
    NOT_IT: Verdict.NOT_IT,
    PICK: Verdict.PICKED,
    NONE: Verdict.NOT_IT,
}
# Who decides on a suggestion that enough people picked.
RULE = "rule"
_LEARNING = threading.Lock()

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Recorded:
    """What a click was about.

    Attributes:
        suggestion: The id of the suggestion that it supports; None where it supports none.
        is_gone: Whether it was on an entry that may not be shown there any more.
    """

    question: Question
    suggestion: int | None = None
    is_gone: bool = False


class Ignored(Enum):
    """Why a click says nothing."""

    UNKNOWN = "its question is not in the store"
    NOT_OFFERED = "it is on what is not offered"


def record(click: Click, store: Store, *, answers_outsiders: bool = False) -> Recorded | Ignored:
    """Record what a click says, if it is one on a card of ours.

    A click on what may not be shown there any more is no verdict: it only has the card drawn
    again. What people of other organisations ask and pick becomes no wording.
    """
    question = store.inbox.get(click.question_id)
    if question is None or question.channel != click.channel:
        log.warning("click_ignored", action=click.action_id, channel=click.channel)
        return Ignored.UNKNOWN
    if not question.outside and _is_outsider(click, question):
        # The channel was not shared when this was asked; it is now.
        store.inbox.mark_outside(question.id)
        question = replace(question, outside=True)
    if (verdict := VERDICTS.get(click.action_id)) is None:
        return Recorded(question)
    pair_id = question.pair_id or click.pair_id
    if not _is_offered(click, question):
        log.warning("click_ignored", action=click.action_id, question=question.id)
        return Ignored.NOT_OFFERED
    place = place_of(question, answers_outsiders=answers_outsiders)
    if pair_id is not None and not may_show(store.pairs.get([pair_id]).get(pair_id), place):
        log.info("click_on_hidden", action=click.action_id, question=question.id, pair=pair_id)
        return Recorded(question, is_gone=True)
    says_it_fits = question.pair_id is None and verdict in (Verdict.PICKED, Verdict.SOLVED)
    teaches = says_it_fits and not question.outside
    suggestion = store.feedback.record(
        question.id,
        pair_id,
        click.user,
        verdict,
        wording=_wording(question) if teaches else None,
    )
    log.info("feedback", question=question.id, pair=pair_id, verdict=verdict)
    return Recorded(question, suggestion)


def learn(
    recorded: Recorded,
    store: Store,
    client: WebClient,
    picks_needed: int,
    admin_channel: str | None = None,
) -> None:
    """Make what was asked a phrasing of the answer that enough people picked.

    A phrasing is shown wherever its pair is. So this is for what was asked in a public channel;
    what was asked in private, or where Slack does not say, waits for an admin.

    Args:
        picks_needed: How many people must pick the same answer; 0: that is for admins to say.
        admin_channel: Where admins are told of what was learnt.
    """
    if recorded.suggestion is None or not picks_needed or recorded.question.private:
        return
    waiting = store.suggestions.get(recorded.suggestion)
    if waiting is None or not _is_ripe(waiting, picks_needed):
        return  # which spares asking Slack
    try:
        reason = None if is_public(client, recorded.question.channel) else "not a public channel"
    except (SlackRefused, SlackUnavailable) as error:
        reason = str(error)
    if reason:
        log.info("suggestion_waits", suggestion=waiting.id, reason=reason)
        return
    with _LEARNING:  # or two picks at a time would both tell of it
        waiting = store.suggestions.get(waiting.id)
        if waiting is None or not _is_ripe(waiting, picks_needed):
            return
        found = store.suggestions.approve(waiting.id, RULE, picks_needed=picks_needed)
    if found is not None and found.state is SuggestionState.APPROVED:
        log.info("phrasing_added", pair=found.pair_id, suggestion=found.id, picks=found.picks)
        if admin_channel:
            tell_admins(found, waiting.text, admin_channel, store, client)


def _is_ripe(suggestion: Suggestion, picks_needed: int) -> bool:
    return suggestion.state is SuggestionState.OPEN and suggestion.picks >= picks_needed


def _wording(question: Question) -> str | None:
    """The question as a wording.

    None where it is several, of which a pick means just one, or says little by itself.
    """
    query = read(question_text(question.text))
    return None if query.parts or query.is_follow_up else query.text


def _is_outsider(click: Click, question: Question) -> bool:
    """Whether who clicked belongs to another workspace than the bot; no where Slack is silent."""
    return bool(click.user_team and question.team) and click.user_team != question.team


def _is_offered(click: Click, question: Question) -> bool:
    """Whether a verdict is on something that this question's card offers."""
    if click.action_id == NONE:
        return question.pair_id is None and click.pair_id is None
    if question.pair_id is not None:
        return click.action_id != PICK
    return click.pair_id is not None and click.pair_id in question.candidates
