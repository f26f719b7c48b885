"""The suggested wordings that wait for an admin: listed, approved and rejected."""

from collections.abc import Mapping
from typing import Any

import structlog
from slack_bolt import Respond

from bot.cards import wording
from bot.cards.admin import APPROVE, MAX_SUGGESTIONS, UNDO, SuggestionLine, suggestions_message
from bot.cards.kit import notice
from bot.deps import Deps
from bot.slack.admins import Standing
from bot.slack.message import Message
from bot.slack.respond import respond_privately
from index.store import Store

log = structlog.get_logger(__name__)


def listed(store: Store, said: str = "") -> Message:
    """The suggestions that wait, most picked first.

    Args:
        said: Mrkdwn that stands above.
    """
    waiting = store.suggestions.waiting(MAX_SUGGESTIONS)
    pairs = store.pairs.get([suggestion.pair_id for suggestion in waiting])
    lines = [
        SuggestionLine(found.id, found.text, pairs[found.pair_id].question, found.picks)
        for found in waiting
        if found.pair_id in pairs
    ]
    return suggestions_message(lines, store.suggestions.count_waiting(), said)


def settle(store: Store, action_id: str, suggestion_id: int, by: str) -> str:
    """Approve or reject a suggestion.

    Args:
        action_id: `APPROVE` or `REJECT`.
        by: Id of the user who decides.

    Returns:
        What to say of it, as mrkdwn.
    """
    approves = action_id == APPROVE
    suggestions = store.suggestions
    found = (suggestions.approve if approves else suggestions.reject)(suggestion_id, by)
    log.info(
        "suggestion_decided",
        suggestion=suggestion_id,
        by=by,
        pair=found and found.pair_id,
        state=found and found.state,
    )
    return wording.suggestion_settled(found, approves=approves)


def carry_out(deps: Deps, body: Mapping[str, Any], respond: Respond) -> None:
    """Do what a click says and show the list anew, to whoever clicked.

    Args:
        body: The `block_actions` payload.
    """
    user = str((body.get("user") or {}).get("id") or "")
    action = (body.get("actions") or [{}])[0]
    action_id, value = str(action.get("action_id")), str(action.get("value") or "")
    replaces = False
    try:
        standing = deps.admins.standing(user)
        if standing is not Standing.ADMIN:
            log.info("click_refused", action=action_id, user=user, standing=standing)
            message = notice(wording.REFUSALS[standing])
        elif value.isdecimal() and len(value) < 19:
            said = settle(deps.store, action_id, int(value), user)
            message, replaces = listed(deps.store, said), True
        else:
            log.warning("click_ignored", action=action_id)
            return
    except Exception as error:
        log.error("click_failed", error=type(error).__name__)
        message = notice(wording.FAILED)
    respond_privately(respond, message, failed="click_not_answered", replaces=replaces)


def take_back(deps: Deps, body: Mapping[str, Any], respond: Respond) -> None:
    """Take a learnt wording back for an admin, and show in the message that it is.

    Args:
        body: The `block_actions` payload.
    """
    user = str((body.get("user") or {}).get("id") or "")
    value = str((body.get("actions") or [{}])[0].get("value") or "")
    container = body.get("container") or {}
    if not (value.isdecimal() and len(value) < 19):
        log.warning("click_ignored", action=UNDO)
        return
    try:
        standing = deps.admins.standing(user)
        if standing is not Standing.ADMIN:
            log.info("click_refused", action=UNDO, user=user, standing=standing)
            respond_privately(
                respond,
                notice(wording.REFUSALS[standing]),
                failed="click_not_answered",
                replaces=False,
            )
            return
        found = deps.store.suggestions.undo(int(value), user)
        log.info("suggestion_undone", suggestion=int(value), by=user, pair=found and found.pair_id)
        message = notice(f"{wording.wording_undone(found)} (<@{user}>)")
        deps.client.chat_update(
            channel=str(container.get("channel_id")),
            ts=str(container.get("message_ts")),
            text=message.text,
            blocks=message.blocks,
        )
    except Exception as error:
        log.error("click_failed", error=type(error).__name__)
        respond_privately(
            respond, notice(wording.FAILED), failed="click_not_answered", replaces=False
        )
