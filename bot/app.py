"""The Bolt app: every listener, the same for Socket Mode and HTTP."""

import logging

import structlog
from slack_bolt import App
from slack_bolt.error import BoltError

from bot.deps import Deps
from bot.listeners import actions, commands, events, suggestions, unknown
from bot.slack.client import explain
from index.errors import FaqbotError

# A new surface of Slack is a module in `bot/listeners/` and its name here. Bolt runs the first
# listener that takes something: the one that takes everything is last.
LISTENERS = (events, actions, suggestions, commands, unknown)

log = structlog.get_logger(__name__)


def create_app(deps: Deps) -> App:
    """Build the app.

    Raises:
        FaqbotError: Slack refuses the bot token.
    """
    settings = deps.settings
    is_http = settings.mode == "http"
    try:
        # Bolt asks Slack about the token here. Left to the first event, a failure would be one
        # that Bolt acknowledges without running a listener: the question would be lost.
        app = App(
            client=deps.client,
            # Bolt insists on a secret, also in Socket Mode, whose socket is authenticated instead:
            # there is no request that this one could let through.
            signing_secret=settings.secret("slack_signing_secret") if is_http else "no-requests",
            # Bolt's loggers take their level from it; by themselves they take the root's, and at
            # "debug" they write payloads.
            logger=logging.getLogger("slack_bolt"),
            listener_executor=deps.listening,
        )
    except Exception as error:
        # Bolt wraps what Slack answers, and lets through that nobody answers.
        cause = error.__context__ if isinstance(error, BoltError) and error.__context__ else error
        reason = explain(cause) if isinstance(cause, Exception) else cause
        raise FaqbotError(f"Slack did not confirm the bot token at start ({reason})") from None

    @app.error
    def report(error: Exception) -> None:
        # Its message may quote the payload, and with it what somebody wrote.
        log.error("listener_failed", error=type(error).__name__)

    for listener in LISTENERS:
        listener.register(app, deps)
    return app
