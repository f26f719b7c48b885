"""Faults on demand: which calls, deliveries and sockets should go wrong, and how."""

from __future__ import annotations

import fnmatch
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

TokenRefusal = Literal["invalid_auth", "token_revoked", "account_inactive", "token_expired"]


@dataclass
class CallFault:
    """Makes the next `times` calls of a method go wrong.

    `method` may hold wildcards. The call is applied first when `after` is set, so that a
    repeated call happens twice, as with a real timeout or 5xx answer.
    """

    id: int
    method: str
    times: int = 1
    status: int | None = None
    retry_after: int | None = None
    error: str | None = None
    delay: float = 0.0
    drop: bool = False
    after: bool = False


@dataclass
class Faults:
    """Everything that is set to go wrong."""

    clock: Callable[[], float]
    calls: list[CallFault] = field(default_factory=list)
    refuse_tokens: TokenRefusal | None = None
    delivery_delay: float = 0.0
    duplicate_deliveries: bool = False
    posts_per_second: float | None = None
    _posted: dict[str, float] = field(default_factory=dict)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def add(self, fault: CallFault) -> CallFault:
        """Adds a fault, under a number of its own."""
        fault.id = next(self._ids)
        self.calls.append(fault)
        return fault

    def take(self, method: str) -> CallFault | None:
        """The fault for this call, if there is one; it is used up by as much."""
        for fault in self.calls:
            if fnmatch.fnmatchcase(method, fault.method):
                fault.times -= 1
                if fault.times <= 0:
                    self.calls.remove(fault)
                return fault
        return None

    def post_wait(self, channel: str) -> float:
        """Seconds until this channel takes another post; 0 notes that one is made now."""
        if self.posts_per_second is None:
            return 0.0
        now = self.clock()
        free_at = self._posted.get(channel, 0.0) + 1 / self.posts_per_second
        if now < free_at:
            return free_at - now
        self._posted[channel] = now
        return 0.0

    def clear(self) -> None:
        """Back to a workspace where everything works."""
        self.calls.clear()
        self.refuse_tokens = None
        self.delivery_delay = 0.0
        self.duplicate_deliveries = False
        self.posts_per_second = None
        self._posted.clear()
