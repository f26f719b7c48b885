"""What no other listener takes: acknowledged, and a click answered. Registered last."""

import re
from typing import Any

from slack_bolt import Ack, App, Respond

from bot.cards.wording import CARD_TOO_OLD
from bot.deps import Deps
from bot.slack.respond import tell_clicker

ANY = re.compile(".*")


def register(app: App, deps: Deps) -> None:
    """Acknowledge whatever is left; Bolt acknowledges only what some listener takes."""

    # What there is to do with an event, the middleware of `events` has done.
    @app.event(ANY)
    def event() -> None:
        pass

    # A card of an older version may still show a button that is no more; links are actions too.
    @app.action(ANY)
    def action(ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        ack()
        clicked = (body.get("actions") or [{}])[0]
        if clicked.get("type") == "button" and not clicked.get("url"):
            deps.background.submit(tell_clicker, respond, CARD_TOO_OLD)
