"""Clicks on a card: recorded as feedback, shown on the card."""

import threading
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from slack_sdk import WebClient

from bot.cards.answers import (
    LESS,
    MORE,
    NONE,
    NOT_IT,
    PICK,
    SOLVED,
    AnswerCard,
    Entry,
    OfferCard,
    UnsureCard,
    answer_message,
    offer_message,
    unsure_message,
)
from bot.intake.markup import question_text
from bot.slack.client import SlackRefused, SlackUnavailable, explain
from bot.slack.lookup import is_public
from bot.slack.message import Message
from index.query.cleaning import read
from index.store import Store
from index.store.types import Pair, Question, QuestionState, Status, SuggestionState, Verdict, Vote

VERDICTS = {
    SOLVED: Verdict.SOLVED,
    NOT_IT: Verdict.NOT_IT,
    PICK: Verdict.PICKED,
    NONE: Verdict.NOT_IT,
}
# Who decides on a suggestion that enough people picked.
RULE = "rule"

# Taken while a card is updated; cards that share one wait for each other in vain, but rarely.
_TURNS = tuple(threading.Lock() for _ in range(64))

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Click:
    """A button pressed on one of our cards.

    Attributes:
        pair_id: The pair that the button is about; None where it names none.
    """

    action_id: str
    question_id: str
    pair_id: str | None
    user: str
    channel: str
    ts: str
    expanded: bool

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> "Click | None":
        """The click in a `block_actions` payload; None where it is not on a message of ours."""
        action = (body.get("actions") or [{}])[0]
        container = body.get("container") or {}
        channel = (body.get("channel") or {}).get("id") or container.get("channel_id")
        message = body.get("message") or {}
        ts = message.get("ts") or container.get("message_ts")
        question_id, _, pair_id = str(action.get("value") or "").partition(" ")
        if not (channel and ts and question_id):
            return None
        return cls(
            action_id=str(action["action_id"]),
            question_id=question_id,
            pair_id=pair_id or None,
            user=str((body.get("user") or {}).get("id") or ""),
            channel=str(channel),
            ts=str(ts),
            expanded=_is_expanded(message),
        )


@dataclass(frozen=True)
class Recorded:
    """What a click was about.

    Attributes:
        suggestion: The id of the suggestion that it supports; None where it supports none.
    """

    question: Question
    suggestion: int | None = None


def record(click: Click, store: Store) -> Recorded | None:
    """Record what a click says; None for a click not ours."""
    question = store.inbox.get(click.question_id)
    if question is None or question.channel != click.channel:
        log.warning("click_ignored", action=click.action_id, channel=click.channel)
        return None
    if (verdict := VERDICTS.get(click.action_id)) is None:
        return Recorded(question)
    pair_id = question.pair_id or click.pair_id
    if not _is_allowed(click, question, store):
        log.warning("click_ignored", action=click.action_id, question=question.id)
        return None
    says_it_fits = question.pair_id is None and verdict in (Verdict.PICKED, Verdict.SOLVED)
    suggestion = store.feedback.record(
        question.id,
        pair_id,
        click.user,
        verdict,
        wording=_wording(question) if says_it_fits else None,
    )
    log.info("feedback", question=question.id, pair=pair_id, verdict=verdict)
    return Recorded(question, suggestion)


def learn(recorded: Recorded, store: Store, client: WebClient, picks_needed: int) -> None:
    """Make what was asked a phrasing of the answer that enough people picked.

    A phrasing is shown wherever its pair is. So this is for what was asked in a public channel;
    what was asked in private, or where Slack does not say, waits for an admin.

    Args:
        picks_needed: How many people must pick the same answer; 0: that is for admins to say.
    """
    if recorded.suggestion is None or not picks_needed:
        return
    waiting = store.suggestions.get(recorded.suggestion)
    if waiting is None or waiting.picks < picks_needed:
        return  # which spares asking Slack
    try:
        reason = None if is_public(client, recorded.question.channel) else "not a public channel"
    except (SlackRefused, SlackUnavailable) as error:
        reason = str(error)
    if reason:
        log.info("suggestion_waits", suggestion=waiting.id, reason=reason)
        return
    found = store.suggestions.approve(waiting.id, RULE, picks_needed=picks_needed)
    if found is not None and found.state is SuggestionState.APPROVED:
        log.info("phrasing_added", pair=found.pair_id, suggestion=found.id, picks=found.picks)


