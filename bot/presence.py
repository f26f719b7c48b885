"""How this process is, said in the store: for `faqbot status` and the health check."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

import structlog
from slack_sdk import WebClient

from bot.slack import client as slack
from bot.transports.base import Reach
from index import processes
from index.errors import FaqbotError
from index.store import Store

SAY_EVERY_S = 10.0
# How often Slack is asked whether the bot token is still good.
ASK_EVERY_S = 120.0

log = structlog.get_logger(__name__)


class PresenceReporter:
    """Says every few seconds that this process answers, and whether Slack reaches it."""

    def __init__(
        self, store: Store, client: WebClient, mode: str, reach: Callable[[], Reach]
    ) -> None:
        self._store = store
        self._client = client
        self._mode = mode
        self._reach = reach
        self._refusal: str | None = None
        self._asked_at = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="presence", daemon=True)

    def start(self) -> None:
        """Say it once, then every few seconds."""
        self._say()
        self._thread.start()

    def stop(self) -> None:
        """Say no more; this process is forgotten."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        with suppress(FaqbotError):  # else it is known to be dead, or goes silent
            self._store.processes.leave(processes.owner())

    def _run(self) -> None:
        said = self._reach()
        waited = 0.0
        while not self._stop.wait(min(1.0, SAY_EVERY_S)):
            waited += 1.0
            if time.monotonic() - self._asked_at >= ASK_EVERY_S:
                self._ask()
            reach = self._reach()
            if waited >= SAY_EVERY_S or reach != said:  # a change is said at once
                said, waited = reach, 0.0
                self._say()

    def _ask(self) -> None:
        """Find out whether the token was revoked; where Slack is away, nothing is known."""
        self._asked_at = time.monotonic()
        refusal = None
        try:
            self._client.auth_test()
        except Exception as error:
            reason = slack.explain(error)
            if isinstance(reason, slack.SlackUnavailable):
                return
            refusal = (
                f"Slack refuses the bot token: {reason}; set SLACK_BOT_TOKEN to a valid one and "
                "start again"
            )
        if refusal != self._refusal:
            if refusal:
                log.error("token_refused", reason=refusal)
            else:
                log.info("token_accepted_again")
        self._refusal = refusal

    def _say(self) -> None:
        reach = self._reach()
        is_well, detail = reach.is_well, reach.detail
        if self._refusal:
            is_well, detail = False, f"{self._mode}: {self._refusal}"
        try:
            self._store.processes.say(processes.owner(), self._mode, is_well=is_well, detail=detail)
        except Exception as error:  # the next time
            log.debug("presence_not_said", error=type(error).__name__)
