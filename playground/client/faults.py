"""Making things go wrong on purpose."""

from __future__ import annotations

from typing import Literal

from playground.client.connection import Connection
from playground.client.errors import PlaygroundError


class Faults(Connection):
    """Faults of calls, tokens, deliveries and sockets."""

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
        self.change_settings(refuse_tokens=None)

    def delay_deliveries(self, seconds: float) -> None:
        """Delivers every event so much later; 0 for at once."""
        self.tell("settings", delivery_delay=seconds)

    def duplicate_deliveries(self, on: bool = True) -> None:
        """Delivers every event twice."""
        self.tell("settings", duplicate_deliveries=on)

    def limit_posts(self, per_second: float | None = 1.0) -> None:
        """Limits posts in each channel (429 beyond it); None for no limit."""
        self.change_settings(posts_per_second=per_second)

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
