"""A synchronous client of the control API, made to be used in tests.

`Playground` is the workspace, `Person` somebody in it. What they return are frozen
dataclasses. Whatever goes wrong raises `PlaygroundError` with one readable message.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import httpx

Json = dict[str, Any]
T = TypeVar("T")

DEFAULT_TIMEOUT = 10.0
# Longer than any wait the server grants, so that the server's answer comes first.
HTTP_TIMEOUT = 90.0


class PlaygroundError(Exception):
    """The playground refused a request, or something awaited did not happen."""


class WaitTimeout(PlaygroundError, AssertionError):
    """Something awaited did not happen in time; the message shows what there was instead."""


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
    attachments: tuple[Json, ...] = ()
    raw: Json = field(default_factory=dict, repr=False)

    @property
    def is_reply(self) -> bool:
        """True when the message hangs below another one."""
        return self.thread_ts is not None and self.thread_ts != self.ts

    @property
    def action_ids(self) -> tuple[str, ...]:
        """The action ids of the buttons, selects and inputs in its blocks, in order."""
        return tuple(
            element["action_id"] for element in _elements(self.blocks) if "action_id" in element
        )

    @property
    def all_text(self) -> str:
        """Every text a person reads in its blocks, one a line; the plain text without blocks."""
        return "\n".join(_texts(list(self.blocks))) if self.blocks else self.text

    def element(self, action_id: str) -> Json:
        """The button, select or input with this action id."""
        for element in _elements(self.blocks):
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
    is_archived: bool = False


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
    user: str
    hash: str
    raw: Json = field(default_factory=dict, repr=False)

    @property
    def action_ids(self) -> tuple[str, ...]:
        """The action ids in its blocks, in order."""
        return tuple(
            element["action_id"] for element in _elements(self.blocks) if "action_id" in element
        )

    @property
    def all_text(self) -> str:
        """Every text a person reads in it, one a line."""
        return "\n".join([self.title, *_texts(list(self.blocks))])


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


@dataclass(frozen=True)
class Person:
    """Somebody in the workspace, and what they can do."""

    id: str
    name: str
    slack: Playground = field(repr=False, compare=False)

    # -- messages --------------------------------------------------------------------

    def post(
        self,
        channel: Channel | str,
        text: str,
        *,
        thread_ts: Message | str | None = None,
        broadcast: bool = False,
        raw: bool = False,
        me: bool = False,
        files: Sequence[str] = (),
    ) -> str:
        """Posts a message as typed and returns its ts.

        ``&``, ``<`` and ``>`` are escaped as Slack does, ``@name`` and ``#channel`` become
        mentions, control sequences such as ``<@U...>`` stay; with `raw` the text is stored
        as it is. `files` are names of files that go with it.
        """
        answer = self._do(
            "post",
            channel=_id(channel),
            text=text,
            thread_ts=_ts(thread_ts),
            broadcast=broadcast,
            raw=raw,
            me=me,
            files=list(files),
        )
        return str(answer["ts"])

    def mention(
        self, channel: Channel | str, text: str, *, thread_ts: Message | str | None = None
    ) -> str:
        """Posts a message that begins with a mention of the bot."""
        return self.post(channel, f"<@{self.slack.bot_user_id}> {text}", thread_ts=thread_ts)

    def reply(
        self, channel: Channel | str, ts: Message | str, text: str, *, broadcast: bool = False
    ) -> str:
        """Replies in the thread of a message and returns the reply's ts."""
        return self.post(channel, text, thread_ts=ts, broadcast=broadcast)

    def edit(self, channel: Channel | str, ts: Message | str, text: str) -> None:
        """Edits one's own message."""
        self._do("edit", channel=_id(channel), ts=_ts(ts), text=text)

    def delete(self, channel: Channel | str, ts: Message | str) -> None:
        """Deletes one's own message (any, as an admin), or dismisses an ephemeral one."""
        self._do("delete", channel=_id(channel), ts=_ts(ts))

    def react(self, channel: Channel | str, ts: Message | str, name: str) -> None:
        """Adds a reaction."""
        self._do("react", channel=_id(channel), ts=_ts(ts), name=name)

    def unreact(self, channel: Channel | str, ts: Message | str, name: str) -> None:
        """Removes a reaction."""
        self._do("unreact", channel=_id(channel), ts=_ts(ts), name=name)

    # -- channels --------------------------------------------------------------------

    def open_dm(self) -> Channel:
        """Opens the direct message with the bot."""
        return _channel(self._do("dm"))

    def join(self, channel: Channel | str) -> None:
        """Joins a channel."""
        self._do("join", channel=_id(channel))

    def leave(self, channel: Channel | str) -> None:
        """Leaves a channel."""
        self._do("leave", channel=_id(channel))

    def invite_bot(self, channel: Channel | str) -> None:
        """Invites the bot to a channel."""
        self._do("invite", channel=_id(channel))

    # -- interactions ----------------------------------------------------------------

    def click(
        self,
        channel: Channel | str,
        ts: Message | str,
        action_id: str,
        *,
        value: Any = None,
        block_id: str | None = None,
        wait: bool = True,
    ) -> Delivery:
        """Clicks a button of a message, or gives a select in it a value.

        Waits for the acknowledgement (or its time-out) unless `wait` is false. `value` is
        the value of an option, the list of values of a multi-select, a date, a user id.
        For feedback_buttons it is the value of the button clicked.
        """
        answer = self._do(
            "act",
            channel=_id(channel),
            ts=_ts(ts),
            action_id=action_id,
            block_id=block_id,
            value=value,
            wait=wait,
        )
        return _delivery(answer)

    def select(
        self,
        channel: Channel | str,
        ts: Message | str,
        action_id: str,
        value: Any,
        *,
        block_id: str | None = None,
        wait: bool = True,
    ) -> Delivery:
        """Chooses an option, a date or a person in a message."""
        return self.click(channel, ts, action_id, value=value, block_id=block_id, wait=wait)

    def click_view(
        self,
        view: View | str,
        action_id: str,
        *,
        value: Any = None,
        block_id: str | None = None,
        wait: bool = True,
    ) -> Delivery:
        """Clicks or chooses in a modal or in the home tab."""
        answer = self._do(
            "act",
            view=_view_id(view),
            action_id=action_id,
            block_id=block_id,
            value=value,
            wait=wait,
        )
        return _delivery(answer)

    def suggest(
        self,
        action_id: str,
        typed: str,
        *,
        view: View | str | None = None,
        channel: Channel | str | None = None,
        ts: Message | str | None = None,
    ) -> list[Json]:
        """Types into an external_select of a view or a message; the options the app offers.

        One of these options can be given as the value to `submit`, `select` or `click_view`.
        """
        answer = self._do(
            "suggest",
            action_id=action_id,
            value=typed,
            view=_view_id(view) if view else None,
            channel=_id(channel) if channel else None,
            ts=_ts(ts),
        )
        options: list[Json] = answer["options"]
        return options

    def submit(self, view: View | str, values: Json | None = None) -> Delivery:
        """Fills in a modal and submits it.

        `values` are given by action id, or as ``{block_id: {action_id: value}}``. The
        complaints of the app are in the result's `errors`; the modal then stays open.
        """
        return _delivery(self._do("view/submit", view=_view_id(view), values=values or {}))

    def close(self, view: View | str, *, clear: bool = False) -> Delivery | None:
        """Closes a modal, or with `clear` all of them; a delivery if the app is told."""
        answer = self._do("view/close", view=_view_id(view), clear=clear)
        return _delivery(answer) if answer else None

    def command(self, channel: Channel | str, command: str, text: str = "") -> Delivery:
        """Types a slash command in a channel and waits for the acknowledgement."""
        return _delivery(self._do("command", channel=_id(channel), command=command, text=text))

    def shortcut(
        self,
        callback_id: str,
        *,
        channel: Channel | str | None = None,
        ts: Message | str | None = None,
        wait: bool = True,
    ) -> Delivery:
        """Runs a global shortcut, or one on a message."""
        answer = self._do(
            "shortcut",
            callback_id=callback_id,
            channel=_id(channel) if channel else None,
            ts=_ts(ts),
            wait=wait,
        )
        return _delivery(answer)

    def open_home(self, tab: Literal["home", "messages"] = "home") -> None:
        """Opens the app's home."""
        self._do("home", tab=tab)

    def start_assistant_thread(self, context: Channel | str | None = None) -> Message:
        """Opens the assistant container; the root of the new thread."""
        return _message(self._do("assistant", context_channel=_id(context) if context else None))

    # -- looking ---------------------------------------------------------------------

    def sees(self, channel: Channel | str, thread_ts: Message | str | None = None) -> list[Message]:
        """What this person sees in a channel or thread, ephemeral messages included."""
        return self.slack.messages(channel, thread_ts=thread_ts, user=self)

    def modal(self) -> View | None:
        """The modal on top, if one is open."""
        modals = self.modals()
        return modals[-1] if modals else None

    def modals(self) -> list[View]:
        """The open modals, the top one last."""
        return [_view(view) for view in self.slack.ask("views", user=self.id)["modals"]]

    def home(self) -> View | None:
        """The home tab, if the app has published one."""
        home = self.slack.ask("views", user=self.id)["home"]
        return _view(home) if home else None

    def wait_for_modal(
        self, callback_id: str | None = None, timeout: float = DEFAULT_TIMEOUT
    ) -> View:
        """Waits until a modal (with this callback id) is on top."""

        def wanted() -> View | None:
            view = self.modal()
            return view if view and callback_id in (None, view.callback_id) else None

        return self.slack.wait_until(
            wanted, timeout, f"a modal {callback_id or ''} for {self.name}"
        )

    def wait_for_home(
        self, matches: Callable[[View], bool] = lambda view: True, timeout: float = DEFAULT_TIMEOUT
    ) -> View:
        """Waits until the home tab matches."""

        def wanted() -> View | None:
            view = self.home()
            return view if view and matches(view) else None

        return self.slack.wait_until(wanted, timeout, f"a home tab for {self.name}")

    def wait_for_ephemeral(
        self,
        channel: Channel | str,
        *,
        count: int = 1,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> list[Message]:
        """Waits for ephemeral messages to this person, in the channel or a thread of it."""

        def shown() -> list[Message]:
            everything = self.slack.messages(channel, user=self, everything=True)
            return [message for message in everything if message.ephemeral_to == self.id]

        return self.slack.wait_for_count(
            shown, count, timeout, f"ephemeral message(s) to {self.name}", channel
        )

    def _do(self, verb: str, **values: Any) -> Json:
        return self.slack.tell(verb, user=self.id, **values)


class Playground:
    """A running playground, seen through its control API."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(
            base_url=f"{self.url}/control/", trust_env=False, timeout=HTTP_TIMEOUT
        )
        about = self.ask("workspace")
        self.api_url = f"{self.url}/api/"
        self.bot_token: str = about["bot_token"]
        self.app_token: str = about["app_token"]
        self.signing_secret: str = about["signing_secret"]
        self.bot_user_id: str = about["bot_user_id"]
        self.bot_id: str = about["bot_id"]
        self.app_id: str = about["app_id"]
        self.team_id: str = about["team_id"]

    def disconnect(self) -> None:
        """Closes this client; the server goes on."""
        self._http.close()

    # -- the control API -------------------------------------------------------------

    def ask(self, verb: str, **query: Any) -> Json:
        """Asks the control API."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._answer(lambda: self._http.get(verb, params=given))

    def tell(self, verb: str, **values: Any) -> Json:
        """Tells the control API to do something."""
        given = {name: value for name, value in values.items() if value is not None}
        return self._answer(lambda: self._http.post(verb, json=given))

    def _answer(self, send: Callable[[], httpx.Response]) -> Json:
        try:
            response = send()
        except httpx.HTTPError as error:
            raise PlaygroundError(
                f"the playground at {self.url} does not answer: {error}"
            ) from None
        try:
            body: Json = response.json()
        except ValueError:
            raise PlaygroundError(f"the playground answered HTTP {response.status_code}") from None
        if response.status_code >= 400:
            raise PlaygroundError(str(body.get("error", body)))
        return body

    # -- setting the scene -----------------------------------------------------------

    def create_user(
        self, name: str, *, real_name: str | None = None, is_admin: bool = False
    ) -> Person:
        """Adds a person."""
        user = self.tell("users", name=name, real_name=real_name, is_admin=is_admin)
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
        members: Iterable[Person | str] = (),
    ) -> Channel:
        """Adds a channel. The bot is a member unless `bot_member` is false."""
        return _channel(
            self.tell(
                "channels",
                name=name,
                private=private,
                bot_member=bot_member,
                members=[_person_id(member) for member in members],
            )
        )

    def channel(self, name: str) -> Channel:
        """A channel that is there already, by name or id."""
        for channel in self.ask("workspace")["channels"]:
            if name.removeprefix("#") in (channel["name"], channel["id"]):
                return _channel(channel)
        raise PlaygroundError(f"there is no channel {name!r}")

    def set_admin(self, person: Person | str, *, is_admin: bool, is_owner: bool = False) -> None:
        """Makes somebody an admin or owner of the workspace, or takes that away."""
        self.tell("admins", user=_person_id(person), is_admin=is_admin, is_owner=is_owner)

    def create_usergroup(self, handle: str, users: Iterable[Person | str]) -> UserGroup:
        """Adds a user group; one with this handle that is there gets these members."""
        group = self.tell("usergroups", handle=handle, users=[_person_id(user) for user in users])
        return UserGroup(group["id"], group["handle"], tuple(group["users"]))

    def archive(self, channel: Channel | str, archived: bool = True) -> None:
        """Archives a channel, or brings it back."""
        self.tell("archive", channel=_id(channel), archived=archived)

    def remove_bot(self, channel: Channel | str) -> None:
        """Takes the bot out of a channel."""
        self.tell("leave", user=self.bot_user_id, channel=_id(channel))

    # -- looking ---------------------------------------------------------------------

    def messages(
        self,
        channel: Channel | str,
        *,
        thread_ts: Message | str | None = None,
        user: Person | str | None = None,
        everything: bool = False,
    ) -> list[Message]:
        """What a channel or a thread shows, oldest first.

        Ephemeral messages of everybody are among them, or only those of `user`. With
        `everything` the replies of all threads are, too.
        """
        answer = self.ask(
            "messages",
            channel=_id(channel),
            thread_ts=_ts(thread_ts),
            user=_person_id(user) if user else None,
            all="1" if everything else None,
        )
        return [_message(message) for message in answer["messages"]]

    def message(self, channel: Channel | str, ts: Message | str) -> Message:
        """One message as it is now."""
        wanted = _ts(ts)
        for message in self.messages(channel, everything=True):
            if message.ts == wanted:
                return message
        raise PlaygroundError(f"there is no message {wanted} in {_id(channel)}")

    def replies(self, channel: Channel | str, ts: Message | str) -> list[Message]:
        """The bot's visible replies in a thread."""
        return [
            message
            for message in self.messages(channel, thread_ts=ts)
            if message.bot_id and message.ts != _ts(ts) and not message.ephemeral_to
        ]

    def assistant_thread(self, channel: Channel | str, ts: Message | str) -> AssistantThread:
        """What the assistant container shows beside a thread."""
        shown = self.ask("messages", channel=_id(channel), thread_ts=_ts(ts))["assistant"]
        if shown is None:
            return AssistantThread("", "", ())
        return AssistantThread(shown["status"], shown["title"], tuple(shown["prompts"]))

    def calls(self, method: str | None = None) -> list[Call]:
        """The Web API calls the app made, oldest first."""
        return [Call(**call) for call in self.ask("calls", method=method)["calls"]]

    def deliveries(self, label: str | None = None) -> list[Delivery]:
        """What was sent to the app, oldest first; `label` is the start of its label.

        The label of an event is its subscription (``message.im``), of a command its name,
        of an interaction its type and action or callback id.
        """
        deliveries = [_delivery(entry) for entry in self.ask("deliveries")["deliveries"]]
        return [entry for entry in deliveries if entry.label.startswith(label or "")]

    @property
    def connections(self) -> int:
        """How many websockets the app has open."""
        return int(self.ask("workspace")["connections"])

    # -- waiting ---------------------------------------------------------------------

    def wait_until(
        self,
        condition: Callable[[], T | None],
        timeout: float = DEFAULT_TIMEOUT,
        what: str = "the condition",
        seen: Callable[[], str] | None = None,
    ) -> T:
        """Waits until `condition` returns something true, and returns that.

        It is asked again whenever the workspace changes. `seen` describes what there is
        instead, for the error message.
        """
        deadline = time.monotonic() + timeout
        while True:
            revision = self.ask("changes", after=-1, timeout=0)["revision"]
            result = condition()
            if result:
                return result
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                shown = f"\n{seen()}" if seen else ""
                raise WaitTimeout(f"no {what} within {timeout:g} s{shown}")
            # At least twice a second: the condition may look at more than the workspace.
            self.ask("changes", after=revision, timeout=min(remaining, 0.5))

    def wait_for_count(
        self,
        shown: Callable[[], list[Message]],
        count: int,
        timeout: float,
        what: str,
        channel: Channel | str,
    ) -> list[Message]:
        """Waits until `shown` returns at least `count` messages."""

        def enough() -> list[Message] | None:
            messages = shown()
            return messages if len(messages) >= count else None

        def seen() -> str:
            return f"got {len(shown())} of {count}; the channel shows:\n" + self.transcript(channel)

        return self.wait_until(enough, timeout, what, seen)

    def wait_for_replies(
        self,
        channel: Channel | str,
        ts: Message | str,
        *,
        count: int = 1,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> list[Message]:
        """Waits for replies of the bot in a thread; all it has made there so far."""
        return self.wait_for_count(
            lambda: self.replies(channel, ts), count, timeout, f"reply to {_ts(ts)}", channel
        )

    def wait_for_messages(
        self, channel: Channel | str, *, count: int = 1, timeout: float = DEFAULT_TIMEOUT
    ) -> list[Message]:
        """Waits for messages of the bot in a channel itself, not in threads."""

        def shown() -> list[Message]:
            messages = self.messages(channel)
            return [m for m in messages if m.bot_id and not m.ephemeral_to]

        return self.wait_for_count(shown, count, timeout, "message(s) of the bot", channel)

    def wait_for_message(
        self,
        channel: Channel | str,
        ts: Message | str,
        matches: Callable[[Message], bool],
        *,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> Message:
        """Waits until one message (such as one that gets updated) matches."""

        def wanted() -> Message | None:
            message = self.message(channel, ts)
            return message if matches(message) else None

        return self.wait_until(
            wanted,
            timeout,
            f"match of message {_ts(ts)}",
            lambda: "the channel shows:\n" + self.transcript(channel),
        )

    def wait_for_calls(
        self, method: str, *, count: int = 1, timeout: float = DEFAULT_TIMEOUT
    ) -> list[Call]:
        """Waits until the app has called a method so often."""

        def enough() -> list[Call] | None:
            calls = [call for call in self.calls(method) if call.ok is not None]
            return calls if len(calls) >= count else None

        return self.wait_until(enough, timeout, f"{count} call(s) of {method}")

    def wait_until_connected(self, count: int = 1, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Waits until the app has this many websockets open."""
        self.wait_until(
            lambda: self.connections >= count,
            timeout,
            f"{count} connection(s)",
            lambda: f"there are {self.connections}",
        )

    def wait_until_idle(self, timeout: float = DEFAULT_TIMEOUT, *, quiet: float = 0.0) -> None:
        """Waits until all deliveries are acknowledged or given up.

        Bolt acknowledges events before its listeners are done: with `quiet`, the workspace
        must not have changed for so many seconds either.
        """
        answer = self.tell("idle", timeout=timeout, quiet=quiet)
        if not answer["idle"]:
            labels = ", ".join(entry["label"] for entry in answer["pending"]) or "other activity"
            raise WaitTimeout(f"not idle within {timeout:g} s: {labels}")

    def transcript(self, channel: Channel | str) -> str:
        """Everything a channel shows, a line for each message, for people to read."""
        names = {user["id"]: user["name"] for user in self.ask("workspace")["users"]}
        lines = []
        for message in self.messages(channel, everything=True):
            indent = "    " if message.is_reply else "  "
            name = names.get(message.user or "", message.username or message.user or "?")
            only = names.get(message.ephemeral_to or "", message.ephemeral_to)
            note = f" (only to {only})" if message.ephemeral_to else ""
            text = " / ".join((message.all_text or message.text).splitlines())
            buttons = f" {list(message.action_ids)}" if message.action_ids else ""
            lines.append(f"{indent}{message.ts} {name}{note}: {text[:300]}{buttons}")
        return "\n".join(lines) or "  (nothing)"

    # -- the app's installation ------------------------------------------------------

    def subscribe(self, *subscriptions: str) -> None:
        """Subscribes the app to exactly these events."""
        self.tell("settings", subscriptions=list(subscriptions))

    def set_scopes(self, scopes: Iterable[str] | None) -> None:
        """Restricts the app's scopes; None for the usual ones."""
        self._answer(
            lambda: self._http.post(
                "settings", json={"scopes": None if scopes is None else list(scopes)}
            )
        )

    def set_patience(
        self,
        *,
        ack_timeout: float | None = None,
        retry_delays: Sequence[float] | None = None,
        trigger_seconds: float | None = None,
    ) -> None:
        """How long to wait for acknowledgements, before each retry, and how long triggers live."""
        self.tell(
            "settings",
            ack_timeout=ack_timeout,
            retry_delays=None if retry_delays is None else list(retry_delays),
            trigger_seconds=trigger_seconds,
        )

    def set_commands(self, commands: Iterable[str] | None) -> None:
        """The slash commands the app has; None: whatever is typed is one."""
        self._answer(
            lambda: self._http.post(
                "settings", json={"commands": None if commands is None else list(commands)}
            )
        )

    def deliver_by_http(self, url: str, *, verify: bool = True) -> None:
        """Delivers to a request URL instead of websockets, after the url_verification handshake."""
        self.tell("settings", delivery="http", url=url, verify=verify)

    def deliver_by_socket(self) -> None:
        """Delivers by Socket Mode, as at the start."""
        self.tell("settings", delivery="socket")

    # -- faults ----------------------------------------------------------------------

    def fail(
        self,
        method: str,
        *,
        status: int | None = None,
        retry_after: int | None = None,
        error: str | None = None,
        times: int = 1,
        after: bool = False,
        delay: float = 0.0,
    ) -> None:
        """Makes the next calls of a method fail (`method` may hold wildcards).

        With an HTTP `status` (429 takes `retry_after`), or with a Slack `error`. With
        `after` the call is applied first: a repeated post then appears twice.
        """
        if status is None and error is None:
            raise PlaygroundError("say how it fails: status=... or error=...")
        self.tell(
            "faults",
            method=method,
            status=status,
            retry_after=retry_after,
            error=error,
            times=times,
            after=after,
            delay=delay,
        )

    def slow(self, method: str, seconds: float, *, times: int = 1, after: bool = False) -> None:
        """Makes the next calls of a method take longer; with `after` once they are applied."""
        self.tell("faults", method=method, delay=seconds, times=times, after=after)

    def drop(self, method: str, *, times: int = 1, after: bool = True) -> None:
        """Cuts the connection of the next calls, by default after they were applied."""
        self.tell("faults", method=method, drop=True, times=times, after=after)

    def refuse_tokens(self, error: str = "invalid_auth") -> None:
        """Refuses every token until `accept_tokens` (or `token_revoked`, `account_inactive`)."""
        self.tell("settings", refuse_tokens=error)

    def accept_tokens(self) -> None:
        """Accepts the tokens again."""
        self._answer(lambda: self._http.post("settings", json={"refuse_tokens": None}))

    def delay_deliveries(self, seconds: float) -> None:
        """Delivers every event so much later; 0 for at once."""
        self.tell("settings", delivery_delay=seconds)

    def duplicate_deliveries(self, on: bool = True) -> None:
        """Delivers every event twice."""
        self.tell("settings", duplicate_deliveries=on)

    def limit_posts(self, per_second: float | None = 1.0) -> None:
        """Limits posts in each channel (429 beyond it); None for no limit."""
        self._answer(lambda: self._http.post("settings", json={"posts_per_second": per_second}))

    def disconnect_sockets(
        self,
        reason: Literal["warning", "refresh_requested", "link_disabled"] = "refresh_requested",
        *,
        close_after: float = 10.0,
    ) -> int:
        """Tells the app's websockets to go away, and closes them a little later."""
        answer = self.tell("sockets", action="disconnect", reason=reason, close_after=close_after)
        return int(answer["connections"])

    def drop_sockets(self) -> int:
        """Cuts the app's websockets without a word."""
        return int(self.tell("sockets", action="drop")["connections"])

    def freeze_sockets(self) -> int:
        """Makes the open websockets play dead: nothing is read from them or sent to them."""
        return int(self.tell("sockets", action="die")["connections"])

    def thaw_sockets(self) -> int:
        """Brings frozen websockets back to life."""
        return int(self.tell("sockets", action="revive")["connections"])

    def recover(self) -> None:
        """Ends all faults."""
        self.tell("faults/clear")


# -- reading answers -------------------------------------------------------------------


def _id(channel: Channel | str) -> str:
    return channel if isinstance(channel, str) else channel.id


def _ts(ts: Message | str | None) -> str | None:
    return ts.ts if isinstance(ts, Message) else ts


def _person_id(person: Person | str) -> str:
    return person if isinstance(person, str) else person.id


def _view_id(view: View | str) -> str:
    return view if isinstance(view, str) else view.id


def _elements(blocks: Sequence[Json]) -> list[Json]:
    found: list[Json] = []
    for block in blocks:
        if block.get("type") in ("actions", "context_actions"):
            found += block.get("elements", [])
        found += [block[name] for name in ("accessory", "element") if name in block]
    return found


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for entry in value for text in _texts(entry)]
    if not isinstance(value, dict):
        return []
    found: list[str] = []
    if value.get("type") == "rich_text_section":
        return ["".join(_rich(element) for element in value.get("elements", []))]
    for name, entry in value.items():
        if name == "text" and isinstance(entry, str):
            found.append(entry)
        elif name in ("text", "fields", "elements", "accessory", "element", "label", "hint"):
            found += _texts(entry)
    return found


def _rich(element: Json) -> str:
    kind = element.get("type")
    if kind == "user":
        return f"<@{element['user_id']}>"
    if kind == "emoji":
        return f":{element['name']}:"
    if kind == "channel":
        return f"<#{element['channel_id']}>"
    return str(element.get("text") or element.get("url") or "")


def _channel(body: Json) -> Channel:
    return Channel(
        id=body["id"],
        name=body["name"],
        kind=body["kind"],
        members=tuple(body["members"]),
        is_archived=body["is_archived"],
    )


def _message(body: Json) -> Message:
    return Message(
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
        attachments=tuple(body.get("attachments", ())),
        raw=body,
    )


def _view(body: Json) -> View:
    return View(
        id=body["id"],
        type=body["type"],
        title=(body.get("title") or {}).get("text", ""),
        callback_id=body["callback_id"],
        private_metadata=body["private_metadata"],
        blocks=tuple(body["blocks"]),
        state=body["state"]["values"],
        errors=body["errors"],
        user=body["user"],
        hash=body["hash"],
        raw=body,
    )


def _delivery(body: Json) -> Delivery:
    return Delivery(
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
