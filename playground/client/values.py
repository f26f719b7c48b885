"""What a client of the playground gets to see, as frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from playground.client.blocks import action_ids_in, elements_in, texts_in
from playground.client.errors import PlaygroundError

Json = dict[str, Any]


class Identified(Protocol):
    """Something with an id: a channel, a person, a view."""

    @property
    def id(self) -> str:
        """Its id."""
        ...


@dataclass(frozen=True)
class Member:
    """Somebody in the workspace."""

    id: str
    name: str


@dataclass(frozen=True)
class Message:
    """A message as a channel shows it."""

    ts: str
    channel: str
    text: str
    user: str | None = None
    blocks: tuple[Json, ...] = ()
    metadata: Json | None = None
    thread_ts: str | None = None
    bot_id: str | None = None
    subtype: str | None = None
    edited: bool = False
    reactions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ephemeral_to: str | None = None
    reply_count: int = 0
    streaming: bool = False
    username: str | None = None
    files: tuple[Json, ...] = ()

    @classmethod
    def from_json(cls, body: Json) -> Message:
        """The message that the control API describes."""
        return cls(
            ts=body["ts"],
            channel=body["channel"],
            text=body["text"],
            user=body.get("user"),
            blocks=tuple(body.get("blocks", ())),
            metadata=body.get("metadata"),
            thread_ts=body.get("thread_ts"),
            bot_id=body.get("bot_id"),
            subtype=body.get("subtype"),
            edited="edited" in body,
            reactions={entry["name"]: tuple(entry["users"]) for entry in body.get("reactions", ())},
            ephemeral_to=body.get("ephemeral_to"),
            reply_count=body.get("reply_count", 0),
            streaming="streaming_state" in body,
            username=body.get("username"),
            files=tuple(body.get("files", ())),
        )

    @property
    def is_reply(self) -> bool:
        """True when the message hangs below another one."""
        return self.thread_ts is not None and self.thread_ts != self.ts

    @property
    def action_ids(self) -> tuple[str, ...]:
        """The action ids of the buttons, selects and inputs in its blocks, in order."""
        return action_ids_in(self.blocks)

    @property
    def all_text(self) -> str:
        """Every text a person reads in its blocks, one a line; the plain text without blocks."""
        return "\n".join(texts_in(list(self.blocks))) if self.blocks else self.text

    def element(self, action_id: str) -> Json:
        """The button, select or input with this action id."""
        for element in elements_in(self.blocks):
            if element.get("action_id") == action_id:
                return element
        raise PlaygroundError(f"no action {action_id!r} in the message, only {self.action_ids}")


@dataclass(frozen=True)
class Channel:
    """A channel or a direct message with the bot."""

    id: str
    name: str
    kind: Literal["public", "private", "im"]
    members: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, body: Json) -> Channel:
        """The channel that the control API describes."""
        return cls(
            id=body["id"],
            name=body["name"],
            kind=body["kind"],
            members=tuple(body["members"]),
        )


@dataclass(frozen=True)
class UserGroup:
    """A group of people."""

    id: str
    handle: str
    users: tuple[str, ...]


@dataclass(frozen=True)
class View:
    """An open modal, or a home tab."""

    id: str
    type: Literal["modal", "home"]
    title: str
    callback_id: str
    private_metadata: str
    blocks: tuple[Json, ...]
    state: Json
    errors: dict[str, str]

    @classmethod
    def from_json(cls, body: Json) -> View:
        """The view that the control API describes."""
        return cls(
            id=body["id"],
            type=body["type"],
            title=(body.get("title") or {}).get("text", ""),
            callback_id=body["callback_id"],
            private_metadata=body["private_metadata"],
            blocks=tuple(body["blocks"]),
            state=body["state"]["values"],
            errors=body["errors"],
        )

    @property
    def action_ids(self) -> tuple[str, ...]:
        """The action ids in its blocks, in order."""
        return action_ids_in(self.blocks)

    @property
    def all_text(self) -> str:
        """Every text a person reads in it, one a line."""
        return "\n".join([self.title, *texts_in(list(self.blocks))])


@dataclass(frozen=True)
class Attempt:
    """One try of a delivery."""

    number: int
    reason: str
    started_at: float
    acked_at: float | None
    error: str | None
    connection: str | None

    @property
    def acked(self) -> bool:
        """Whether the app acknowledged this attempt."""
        return self.acked_at is not None

    @property
    def seconds(self) -> float | None:
        """How long the acknowledgement took."""
        return None if self.acked_at is None else self.acked_at - self.started_at


@dataclass(frozen=True)
class Delivery:
    """A payload sent to the app, and what came of it."""

    id: str
    kind: Literal["events_api", "slash_commands", "interactive"]
    label: str
    state: Literal["pending", "acked", "failed"]
    payload: Json
    response: Json | None
    seconds: float | None
    attempts: tuple[Attempt, ...]
    # After a submitted modal: what the app complains of, by block id.
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, body: Json) -> Delivery:
        """The delivery that the control API describes."""
        return cls(
            id=body["id"],
            kind=body["kind"],
            label=body["label"],
            state=body["state"],
            payload=body["payload"],
            response=body["response"],
            seconds=body["seconds"],
            attempts=tuple(Attempt(**attempt) for attempt in body["attempts"]),
            errors=body.get("errors", {}),
        )

    @property
    def acked(self) -> bool:
        """Whether the app acknowledged it."""
        return self.state == "acked"

    @property
    def event(self) -> Json:
        """The event inside an events_api payload."""
        event: Json = self.payload.get("event", {})
        return event


@dataclass(frozen=True)
class Call:
    """A Web API call the app made, without its token."""

    number: int
    method: str
    arguments: Json
    received_at: float
    ok: bool | None
    error: str | None
    status: int | None
    seconds: float | None
    response: Json | None


@dataclass(frozen=True)
class AssistantThread:
    """What the assistant container shows beside a thread."""

    status: str
    title: str
    prompts: tuple[Json, ...]


def id_of(thing: Identified | str) -> str:
    """The id of a channel, a person or a view, which may be given as such."""
    return thing if isinstance(thing, str) else thing.id


def ts_of(message: Message | str | None) -> str | None:
    """The ts of a message, which may be given as such or left out."""
    return message.ts if isinstance(message, Message) else message
