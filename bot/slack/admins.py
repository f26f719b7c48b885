"""Who may do what changes the bot: decided by the `admins` setting, asked of Slack each time.

Nothing is remembered between two questions: whoever is taken out of a user group has lost the
right with the next command, and commands are too rare for the calls to matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import structlog
from slack_sdk import WebClient

from bot.settings import WORKSPACE_ADMINS
from bot.slack.client import explain

log = structlog.get_logger(__name__)


class Standing(StrEnum):
    """What is known of somebody; only an admin may do what admins may."""

    ADMIN = "admin"
    NOT_ADMIN = "not_admin"
    NOBODY_IS = "nobody_is"
    UNVERIFIED = "unverified"


class Unresolved(Exception):
    """Slack does not say whom a rule means; the message is its error code."""


@dataclass(frozen=True)
class Admins:
    """The rules of the `admins` setting.

    Attributes:
        rules: Ids of users (U..., W...) and of user groups (S...), `WORKSPACE_ADMINS`.
        team: Id of the workspace that the bot is installed in.
    """

    rules: Sequence[str]
    client: WebClient
    team: str

    def standing(self, user: str) -> Standing:
        """Whether a user is an admin by any of the rules.

        A rule that Slack cannot resolve now makes nobody an admin.
        """
        if not self.rules:
            return Standing.NOBODY_IS
        if user in self.rules:
            return Standing.ADMIN  # whatever else Slack cannot resolve
        standing = Standing.NOT_ADMIN
        for rule in self.rules:
            try:
                if self._holds(rule, user):
                    return Standing.ADMIN
            except Unresolved as error:
                log.error("admin_rule_unresolved", rule=rule, reason=str(error))
                standing = Standing.UNVERIFIED
        return standing

    def unresolved(self, user: str) -> list[tuple[str, str]]:
        """The rules that Slack cannot resolve, each with its error code.

        Args:
            user: Any user of the workspace, such as the bot's own.
        """
        failures = []
        for rule in self.rules:
            try:
                if rule.startswith(("U", "W")):
                    self._user(rule)
                else:
                    self._holds(rule, user)
            except Unresolved as error:
                failures.append((rule, str(error)))
        return failures

    def _holds(self, rule: str, user: str) -> bool:
        if rule == WORKSPACE_ADMINS:
            return self._runs_workspace(user)
        if rule.startswith("S"):
            return user in self._members(rule)
        return user == rule

    def _runs_workspace(self, user: str) -> bool:
        profile = self._user(user)
        # In a channel shared with another company somebody may be an admin, but of theirs.
        grid = profile.get("enterprise_user") or {}
        ours = self.team in (profile.get("team_id"), *(grid.get("teams") or ()))
        runs = profile.get("is_admin") is True or profile.get("is_owner") is True
        return ours and runs and not profile.get("deleted")

    def _user(self, user: str) -> dict[str, Any]:
        try:
            profile = self.client.users_info(user=user).get("user")
        except Exception as error:
            raise Unresolved(str(explain(error))) from None
        if not isinstance(profile, dict) or profile.get("id") != user:
            raise Unresolved("unexpected_answer")
        return profile

    def _members(self, group: str) -> list[str]:
        try:
            members = self.client.usergroups_users_list(usergroup=group).get("users")
        except Exception as error:
            raise Unresolved(str(explain(error))) from None
        if not isinstance(members, list):
            raise Unresolved("unexpected_answer")
        return members
