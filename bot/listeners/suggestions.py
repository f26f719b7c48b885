"""The buttons on suggested and on learnt wordings: acknowledged, then checked and carried out."""

from typing import Any

from slack_bolt import Ack, App, Respond

from bot.cards.admin import APPROVE, REJECT, UNDO
from bot.deps import Deps
from bot.suggestions import carry_out, take_back


def register(app: App, deps: Deps) -> None:
    """Take clicks on the list of suggestions, and on what was learnt."""

    def take(ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        ack()
        deps.background.submit(carry_out, deps, body, respond)

    def undo(ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        ack()
        deps.background.submit(take_back, deps, body, respond)

    for action_id in (APPROVE, REJECT):
        app.action(action_id)(take)
    app.action(UNDO)(undo)
