"""A running playground: the scene that a test sets, and all else that can be done with it."""

from __future__ import annotations

from collections.abc import Iterable

from playground.client.errors import PlaygroundError
from playground.client.faults import Faults
from playground.client.installation import Installation
from playground.client.person import Person
from playground.client.values import Channel, Member, UserGroup, id_of
from playground.client.waiting import Waiting


class Playground(Waiting, Installation, Faults):
    """A running playground, seen through its control API."""

    def create_user(
        self,
        name: str,
        *,
        real_name: str | None = None,
        is_admin: bool = False,
        team: str | None = None,
    ) -> Person:
        """Adds a person; with `team`, one of another organisation's workspace."""
        user = self.tell("users", name=name, real_name=real_name, is_admin=is_admin, team=team)
        return Person(user["id"], user["name"], self)

    def person(self, name: str) -> Person:
        """Somebody who is there already, by name or id."""
        users = self.ask("workspace")["users"]
        for user in users:
            if name in (user["name"], user["id"]):
                return Person(user["id"], user["name"], self)
        people = ", ".join(user["name"] for user in users if not user["is_bot"])
        raise PlaygroundError(f"there is no user {name!r}; there is {people or 'nobody'}")

    def create_channel(
        self,
        name: str,
        *,
        private: bool = False,
        bot_member: bool = True,
        members: Iterable[Member | str] = (),
    ) -> Channel:
        """Adds a channel. The bot is a member unless `bot_member` is false."""
        return Channel.from_json(
            self.tell(
                "channels",
                name=name,
                private=private,
                bot_member=bot_member,
                members=[id_of(member) for member in members],
            )
        )

    def share(self, channel: Channel | str, *teams: str) -> None:
        """Shares a channel with other organisations' workspaces (Slack Connect); none: ends it."""
        self.tell("share", channel=id_of(channel), teams=list(teams))

    def channel(self, name: str) -> Channel:
        """A channel that is there already, by name or id."""
        for channel in self.ask("workspace")["channels"]:
            if name.removeprefix("#") in (channel["name"], channel["id"]):
                return Channel.from_json(channel)
        raise PlaygroundError(f"there is no channel {name!r}")

    def set_admin(self, person: Member | str, *, is_admin: bool, is_owner: bool = False) -> None:
        """Makes somebody an admin or owner of the workspace, or takes that away."""
        self.tell("admins", user=id_of(person), is_admin=is_admin, is_owner=is_owner)

    def create_usergroup(self, handle: str, users: Iterable[Member | str]) -> UserGroup:
        """Adds a user group; one with this handle that is there gets these members."""
        group = self.tell("usergroups", handle=handle, users=[id_of(user) for user in users])
        return UserGroup(group["id"], group["handle"], tuple(group["users"]))

    def archive(self, channel: Channel | str, archived: bool = True) -> None:
        """Archives a channel, or brings it back."""
        self.tell("archive", channel=id_of(channel), archived=archived)
