"""Slash commands and shortcuts."""

from __future__ import annotations

import copy
from typing import Any

from playground.actions import messages
from playground.actions.payloads import interaction, response_url, shown_channel
from playground.delivery.dispatcher import Delivery
from playground.hub import Hub
from playground.workspace.models import (
    APP_ID,
    TEAM_DOMAIN,
    TEAM_ID,
    VERIFICATION_TOKEN,
    Channel,
    Message,
    User,
)
from playground.workspace.shapes import message_json

Json = dict[str, Any]


async def run_command(hub: Hub, user: User, channel: Channel, command: str, text: str) -> Delivery:
    """Types a slash command; what the app answers shows as an ephemeral message."""
    payload = {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": shown_channel(channel)["name"],
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": response_url(hub, channel, user).replace("/actions/", "/commands/"),
        "trigger_id": hub.workspace.new_trigger(user.id),
    }
    delivery = hub.interact("slash_commands", command, payload)
    await delivery.done.wait()
    if delivery.state != "acked":
        error = delivery.attempts[-1].error if delivery.attempts else None
        reason = "operation_timeout" if error and "acknowledge" in error else "dispatch_failed"
        _slackbot(hub, channel, user, f'{command} failed with the error "{reason}"')
    elif delivery.response:
        answer_command(hub, user, channel, delivery.response)
    return delivery


def answer_command(hub: Hub, user: User, channel: Channel, answer: Json) -> None:
    """Shows what the app answered with its acknowledgement of a command."""
    text, blocks = str(answer.get("text") or ""), answer.get("blocks") or []
    if not text and not blocks:
        return
    message = messages.bot_message(hub, channel, text, blocks=blocks)
    if answer.get("response_type") != "in_channel":
        message.ephemeral_to = user.id
    messages.post(hub, message)


def _slackbot(hub: Hub, channel: Channel, user: User, text: str) -> None:
    messages.post(
        hub,
        Message(
            channel=channel.id,
            ts=hub.workspace.next_ts(),
            text=text,
            user="USLACKBOT",
            ephemeral_to=user.id,
        ),
    )


def run_shortcut(
    hub: Hub,
    user: User,
    callback_id: str,
    channel: Channel | None = None,
    message: Message | None = None,
) -> Delivery:
    """A global shortcut, or one on a message."""
    payload = interaction(hub, "message_action" if message else "shortcut", user)
    payload |= {"callback_id": callback_id, "action_ts": hub.workspace.next_ts()}
    if message is not None and channel is not None:
        payload |= {
            "channel": shown_channel(channel),
            "message_ts": message.ts,
            "message": copy.deepcopy(message_json(hub.workspace, message)),
            "response_url": response_url(hub, channel, user, message),
        }
    return hub.interact("interactive", f"{payload['type']} {callback_id}", payload)
