"""The buttons on the list of suggested wordings: acknowledged, then checked and carried out."""

from typing import Any

from slack_bolt import Ack, App, Respond

from bot.cards.admin import APPROVE, REJECT
from bot.deps import Deps
from bot.suggestions import carry_out


def register(app: App, deps: Deps) -> None:
    """Take clicks on the list of suggestions."""

    def take(ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        ack()
        deps.background.submit(carry_out, deps, body, respond)

    for action_id in (APPROVE, REJECT):
        app.action(action_id)(take)
