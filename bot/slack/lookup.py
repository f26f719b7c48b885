"""What Slack says of a token, a channel or an id."""

import re

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from bot.slack.client import SlackRefused, explain
from index.errors import SettingsError, Unreachable

# What says of a channel that others read it, too.
_SHARED = ("is_ext_shared", "is_pending_ext_shared", "connected_team_ids")
# What makes it one that not everybody of the workspace may read, or not only they.
_NOT_PUBLIC = ("is_im", "is_mpim", "is_group", *_SHARED)
_USER_ID = re.compile(r"[UW][A-Z0-9]+")


def authenticate(client: WebClient) -> SlackResponse:
    """Ask Slack who the bot token belongs to.

    Returns:
        The answer of `auth.test`.

    Raises:
        FaqbotError: Slack cannot be reached, or refuses the token.
    """
    try:
        return client.auth_test()
    except Exception as error:
        reason = explain(error)
        if isinstance(reason, SlackRefused):
            raise SettingsError(
                f"Slack refuses the bot token ({reason}); set SLACK_BOT_TOKEN to the Bot User "
                "OAuth Token of the app (xoxb-...)"
            ) from None
        raise Unreachable(f"Slack at {client.base_url} cannot be reached ({reason})") from None


def is_public(client: WebClient, channel: str) -> bool:
    """Whether everybody in the workspace may read what is written in a channel, and only they.

    Raises:
        SlackUnavailable: Slack does not say now.
        SlackRefused: The app may not look it up; private ones need `groups:read`.
    """
    try:
        found = client.conversations_info(channel=channel)["channel"]
    except Exception as error:
        raise explain(error) from error
    # Direct messages say nothing of being private.
    return found.get("is_private") is False and not any(found.get(key) for key in _NOT_PUBLIC)


def is_shared_outside(client: WebClient, channel: str) -> bool:
    """Whether people of other organisations read a channel; yes where Slack does not say."""
    try:
        found = client.conversations_info(channel=channel)["channel"]
    except Exception:
        return True
    return any(found.get(key) for key in _SHARED)


def is_user_id(name: str) -> bool:
    """Whether this is the id of somebody in Slack, and not "schedule" or "command line"."""
    return bool(_USER_ID.fullmatch(name))
