"""Waiting for what the app does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from playground.client.errors import WaitTimeout
from playground.client.reading import Reading
from playground.client.values import Call, Channel, Message, ts_of

T = TypeVar("T")

DEFAULT_TIMEOUT = 10.0


class Waiting(Reading):
    """Waits until a workspace shows something; what does not come in time is a `WaitTimeout`."""

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
            lambda: self.replies(channel, ts), count, timeout, f"reply to {ts_of(ts)}", channel
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
            f"match of message {ts_of(ts)}",
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
