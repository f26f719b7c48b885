"""The buttons on answers: acknowledged at once, then recorded, then shown on the card."""

from collections.abc import Callable
from typing import Any

import structlog
from slack_bolt import Ack, App

from bot.cards.answers import LESS, MORE
from bot.deps import Deps
from bot.feedback.card import refresh
from bot.feedback.click import Click
from bot.feedback.record import VERDICTS, learn, record

log = structlog.get_logger(__name__)


def register(app: App, deps: Deps) -> None:
    """Take clicks on the cards."""
    store, client, picks_needed = deps.store, deps.client, deps.settings.picks_needed

    def take(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        click = Click.parse(body)
        if click is not None and (recorded := record(click, store)):
            later = deps.background.submit
            later(_logging_errors(refresh), click, recorded.question, store, client)
            later(_logging_errors(learn), recorded, store, client, picks_needed)

    for action_id in (*VERDICTS, MORE, LESS):
        app.action(action_id)(take)


def _logging_errors(function: Callable[..., None]) -> Callable[..., None]:
    def run(*args: Any) -> None:
        try:
            function(*args)
        except Exception as error:
            log.error("click_failed", error=type(error).__name__)

    return run