def refresh(click: Click, question: Question, store: Store, client: WebClient) -> None:
    """Show on the card what a click changed."""
    expanded = {MORE: True, LESS: False, PICK: False}.get(
        # Whoever says "not it" wants to see what else there is.
        click.action_id,
        click.expanded or click.action_id == NOT_IT,
    )
    # One after the other: of two updates at a time the older one could arrive last.
    with _TURNS[hash(question.id) % len(_TURNS)]:
        message = card(question, store, expanded=expanded)
        if message is None:
            return
        try:
            client.chat_update(
                channel=click.channel, ts=click.ts, text=message.text, blocks=message.blocks
            )
        except Exception as error:
            # The next click shows it.
            log.warning("card_not_updated", question=question.id, reason=str(explain(error)))


def card(question: Question, store: Store, *, expanded: bool) -> Message | None:
    """The card of an answered question as it should look now; None if its pair is gone."""
    pairs = store.pairs.get(question.candidates)
    shown = [
        _entry(pairs[pair_id], question)
        for pair_id in question.candidates
        if pair_id in pairs and _may_show(pairs[pair_id], question.channel)
    ]
    votes = store.feedback.votes(question.id)
    if question.pair_id is None:
        return _undecided_card(question, shown, votes, expanded=expanded)
    best = pairs.get(question.pair_id)
    if best is None:
        return None
    return _answer_card(question, _entry(best, question), shown, votes, expanded=expanded)


def _undecided_card(
    question: Question, shown: Sequence[Entry], votes: Sequence[Vote], *, expanded: bool
) -> Message:
    """The card of a question that people decide on: what they picked, or what there is to pick."""
    entries = {entry.pair_id: entry for entry in shown}
    if picked := most_picked(votes, entries):
        return _answer_card(
            question, entries[picked], shown, votes, expanded=expanded, is_picked=True
        )
    none = sum(vote.verdict is Verdict.NOT_IT and vote.pair_id is None for vote in votes)
    if QuestionState.OFFERED in (question.outcome, question.state):
        return offer_message(OfferCard(question.id, tuple(shown), none))
    return unsure_message(UnsureCard(question.id, tuple(shown), expanded, none))


def most_picked(votes: Sequence[Vote], among: Collection[str]) -> str | None:
    """The pair that most people stand behind; among equals the one that was picked last.

    Args:
        votes: Oldest first.
        among: Ids of the pairs that may be shown.
    """
    behind: Counter[str] = Counter()
    last: dict[str, int] = {}
    for number, vote in enumerate(votes):
        if vote.verdict is Verdict.NOT_IT or vote.pair_id is None:
            continue
        if vote.pair_id in among:
            behind[vote.pair_id] += 1
            last[vote.pair_id] = number
    return max(behind, key=lambda pair_id: (behind[pair_id], last[pair_id]), default=None)


def _answer_card(
    question: Question,
    best: Entry,
    shown: Sequence[Entry],
    votes: Sequence[Vote],
    *,
    expanded: bool,
    is_picked: bool = False,
) -> Message:
    others = tuple(entry for entry in shown if entry.pair_id != best.pair_id)
    tally = Counter(vote.verdict for vote in votes if vote.pair_id == best.pair_id)
    return answer_message(
        AnswerCard(
            question.id,
            best,
            others,
            expanded=expanded and bool(others),
            solved=tally[Verdict.SOLVED],
            not_it=tally[Verdict.NOT_IT],
            picked=tally[Verdict.PICKED] if is_picked else None,
        )
    )


def _wording(question: Question) -> str | None:
    """The question as a wording.

    None where it is several, of which a pick means just one, or says little by itself.
    """
    query = read(question_text(question.text))
    return None if query.parts or query.is_follow_up else query.text


def _is_allowed(click: Click, question: Question, store: Store) -> bool:
    """Whether a verdict is on something that this question's card offers."""
    if click.action_id == NONE:
        return question.pair_id is None and click.pair_id is None
    if question.pair_id is not None:
        return click.action_id != PICK
    if click.pair_id is None or click.pair_id not in question.candidates:
        return False
    pair = store.pairs.get([click.pair_id]).get(click.pair_id)
    return pair is not None and _may_show(pair, question.channel)


def _may_show(pair: Pair, channel: str) -> bool:
    return pair.status is Status.ACTIVE and pair.visible_in(channel)


def _entry(pair: Pair, question: Question) -> Entry:
    matched = question.matched_text if pair.id == question.pair_id else None
    return Entry(pair.id, pair.question, matched or pair.question, pair.answer, pair.url)


def _is_expanded(message: Mapping[str, Any]) -> bool:
    return any(
        element.get("action_id") == LESS
        for block in message.get("blocks") or ()
        for element in block.get("elements") or ()
        if isinstance(element, Mapping)
    )
