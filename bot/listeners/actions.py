"""The buttons on answers: acknowledged at once, then recorded, then shown on the card."""

from collections.abc import Callable
from typing import Any

import structlog
from slack_bolt import Ack, App, Respond

from bot.cards.answers import LESS, MORE
from bot.cards.wording import ANSWER_GONE, CARD_TOO_OLD
from bot.deps import Deps
from bot.feedback.click import Click
from bot.feedback.record import VERDICTS, Ignored, learn, record
from bot.feedback.redraw import Redraws
from bot.slack.respond import tell_clicker

log = structlog.get_logger(__name__)


def register(app: App, deps: Deps) -> None:
    """Take clicks on the cards."""
    store, client, picks_needed = deps.store, deps.client, deps.settings.picks_needed
    answers_outsiders = deps.settings.answer_outsiders
    redraws = Redraws(store, client, deps.later, answers_outsiders=answers_outsiders)

    def take(ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        ack()
        click = Click.parse(body)
        found = (
            record(click, store, answers_outsiders=answers_outsiders) if click else Ignored.UNKNOWN
        )
        later = deps.background.submit
        if click is None or isinstance(found, Ignored):
            text = ANSWER_GONE if found is Ignored.NOT_OFFERED else CARD_TOO_OLD
            later(_logging_errors(tell_clicker), respond, text)
            return
        later(_logging_errors(redraws.show), click, found.question, respond)
        if found.is_gone:
            later(_logging_errors(tell_clicker), respond, ANSWER_GONE)
        admin_channel = deps.settings.admin_channel
        later(_logging_errors(learn), found, store, client, picks_needed, admin_channel)

    for action_id in (*VERDICTS, MORE, LESS):
        app.action(action_id)(take)


def _logging_errors(function: Callable[..., None]) -> Callable[..., None]:
    def run(*args: Any) -> None:
        try:
            function(*args)
        except Exception as error:
            log.error("click_failed", error=type(error).__name__)

    return run
