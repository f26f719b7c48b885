"""What a workspace is made of: its fixed ids and tokens, people, channels, messages and views."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
ChannelKind = Literal["public", "private", "im"]
TEAM_ID = "T0PLAYGROUND"
TEAM_DOMAIN = "playground"
APP_ID = "A0PLAYGROUND"
BOT_ID = "B0PLAYGROUND"
BOT_USER_ID = "U0PLAYBOT"
# Constant, so that a bot can be started against the playground with one copied line.
BOT_TOKEN = "xoxb-playground-bot-token"
APP_TOKEN = "xapp-1-A0PLAYGROUND-playground-app-token"
SIGNING_SECRET = "playground-signing-secret"
VERIFICATION_TOKEN = "playground-verification-token"


@dataclass
class User:
    """A person, or the app's bot user; `team` is another for people of other organisations."""

    id: str
    name: str
    real_name: str
    is_bot: bool = False
    is_admin: bool = False
    is_owner: bool = False
    team: str = TEAM_ID


@dataclass
class Message:
    """One message of a channel; `ephemeral_to` names the only person who sees it."""

    channel: str
    ts: str
    text: str
    user: str | None = None
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    files: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    subtype: str | None = None
    bot_id: str | None = None
    username: str | None = None
    icons: Json | None = None
    metadata: Json | None = None
    client_msg_id: str | None = None
    edited: Json | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    ephemeral_to: str | None = None
    streaming: bool = False
    # What each person has picked in this message's selects and inputs.
    picks: dict[str, dict[str, dict[str, Json]]] = field(default_factory=dict)

    @property
    def is_reply(self) -> bool:
        """True when the message hangs below another one."""
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass
class Channel:
    """A public or private channel, or a direct message with the bot.

    `shared_with` has the ids of the other organisations' workspaces (Slack Connect).
    """

    id: str
    name: str
    kind: ChannelKind
    created: int
    creator: str
    members: list[str] = field(default_factory=list)
    archived: bool = False
    im_user: str | None = None
    messages: dict[str, Message] = field(default_factory=dict)
    ephemerals: dict[str, Message] = field(default_factory=dict)
    shared_with: list[str] = field(default_factory=list)

    def replies(self, thread_ts: str) -> list[Message]:
        """The replies below a message, oldest first."""
        return [m for m in self.messages.values() if m.thread_ts == thread_ts and m.is_reply]

    def timeline(self) -> list[Message]:
        """What the channel itself shows, oldest first: no replies unless broadcast."""
        return [
            m for m in self.messages.values() if not m.is_reply or m.subtype == "thread_broadcast"
        ]


@dataclass
class View:
    """A modal or a home tab."""

    id: str
    user: str
    payload: Json
    root_view_id: str
    hash: str
    previous_view_id: str | None = None
    state: dict[str, dict[str, Json]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


@dataclass
class Trigger:
    """The right to open a view, for three seconds and once."""

    id: str
    user: str
    expires: float
    used: bool = False
    view_id: str | None = None


@dataclass
class ResponseUrl:
    """Where an app may answer an interaction: five times within half an hour."""

    ticket: str
    channel: str
    user: str
    expires: float
    message_ts: str | None = None
    uses: int = 0


@dataclass
class AssistantThread:
    """What the assistant container shows for one thread."""

    status: str = ""
    title: str = ""
    prompts: list[Json] = field(default_factory=list)


@dataclass
class UserGroup:
    """A group of people that can be mentioned by a handle."""

    id: str
    handle: str
    users: list[str]


@dataclass
class File:
    """An uploaded file; `content` is None until the bytes have arrived."""

    id: str
    name: str
    length: int
    user: str
    title: str = ""
    content: bytes | None = None
