"""What no other listener takes: acknowledged, and nothing else. Registered last."""

import re

from slack_bolt import Ack, App

from bot.deps import Deps

ANY = re.compile(".*")


def register(app: App, deps: Deps) -> None:
    """Acknowledge whatever is left; Bolt acknowledges only what some listener takes."""

    # What there is to do with an event, the middleware of `events` has done.
    @app.event(ANY)
    def event() -> None:
        pass

    # A card of an older version may still show a button that is no more; links are actions too.
    @app.action(ANY)
    def action(ack: Ack) -> None:
        ack()
