"""The buttons on the list of suggested wordings: for admins, checked at each click."""

from concurrent.futures import Executor
from typing import Any

import structlog
from slack_bolt import Ack, App, Respond

from bot.cards.admin import APPROVE, REJECT
from bot.cards.kit import notice
from bot.slack.admins import FAILED, REFUSALS, Admins, Standing
from bot.slack.client import explain
from bot.suggestions import listed, settle
from index.store import Store

log = structlog.get_logger(__name__)


def register(app: App, store: Store, *, admins: Admins, background: Executor) -> None:
    """Take clicks on the list of suggestions.

    Args:
        background: Carries them out: Bolt's few threads are needed to acknowledge.
    """

    def take(ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        ack()
        background.submit(_carry_out, store, admins, body, respond)

    for action_id in (APPROVE, REJECT):
        app.action(action_id)(take)


def _carry_out(store: Store, admins: Admins, body: dict[str, Any], respond: Respond) -> None:
    """Do what a click says and show the list anew, to whoever clicked."""
    user = str((body.get("user") or {}).get("id") or "")
    action = (body.get("actions") or [{}])[0]
    action_id, value = str(action.get("action_id")), str(action.get("value") or "")
    replaces = False
    try:
        standing = admins.standing(user)
        if standing is not Standing.ADMIN:
            log.info("click_refused", action=action_id, user=user, standing=standing)
            message = notice(REFUSALS[standing])
        elif value.isdecimal() and len(value) < 19:
            message, replaces = listed(store, settle(store, action_id, int(value), user)), True
        else:
            log.warning("click_ignored", action=action_id)
            return
    except Exception as error:
        log.error("click_failed", error=type(error).__name__)
        message = notice(FAILED)
    try:
        response = respond(
            text=message.text,
            blocks=message.blocks,
            response_type="ephemeral",
            replace_original=replaces,
        )
        if response.status_code != 200:
            log.warning("click_not_answered", reason=f"HTTP status {response.status_code}")
    except Exception as error:
        log.warning("click_not_answered", reason=str(explain(error)))
