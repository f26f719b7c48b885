"""Clicks on a card: recorded as feedback, shown on the card."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from slack_sdk import WebClient

from bot.cards import (
    LESS,
    MORE,
    NOT_IT,
    SOLVED,
    AnswerCard,
    Entry,
    Message,
    UnsureCard,
    answer_message,
    unsure_message,
)
from bot.slack import explain
from index.store import Store
from index.store.types import Pair, Question, Status, Verdict

VERDICTS = {SOLVED: Verdict.SOLVED, NOT_IT: Verdict.NOT_IT}

# Taken while a card is updated; cards that share one wait for each other in vain, but rarely.
_TURNS = tuple(threading.Lock() for _ in range(64))

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Click:
    """A button pressed on one of our cards."""

    action_id: str
    question_id: str
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
        if not (channel and ts and action.get("value")):
            return None
        return cls(
            action_id=str(action["action_id"]),
            question_id=str(action["value"]),
            user=str((body.get("user") or {}).get("id") or ""),
            channel=str(channel),
            ts=str(ts),
            expanded=_is_expanded(message),
        )


def record(click: Click, store: Store) -> Question | None:
    """Record what a click says; returns the question it is about, None for a click not ours."""
    question = store.inbox.get(click.question_id)
    if question is None or question.channel != click.channel:
        log.warning("click_ignored", action=click.action_id, channel=click.channel)
        return None
    if verdict := VERDICTS.get(click.action_id):
        store.feedback.record(question.id, question.pair_id, click.user, verdict)
        log.info("feedback", question=question.id, pair=question.pair_id, verdict=verdict)
    return question


def refresh(click: Click, question: Question, store: Store, client: WebClient) -> None:
    """Show on the card what a click changed."""
    expanded = {MORE: True, LESS: False}.get(
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
    if question.pair_id is None:
        return unsure_message(UnsureCard(question.id, tuple(shown), expanded))
    best = pairs.get(question.pair_id)
    if best is None:
        return None
    others = tuple(entry for entry in shown if entry.pair_id != best.id)
    tally = store.feedback.tally(question.id)
    return answer_message(
        AnswerCard(
            question.id,
            _entry(best, question),
            others,
            expanded=expanded and bool(others),
            solved=tally[Verdict.SOLVED],
            not_it=tally[Verdict.NOT_IT],
        )
    )


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
