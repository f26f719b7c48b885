"""The Bolt app: every listener, the same for Socket Mode and HTTP."""

import logging
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor
from pathlib import Path

import structlog
from slack_bolt import App
from slack_bolt.error import BoltError
from slack_sdk import WebClient

from bot.listeners import actions, commands, events, suggestions
from bot.settings import BotSettings
from bot.slack.admins import Admins
from bot.slack.client import explain
from index.errors import FaqbotError
from index.store import Store
from index.store.types import Generation

log = structlog.get_logger(__name__)


def create_app(
    client: WebClient,
    store: Store,
    *,
    signing_secret: str | None,
    watched: Collection[str],
    arrived: Callable[[], None],
    admins: Admins,
    jobs_changed: Callable[[], None],
    listening: Executor,
    background: Executor,
    settings: BotSettings,
    models_dir: Path,
    kept: Callable[[], Sequence[Generation]],
) -> App:
    """Build the app.

    Args:
        signing_secret: None in Socket Mode, whose socket is authenticated instead.
        watched: Ids of the channels where every question is answered.
        arrived: Called after a question was stored.
        admins: Who may use the admin commands.
        jobs_changed: Called after a command asked for a job, or cancelled one.
        listening: Runs the listeners; they only acknowledge.
        background: Runs what follows a click or a command.
        models_dir: Where the model versions are.
        kept: Gives the generations that can be gone back to.

    Raises:
        FaqbotError: Slack refuses the bot token.
    """
    try:
        # Bolt asks Slack about the token here. Left to the first event, a failure would be one
        # that Bolt acknowledges without running a listener: the question would be lost.
        app = App(
            client=client,
            # Bolt insists on a secret; without HTTP there is no request it could let through.
            signing_secret=signing_secret or "no-http-requests",
            # Bolt's loggers take their level from it; by themselves they take the root's, and at
            # "debug" they write payloads.
            logger=logging.getLogger("slack_bolt"),
            listener_executor=listening,
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

    events.register(app, store.inbox, watched=watched, arrived=arrived)
    suggestions.register(app, store, admins=admins, background=background)
    actions.register(app, store, client, background, picks_needed=settings.picks_needed)
    commands.register(
        app,
        store,
        admins=admins,
        background=background,
        jobs_changed=jobs_changed,
        settings=settings,
        models_dir=models_dir,
        kept=kept,
    )
    return app
