"""Buttons: acknowledged at once, then recorded, then shown on the card."""

import re
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

import structlog
from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot.cards.answers import LESS, MORE
from bot.feedback.card import refresh
from bot.feedback.click import Click
from bot.feedback.record import VERDICTS, learn, record
from index.store import Store

ANY = re.compile(".*")

log = structlog.get_logger(__name__)


def register(
    app: App, store: Store, client: WebClient, background: Executor, *, picks_needed: int
) -> None:
    """Take clicks on the cards.

    Args:
        background: Asks Slack and updates the cards: Bolt's few threads are needed to acknowledge.
        picks_needed: People who must pick an answer before the question becomes its phrasing.
    """

    def take(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        click = Click.parse(body)
        if click is not None and (recorded := record(click, store)):
            background.submit(_logging_errors(refresh), click, recorded.question, store, client)
            background.submit(_logging_errors(learn), recorded, store, client, picks_needed)

    for action_id in (*VERDICTS, MORE, LESS):
        app.action(action_id)(take)

    # A card of an older version may still show a button that is no more; links are actions too.
    @app.action(ANY)
    def unknown(ack: Ack) -> None:
        ack()


def _logging_errors(function: Callable[..., None]) -> Callable[..., None]:
    def run(*args: Any) -> None:
        try:
            function(*args)
        except Exception as error:
            log.error("click_failed", error=type(error).__name__)

    return run
