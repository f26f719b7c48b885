"""Cards drawn again after a click: at once, or when Slack takes it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog
from slack_bolt import Respond
from slack_sdk import WebClient

from bot.cards import wording
from bot.cards.answers import LESS, MORE, NOT_IT, PICK, with_note
from bot.feedback.card import card
from bot.feedback.click import Click
from bot.slack.client import CardRefused, SlackRefused, SlackUnavailable, explain
from bot.slack.later import Later
from bot.slack.message import Message
from bot.slack.respond import respond_privately
from index.store import Store
from index.store.types import Question
from index.store.visibility import place_of

# How often a card is tried again before the next click has to show it.
MAX_TRIES = 6
# Seconds to the first of them where Slack does not say how long to wait; then doubling.
FIRST_DELAY_S = 2.0

# Lock striping, held while a card is updated: cards whose questions hash to the same lock wait
# for each other without need.
_CARD_LOCKS = tuple(threading.Lock() for _ in range(64))

# What clicks say of the other answers: shown or not. Whoever says "not it" wants to see them.
_EXPANDS = {MORE: True, LESS: False, PICK: False, NOT_IT: True}

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Wanted:
    """How a card should look."""

    question: Question
    click: Click
    respond: Respond
    expanded: bool
    tries: int = 0


class Redraws:
    """Draws cards again, and those that Slack puts off when it takes them."""

    def __init__(
        self, store: Store, client: WebClient, later: Later, *, answers_outsiders: bool = False
    ) -> None:
        """Args:
        answers_outsiders: Whether people of other organisations are shown what is marked for
            them.
        """
        self._answers_outsiders = answers_outsiders
        self._store = store
        self._client = client
        self._later = later
        # By channel and ts. While a card waits here Slack is left alone with it: whatever is
        # clicked meanwhile is shown by the call that waits.
        self._put_off: dict[tuple[str, str], _Wanted] = {}

    def show(self, click: Click, question: Question, respond: Respond) -> None:
        """Show on the card what a click changed.

        Args:
            respond: Tells whoever clicked what the card cannot show.
        """
        place = (click.channel, click.ts)
        # One after the other: of two updates at a time the older one could arrive last.
        with self._lock(question):
            waiting = self._put_off.get(place)
            before = waiting.expanded if waiting else click.expanded
            expanded = _EXPANDS.get(click.action_id, before)
            if waiting:
                self._put_off[place] = _Wanted(question, click, respond, expanded, waiting.tries)
            else:
                self._draw(_Wanted(question, click, respond, expanded))

    def _draw(self, wanted: _Wanted) -> None:
        question, click = wanted.question, wanted.click
        where = place_of(question, answers_outsiders=self._answers_outsiders)
        message = card(question, where, self._store, expanded=wanted.expanded)
        if question.direct and question.with_files:
            message = with_note(message, wording.NO_PICTURES)
        try:
            self._update(wanted, message)
        except SlackUnavailable as error:
            log.warning("card_put_off", question=question.id, reason=str(error))
            self._put_it_off(wanted, error.retry_after)
        except CardRefused as error:
            log.warning("card_refused", question=question.id, reason=str(error))
            if click.action_id in _EXPANDS:  # they want to read what the card cannot show
                respond_privately(
                    wanted.respond,
                    message.in_plain_text,
                    failed="click_not_answered",
                    replaces=False,
                )
        except SlackRefused as error:
            # The next click shows it.
            log.warning("card_not_updated", question=question.id, reason=str(error))

    def _update(self, wanted: _Wanted, message: Message) -> None:
        click = wanted.click
        if click.is_ephemeral:  # which has no ts that Slack knows
            respond_privately(wanted.respond, message, failed="card_not_updated", replaces=True)
            return
        try:
            self._client.chat_update(
                channel=click.channel, ts=click.ts, text=message.text, blocks=message.blocks
            )
        except Exception as error:
            raise explain(error) from error

    def _put_it_off(self, wanted: _Wanted, seconds: float | None) -> None:
        place = (wanted.click.channel, wanted.click.ts)
        delay = seconds or FIRST_DELAY_S * 2**wanted.tries
        again = self._again(wanted.question, place)
        if wanted.tries < MAX_TRIES and self._later.after(delay, again):
            self._put_off[place] = wanted

    def _again(self, question: Question, place: tuple[str, str]) -> Callable[[], None]:
        def draw() -> None:
            with self._lock(question):
                wanted = self._put_off.pop(place)
                self._draw(replace(wanted, tries=wanted.tries + 1))

        return draw

    def _lock(self, question: Question) -> threading.Lock:
        return _CARD_LOCKS[hash(question.id) % len(_CARD_LOCKS)]
