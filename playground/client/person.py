"""Somebody in the workspace, and what they can do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from playground.client.values import Channel, Delivery, Member, Message, View, id_of, ts_of
from playground.client.waiting import DEFAULT_TIMEOUT, Waiting

Json = dict[str, Any]


@dataclass(frozen=True)
class Person(Member):
    """Somebody in the workspace, and what they can do."""

    slack: Waiting = field(repr=False, compare=False)

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
            channel=id_of(channel),
            text=text,
            thread_ts=ts_of(thread_ts),
            broadcast=broadcast,
            raw=raw,
            me=me,
            files=list(files),
        )
        return str(answer["ts"])

    def forward(
        self,
        channel: Channel | str,
        ts: Message | str,
        *,
        to: Channel | str,
        text: str = "",
        thread_ts: Message | str | None = None,
    ) -> str:
        """Forwards a message to another place, with words of one's own, and returns its ts."""
        answer = self._do(
            "post",
            channel=id_of(to),
            text=text,
            thread_ts=ts_of(thread_ts),
            forward=ts_of(ts),
            forward_from=id_of(channel),
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
        self._do("edit", channel=id_of(channel), ts=ts_of(ts), text=text)

    def delete(self, channel: Channel | str, ts: Message | str) -> None:
        """Deletes one's own message (any, as an admin), or dismisses an ephemeral one."""
        self._do("delete", channel=id_of(channel), ts=ts_of(ts))

    def react(self, channel: Channel | str, ts: Message | str, name: str) -> None:
        """Adds a reaction."""
        self._do("react", channel=id_of(channel), ts=ts_of(ts), name=name)

    def unreact(self, channel: Channel | str, ts: Message | str, name: str) -> None:
        """Removes a reaction."""
        self._do("unreact", channel=id_of(channel), ts=ts_of(ts), name=name)

    # -- channels --------------------------------------------------------------------

    def open_dm(self) -> Channel:
        """Opens the direct message with the bot."""
        return Channel.from_json(self._do("dm"))

    def join(self, channel: Channel | str) -> None:
        """Joins a channel."""
        self._do("join", channel=id_of(channel))

    def leave(self, channel: Channel | str) -> None:
        """Leaves a channel."""
        self._do("leave", channel=id_of(channel))

    def invite_bot(self, channel: Channel | str) -> None:
        """Invites the bot to a channel."""
        self._do("invite", channel=id_of(channel))

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
            channel=id_of(channel),
            ts=ts_of(ts),
            action_id=action_id,
            block_id=block_id,
            value=value,
            wait=wait,
        )
        return Delivery.from_json(answer)

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
            view=id_of(view),
            action_id=action_id,
            block_id=block_id,
            value=value,
            wait=wait,
        )
        return Delivery.from_json(answer)

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
            view=id_of(view) if view else None,
            channel=id_of(channel) if channel else None,
            ts=ts_of(ts),
        )
        options: list[Json] = answer["options"]
        return options

    def submit(self, view: View | str, values: Json | None = None) -> Delivery:
        """Fills in a modal and submits it.

        `values` are given by action id, or as ``{block_id: {action_id: value}}``. The
        complaints of the app are in the result's `errors`; the modal then stays open.
        """
        return Delivery.from_json(self._do("view/submit", view=id_of(view), values=values or {}))

    def close(self, view: View | str, *, clear: bool = False) -> Delivery | None:
        """Closes a modal, or with `clear` all of them; a delivery if the app is told."""
        answer = self._do("view/close", view=id_of(view), clear=clear)
        return Delivery.from_json(answer) if answer else None

    def command(self, channel: Channel | str, command: str, text: str = "") -> Delivery:
        """Types a slash command in a channel and waits for the acknowledgement."""
        return Delivery.from_json(
            self._do("command", channel=id_of(channel), command=command, text=text)
        )

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
            channel=id_of(channel) if channel else None,
            ts=ts_of(ts),
            wait=wait,
        )
        return Delivery.from_json(answer)

    def open_home(self, tab: Literal["home", "messages"] = "home") -> None:
        """Opens the app's home."""
        self._do("home", tab=tab)

    def start_assistant_thread(self, context: Channel | str | None = None) -> Message:
        """Opens the assistant container; the root of the new thread."""
        return Message.from_json(
            self._do("assistant", context_channel=id_of(context) if context else None)
        )

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
        return [View.from_json(view) for view in self.slack.ask("views", user=self.id)["modals"]]

    def home(self) -> View | None:
        """The home tab, if the app has published one."""
        home = self.slack.ask("views", user=self.id)["home"]
        return View.from_json(home) if home else None

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
