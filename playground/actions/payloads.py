"""What the payloads of interactions have in common."""

from __future__ import annotations

from typing import Any

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

Json = dict[str, Any]


def _person(user: User) -> Json:
    return {
        "id": user.id,
        "username": user.name,
        "name": user.name,
        "team_id": user.team,
    }


def interaction(hub: Hub, kind: str, user: User, view_id: str | None = None) -> Json:
    """What every interaction of a person carries, with a fresh trigger id."""
    return {
        "type": kind,
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
        "user": _person(user),
        "api_app_id": APP_ID,
        "token": VERIFICATION_TOKEN,
        "trigger_id": hub.workspace.new_trigger(user.id, view_id),
    }


def shown_channel(channel: Channel) -> Json:
    """A channel as interactions carry it: without the names of private places."""
    names = {"public": channel.name, "private": "privategroup", "im": "directmessage"}
    return {"id": channel.id, "name": names[channel.kind]}


def response_url(hub: Hub, channel: Channel, user: User, message: Message | None = None) -> str:
    """A fresh address where the app may answer an interaction."""
    url = hub.workspace.new_response_url(channel.id, user.id, message.ts if message else None)
    return f"{hub.app_url}/actions/{TEAM_ID}/{url.ticket}/playground"
