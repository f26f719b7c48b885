"""The workspace held in memory: people, channels, messages and views, and how they change.

Nothing here does input or output. Everything runs in the server's event loop, so no
locks are needed; whoever changes the state through `Workspace` keeps it consistent.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from playground.errors import SlackError
from playground.workspace.models import (
    BOT_USER_ID,
    TEAM_ID,
    AssistantThread,
    Channel,
    ChannelKind,
    File,
    Message,
    ResponseUrl,
    Trigger,
    User,
    UserGroup,
    View,
)

Json = dict[str, Any]


TRIGGER_SECONDS = 3.0
RESPONSE_URL_SECONDS = 30 * 60
RESPONSE_URL_USES = 5


class Workspace:
    """All the state of one workspace."""

    def __init__(self, clock: Callable[[], float] = time.time, bot_name: str = "faqbot") -> None:
        self.clock = clock
        self.trigger_seconds = TRIGGER_SECONDS
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.usergroups: dict[str, UserGroup] = {}
        self.views: dict[str, View] = {}
        self.modals: dict[str, list[str]] = {}
        self.homes: dict[str, str] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.assistant_threads: dict[tuple[str, str], AssistantThread] = {}
        self.files: dict[str, File] = {}
        self._counters: dict[str, int] = {}
        self._last_ts = 0
        self.bot = User(BOT_USER_ID, bot_name, bot_name, is_bot=True)
        self.users[self.bot.id] = self.bot

    # -- identifiers -----------------------------------------------------------------

    def next_id(self, prefix: str) -> str:
        """The next identifier of a kind, such as ``U0PLAY00001``."""
        number = self._counters.get(prefix, 0) + 1
        self._counters[prefix] = number
        return f"{prefix}0PLAY{number:05d}"

    def next_ts(self) -> str:
        """A message timestamp: seconds and microseconds, unique and increasing."""
        now = int(self.clock() * 1_000_000)
        self._last_ts = max(now, self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    # -- people and channels ---------------------------------------------------------

    def add_user(
        self,
        name: str,
        real_name: str | None = None,
        *,
        is_admin: bool = False,
        team: str = TEAM_ID,
    ) -> User:
        """Adds a person, also of another organisation's workspace. Names are unique."""
        if any(user.name == name for user in self.users.values()):
            raise SlackError("name_taken")
        user = User(self.next_id("U"), name, real_name or name.title(), is_admin=is_admin)
        user.team = team
        self.users[user.id] = user
        return user

    def add_channel(self, name: str, kind: ChannelKind, members: list[str]) -> Channel:
        """Adds a public or private channel with these members."""
        if any(channel.name == name for channel in self.channels.values()):
            raise SlackError("name_taken")
        channel = Channel(
            id=self.next_id("C"),
            name=name,
            kind=kind,
            created=int(self.clock()),
            creator=next((m for m in members if m != BOT_USER_ID), BOT_USER_ID),
            members=list(dict.fromkeys(members)),
        )
        self.channels[channel.id] = channel
        return channel

    def open_dm(self, user_id: str) -> tuple[Channel, bool]:
        """The direct message between a person and the bot, and whether it was there already."""
        for channel in self.channels.values():
            if channel.kind == "im" and channel.im_user == user_id:
                return channel, True
        channel = Channel(
            id=self.next_id("D"),
            name=user_id,
            kind="im",
            created=int(self.clock()),
            creator=user_id,
            members=[user_id, BOT_USER_ID],
            im_user=user_id,
        )
        self.channels[channel.id] = channel
        return channel, False

    def user(self, user_id: str) -> User:
        """The person with this id, or ``user_not_found``."""
        try:
            return self.users[user_id]
        except KeyError:
            raise SlackError("user_not_found") from None

    def find_user(self, name_or_id: str) -> User | None:
        """A person by id or by name, with or without ``@``."""
        if name_or_id in self.users:
            return self.users[name_or_id]
        name = name_or_id.removeprefix("@")
        return next((user for user in self.users.values() if user.name == name), None)

    def find_channel(self, name_or_id: str) -> Channel | None:
        """A channel by id or by name, with or without ``#``."""
        if name_or_id in self.channels:
            return self.channels[name_or_id]
        name = name_or_id.removeprefix("#")
        return next(
            (c for c in self.channels.values() if c.kind != "im" and c.name == name),
            None,
        )

    # -- messages --------------------------------------------------------------------

    def add_message(self, message: Message) -> Message:
        """Stores a message; an ephemeral one is kept apart from the history."""
        channel = self.channels[message.channel]
        store = channel.ephemerals if message.ephemeral_to else channel.messages
        store[message.ts] = message
        return message

    def message(self, channel: Channel, ts: str, error: str = "message_not_found") -> Message:
        """The message with this timestamp, or the given error."""
        try:
            return channel.messages[ts]
        except KeyError:
            raise SlackError(error) from None

    def remove_message(self, channel: Channel, ts: str) -> bool:
        """Deletes a message; the root of a thread stays as a tombstone. True if one is left."""
        message = channel.messages[ts]
        if channel.replies(ts):
            channel.messages[ts] = Message(
                channel=channel.id,
                ts=ts,
                text="This message was deleted.",
                user="USLACKBOT",
                subtype="tombstone",
                thread_ts=message.thread_ts,
            )
            return True
        del channel.messages[ts]
        parent = channel.messages.get(message.thread_ts or "")
        if message.is_reply and parent is not None and not channel.replies(parent.ts):
            parent.thread_ts = None
        return False

    # -- views -----------------------------------------------------------------------

    def new_trigger(self, user_id: str, view_id: str | None = None) -> str:
        """A fresh trigger id for this person."""
        number = self._counters.get("trigger", 0) + 1
        self._counters["trigger"] = number
        trigger_id = f"{1000 + number}.{number}.playground{number:08x}"
        self.triggers[trigger_id] = Trigger(
            trigger_id, user_id, self.clock() + self.trigger_seconds, view_id=view_id
        )
        return trigger_id

    def use_trigger(self, trigger_id: str) -> Trigger:
        """Spends a trigger id, or says why it cannot be used."""
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self.clock() > trigger.expires:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger

    def open_modals(self, user_id: str) -> list[View]:
        """The modals a person has open, the one on top last."""
        return [self.views[view_id] for view_id in self.modals.get(user_id, [])]

    def new_response_url(self, channel: str, user: str, message_ts: str | None) -> ResponseUrl:
        """A place where the app may answer an interaction."""
        number = self._counters.get("response_url", 0) + 1
        self._counters["response_url"] = number
        url = ResponseUrl(
            ticket=f"{number:06d}",
            channel=channel,
            user=user,
            expires=self.clock() + RESPONSE_URL_SECONDS,
            message_ts=message_ts,
        )
        self.response_urls[url.ticket] = url
        return url
