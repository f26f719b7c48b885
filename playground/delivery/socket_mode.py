"""Socket Mode: the websockets an app opens, and deliveries through them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import WSMsgType, web

from playground.delivery.dispatcher import Ack, Attempt, Delivery, NotDelivered
from playground.workspace.models import APP_ID

Json = dict[str, Any]
DisconnectReason = Literal["warning", "refresh_requested", "link_disabled"]

PING_SECONDS = 10.0
DEBUG_HOST = "playground"
CONNECTION_SECONDS = 18060


@dataclass(eq=False)
class Connection:
    """One open websocket."""

    id: str
    socket: web.WebSocketResponse
    request: web.Request
    # A dead socket stays open, but nothing is read from it or sent to it.
    dead: bool = False
    # Told to go away: used only while there is no other.
    leaving: bool = False
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: Json) -> None:
        """Sends a message, unless the socket plays dead."""
        if not self.dead:
            await self.socket.send_str(json.dumps(message))


class SocketMode:
    """The app's connections; a transport for the dispatcher."""

    def __init__(self, clock: Callable[[], float], changed: Callable[[], None]) -> None:
        self.connections: list[Connection] = []
        self._clock = clock
        self._changed = changed
        self._tickets: set[str] = set()
        self._next = 0
        self._connected = asyncio.Event()
        self._waiting: dict[str, asyncio.Future[Ack]] = {}
        self._envelopes: dict[str, tuple[Delivery, Attempt]] = {}
        self.link_enabled = True

    def new_ticket(self) -> str:
        """A ticket that opens one connection, once."""
        ticket = secrets.token_hex(8)
        self._tickets.add(ticket)
        return ticket

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """The websocket endpoint."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403, text="The ticket is unknown or was used before.")
        self._tickets.discard(ticket)
        # Pings are answered here rather than by the library: a dead socket must not pong.
        socket = web.WebSocketResponse(autoping=False, max_msg_size=16 * 1024 * 1024)
        await socket.prepare(request)
        connection = Connection(secrets.token_hex(4), socket, request)
        self.connections.append(connection)
        pings = asyncio.create_task(self._ping(connection))
        try:
            await connection.send(
                {
                    "type": "hello",
                    "num_connections": len(self.connections),
                    "debug_info": {
                        "host": DEBUG_HOST,
                        "build_number": 1,
                        "approximate_connection_time": CONNECTION_SECONDS,
                    },
                    "connection_info": {"app_id": APP_ID},
                }
            )
            self._connected.set()
            self._changed()
            await self._receive(connection)
        except ConnectionResetError:
            pass
        finally:
            pings.cancel()
            self.connections.remove(connection)
            self._give_up(connection)
            if not self.connections:
                self._connected.clear()
            connection.closed.set()
            self._changed()
        return socket

    async def _ping(self, connection: Connection) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await asyncio.sleep(PING_SECONDS)
                if not connection.dead:
                    await connection.socket.ping(b"Ping from playground")

    async def _receive(self, connection: Connection) -> None:
        async for message in connection.socket:
            if connection.dead:
                continue
            if message.type == WSMsgType.PING:
                await connection.socket.pong(message.data)
            elif message.type == WSMsgType.TEXT:
                self._on_text(message.data)

    def _on_text(self, text: str) -> None:
        try:
            body = json.loads(text)
        except ValueError:
            return
        envelope_id = body.get("envelope_id") if isinstance(body, dict) else None
        entry = self._envelopes.pop(envelope_id, None) if isinstance(envelope_id, str) else None
        if entry is None:
            return
        payload = body.get("payload")
        ack = Ack(payload if isinstance(payload, dict) else None)
        delivery, attempt = entry
        waiting = self._waiting.get(delivery.id)
        if waiting is not None and not waiting.done():
            waiting.set_result(ack)
        elif delivery.state != "acked":
            # Too late for this attempt, but Slack need not try again.
            delivery.state = "acked"
        attempt.acked_at = self._clock()
        self._changed()

    def _give_up(self, connection: Connection) -> None:
        # What this connection has not acknowledged need not be waited for any longer.
        for delivery, attempt in self._envelopes.values():
            waiting = self._waiting.get(delivery.id)
            if waiting is None or waiting.done() or attempt.connection != connection.id:
                continue
            if delivery.attempts[-1] is attempt:
                waiting.set_exception(NotDelivered("connection_failed", "connection closed"))

    async def deliver(self, delivery: Delivery, attempt: Attempt, timeout: float) -> Ack:
        """Sends an envelope to one of the connections and waits for its acknowledgement."""
        future: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        self._waiting[delivery.id] = future
        envelope_id = str(uuid.uuid4())
        try:
            async with asyncio.timeout(timeout):
                await self._send(envelope_id, delivery, attempt)
                return await future
        except TimeoutError:
            raise NotDelivered("timeout", f"no acknowledgement within {timeout:g} s") from None
        finally:
            del self._waiting[delivery.id]

    async def _send(self, envelope_id: str, delivery: Delivery, attempt: Attempt) -> None:
        envelope: Json = {
            "envelope_id": envelope_id,
            "payload": delivery.payload,
            "type": delivery.kind,
            "accepts_response_payload": delivery.accepts_response_payload,
        }
        if delivery.kind == "events_api":
            envelope |= {"retry_attempt": attempt.number, "retry_reason": attempt.reason}
        while True:
            if delivery.kind != "events_api" and not self.connections:
                raise NotDelivered("not_connected", "the app has no connection")
            await self._connected.wait()
            connection = self._pick()
            attempt.connection = connection.id
            self._envelopes[envelope_id] = (delivery, attempt)
            try:
                await connection.send(envelope)
            except ConnectionError:
                # The app went away in this very moment: its handler removes it.
                await connection.closed.wait()
                continue
            return

    def _pick(self) -> Connection:
        staying = [c for c in self.connections if not c.leaving] or self.connections
        self._next += 1
        return staying[self._next % len(staying)]

    async def disconnect(self, reason: DisconnectReason, close_after: float) -> int:
        """Tells all connections to go away, closes them a little later; how many there were."""
        connections = list(self.connections)
        if reason == "link_disabled":
            self.link_enabled = False
        for connection in connections:
            connection.leaving = True
            with contextlib.suppress(ConnectionError):
                await connection.send(
                    {
                        "type": "disconnect",
                        "reason": reason,
                        "debug_info": {"host": DEBUG_HOST},
                    }
                )
        asyncio.get_running_loop().call_later(close_after, self._close_all, connections)
        return len(connections)

    def _close_all(self, connections: list[Connection]) -> None:
        for connection in connections:
            if not connection.closed.is_set():
                task = asyncio.ensure_future(connection.socket.close())
                task.add_done_callback(lambda done: done.cancelled() or done.exception())

    def drop(self) -> int:
        """Cuts all connections without a word; how many there were."""
        connections = list(self.connections)
        for connection in connections:
            if connection.request.transport is not None:
                connection.request.transport.abort()
        return len(connections)

    def play_dead(self, dead: bool) -> int:
        """Makes the connections open now play dead, or come alive; how many there are."""
        for connection in self.connections:
            connection.dead = dead
        return len(self.connections)

    async def close(self) -> None:
        """Closes everything, for the end of the server."""
        for connection in list(self.connections):
            if connection.request.transport is not None:
                connection.request.transport.abort()
