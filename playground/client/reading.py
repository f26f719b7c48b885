"""Looking at a workspace: messages, calls and deliveries."""

from __future__ import annotations

from playground.client.connection import Connection
from playground.client.errors import PlaygroundError
from playground.client.values import (
    AssistantThread,
    Call,
    Channel,
    Delivery,
    Member,
    Message,
    id_of,
    ts_of,
)


class Reading(Connection):
    """What a workspace shows."""

    def messages(
        self,
        channel: Channel | str,
        *,
        thread_ts: Message | str | None = None,
        user: Member | str | None = None,
        everything: bool = False,
    ) -> list[Message]:
        """What a channel or a thread shows, oldest first.

        Ephemeral messages of everybody are among them, or only those of `user`. With
        `everything` the replies of all threads are, too.
        """
        answer = self.ask(
            "messages",
            channel=id_of(channel),
            thread_ts=ts_of(thread_ts),
            user=id_of(user) if user else None,
            all="1" if everything else None,
        )
        return [Message.from_json(message) for message in answer["messages"]]

    def message(self, channel: Channel | str, ts: Message | str) -> Message:
        """One message as it is now."""
        wanted = ts_of(ts)
        for message in self.messages(channel, everything=True):
            if message.ts == wanted:
                return message
        raise PlaygroundError(f"there is no message {wanted} in {id_of(channel)}")

    def replies(self, channel: Channel | str, ts: Message | str) -> list[Message]:
        """The bot's visible replies in a thread."""
        return [
            message
            for message in self.messages(channel, thread_ts=ts)
            if message.bot_id and message.ts != ts_of(ts) and not message.ephemeral_to
        ]

    def assistant_thread(self, channel: Channel | str, ts: Message | str) -> AssistantThread:
        """What the assistant container shows beside a thread."""
        shown = self.ask("messages", channel=id_of(channel), thread_ts=ts_of(ts))["assistant"]
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
        deliveries = [Delivery.from_json(entry) for entry in self.ask("deliveries")["deliveries"]]
        return [entry for entry in deliveries if entry.label.startswith(label or "")]

    @property
    def connections(self) -> int:
        """How many websockets the app has open."""
        return int(self.ask("workspace")["connections"])

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
