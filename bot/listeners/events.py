"""Events: questions are stored before Slack is told that they were received."""

import re
from collections.abc import Callable, Collection

from slack_bolt import App, BoltContext, BoltResponse

from bot.intake.events import question_from_event
from index.store.inbox import Inbox

ANY = re.compile(".*")


def register(
    app: App, inbox: Inbox, *, watched: Collection[str], arrived: Callable[[], None]
) -> None:
    """Take in questions.

    Args:
        arrived: Called after a question was stored; must not block.
    """

    # A global middleware: Bolt runs these before it acknowledges an event, and listeners after.
    # Where storing fails there is no acknowledgement, and Slack delivers the event again.
    @app.middleware
    def store_question(
        body: dict[str, object], context: BoltContext, next: Callable[[], BoltResponse]
    ) -> BoltResponse:
        question = question_from_event(body, bot_user_id=context.bot_user_id or "", watched=watched)
        if question is not None and inbox.add(question):
            arrived()
        return next()

    # Bolt acknowledges only events that some listener takes.
    @app.event(ANY)
    def acknowledge() -> None:
        """Everything worth doing has been done by the middleware."""
