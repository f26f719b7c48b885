"""Events: questions are stored before Slack is told that they were received."""

from collections.abc import Callable

from slack_bolt import App, BoltContext, BoltResponse

from bot.deps import Deps
from bot.intake.events import question_from_event


def register(app: App, deps: Deps) -> None:
    """Take in questions."""
    watched = frozenset(deps.settings.watched_channels)

    def asked_in(team: str, channel: str, thread_ts: str, user: str) -> bool | None:
        found = deps.store.inbox.asked_in_thread(team, channel, thread_ts, user)
        return None if found is None else found.direct

    # A global middleware: Bolt runs these before it acknowledges an event, and listeners after.
    # Where storing fails there is no acknowledgement, and Slack delivers the event again.
    @app.middleware
    def store_question(
        body: dict[str, object], context: BoltContext, next: Callable[[], BoltResponse]
    ) -> BoltResponse:
        question = question_from_event(
            body,
            bot_user_id=context.bot_user_id or "",
            watched=watched,
            asked_in=asked_in if deps.settings.follow_ups else None,
        )
        if question is not None and deps.store.inbox.add(question):
            deps.question_arrived()
        return next()
