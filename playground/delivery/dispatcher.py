"""Delivering events, commands and interactions to the app: attempts, retries, records.

How a payload travels is a transport's affair (`socket_mode`, `http`).
"""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Json = dict[str, Any]
Kind = Literal["events_api", "slash_commands", "interactive"]

KEPT_DELIVERIES = 10_000


@dataclass
class Attempt:
    """One try to deliver; times are seconds since the epoch."""

    number: int
    reason: str
    started_at: float
    acked_at: float | None = None
    error: str | None = None
    connection: str | None = None


@dataclass
class Delivery:
    """One payload on its way to the app, and what came of it."""

    id: str
    kind: Kind
    label: str
    payload: Json
    accepts_response_payload: bool
    created_at: float
    state: Literal["pending", "acked", "failed"] = "pending"
    attempts: list[Attempt] = field(default_factory=list)
    response: Json | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def seconds(self) -> float | None:
        """How long the acknowledged attempt took."""
        for attempt in self.attempts:
            if attempt.acked_at is not None:
                return attempt.acked_at - attempt.started_at
        return None


@dataclass(frozen=True)
class Ack:
    """The app's acknowledgement, with the payload it answered, if any."""

    payload: Json | None = None


class NotDelivered(Exception):
    """An attempt failed; `reason` is what Slack gives as the retry reason."""

    def __init__(self, reason: str, detail: str = "", *, retry: bool = True) -> None:
        super().__init__(detail or reason)
        self.reason = reason
        self.retry = retry


class Transport(Protocol):
    """A way to reach the app."""

    async def deliver(self, delivery: Delivery, attempt: Attempt, timeout: float) -> Ack:
        """Sends one attempt and waits for its acknowledgement, or raises `NotDelivered`."""
        ...


@dataclass
class DeliverySettings:
    """How patient the workspace is with the app, in seconds.

    Slack waits 3 s and retries at once, after a minute and after five minutes; the
    waits here are shorter so that a person sees all three.
    """

    ack_timeout: float = 3.0
    retry_delays: tuple[float, ...] = (0.1, 1.0, 5.0)


class Dispatcher:
    """Sends deliveries in the background and keeps a record of each."""

    def __init__(
        self,
        transport: Transport,
        settings: DeliverySettings,
        clock: Callable[[], float],
        changed: Callable[[], None],
    ) -> None:
        self.transport = transport
        self.settings = settings
        self.records: deque[Delivery] = deque(maxlen=KEPT_DELIVERIES)
        self._clock = clock
        self._changed = changed
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def pending(self) -> int:
        """How many deliveries are neither acknowledged nor given up."""
        return len(self._tasks)

    def send(
        self,
        kind: Kind,
        label: str,
        payload: Json,
        *,
        accepts_response_payload: bool = False,
        delay: float = 0.0,
    ) -> Delivery:
        """Starts delivering a payload. Only events are retried, as on Slack."""
        delivery = Delivery(
            id=str(uuid.uuid4()),
            kind=kind,
            label=label,
            payload=payload,
            accepts_response_payload=accepts_response_payload,
            created_at=self._clock(),
        )
        self.records.append(delivery)
        task = asyncio.get_running_loop().create_task(self._run(delivery, delay))
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        self._changed()
        return delivery

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._changed()

    async def _run(self, delivery: Delivery, delay: float) -> None:
        try:
            await self._attempts(delivery, delay)
        finally:
            if delivery.state == "pending":
                delivery.state = "failed"
            delivery.done.set()

    async def _attempts(self, delivery: Delivery, delay: float) -> None:
        if delay:
            await asyncio.sleep(delay)
        pauses = self.settings.retry_delays if delivery.kind == "events_api" else ()
        reason = ""
        for number, pause in enumerate((0.0, *pauses)):
            if pause:
                await asyncio.sleep(pause)
            if delivery.state == "acked":
                # A late acknowledgement of an earlier attempt.
                return
            attempt = Attempt(number, reason, self._clock())
            delivery.attempts.append(attempt)
            try:
                ack = await self.transport.deliver(delivery, attempt, self.settings.ack_timeout)
            except NotDelivered as error:
                attempt.error = str(error)
                reason = error.reason
                self._changed()
                if not error.retry:
                    return
            else:
                attempt.acked_at = self._clock()
                delivery.state = "acked"
                delivery.response = ack.payload
                return

    async def close(self) -> None:
        """Gives up everything that is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
