"""auth.test, users.*, usergroups.* and reactions.*."""

from __future__ import annotations

from typing import Any

from playground.actions import reactions
from playground.errors import SlackError
from playground.hub import Hub
from playground.web_api.arguments import Arguments
from playground.web_api.methods.registry import joined_channel, method
from playground.web_api.paging import page
from playground.workspace.models import BOT_ID, BOT_USER_ID, TEAM_DOMAIN, TEAM_ID
from playground.workspace.shapes import user_json

Json = dict[str, Any]


@method("auth.test")
def auth_test(hub: Hub, arguments: Arguments) -> Json:
    """Who the token belongs to."""
    return {
        "url": f"https://{TEAM_DOMAIN}.slack.com/",
        "team": "Playground",
        "user": hub.workspace.bot.name,
        "team_id": TEAM_ID,
        "user_id": BOT_USER_ID,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


@method("users.info", scopes=("users:read",))
def users_info(hub: Hub, arguments: Arguments) -> Json:
    """What is known of a person."""
    return {"user": user_json(hub.workspace.user(arguments.text("user") or ""))}


@method("users.list", scopes=("users:read",))
def users_list(hub: Hub, arguments: Arguments) -> Json:
    """Everybody in the workspace."""
    users = list(hub.workspace.users.values())
    limit = arguments.integer("limit", 0, "invalid_limit")
    shown, cursor = page(users, [user.id for user in users], arguments.text("cursor"), limit)
    return {
        "members": [user_json(user) for user in shown],
        "cache_ts": int(hub.clock()),
        "response_metadata": {"next_cursor": cursor},
    }


@method("usergroups.users.list", scopes=("usergroups:read",))
def usergroup_users(hub: Hub, arguments: Arguments) -> Json:
    """The members of a user group."""
    group = hub.workspace.usergroups.get(arguments.text("usergroup") or "")
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": list(group.users)}


@method("reactions.add", scopes=("reactions:write",))
def add_reaction(hub: Hub, arguments: Arguments) -> Json:
    """Adds the bot's reaction to a message."""
    channel = joined_channel(hub, arguments)
    message = hub.workspace.message(channel, arguments.required("timestamp", "no_item_specified"))
    name = arguments.required("name", "invalid_name").strip(":")
    reactions.add(hub, channel, message, BOT_USER_ID, name)
    return {}


@method("reactions.remove", scopes=("reactions:write",))
def remove_reaction(hub: Hub, arguments: Arguments) -> Json:
    """Takes the bot's reaction back."""
    channel = joined_channel(hub, arguments)
    message = hub.workspace.message(channel, arguments.required("timestamp", "no_item_specified"))
    name = arguments.required("name", "invalid_name").strip(":")
    reactions.remove(hub, channel, message, BOT_USER_ID, name)
    return {}
