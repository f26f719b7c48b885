"""What the parts of the playground share: the workspace, the way to the app, the logs."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from playground.delivery.dispatcher import Delivery, DeliverySettings, Dispatcher, Kind
from playground.delivery.http import HttpDelivery
from playground.delivery.socket_mode import SocketMode
from playground.faults import Faults
from playground.workspace.models import APP_ID, BOT_USER_ID, TEAM_ID, VERIFICATION_TOKEN
from playground.workspace.state import Workspace

Json = dict[str, Any]

DEFAULT_SUBSCRIPTIONS = frozenset(
    {"app_mention", "message.channels", "message.groups", "message.im"}
)
KEPT_CALLS = 10_000


@dataclass
class Call:
    """One Web API call received, without its token."""

    number: int
    method: str
    arguments: Json
    received_at: float
    ok: bool | None = None
    error: str | None = None
    status: int | None = None
    seconds: float | None = None
    response: Json | None = None


@dataclass
class AppSettings:
    """What the app is installed with."""

    subscriptions: frozenset[str] = DEFAULT_SUBSCRIPTIONS
    # None: every scope a support bot asks for, but not chat:write.public.
    scopes: frozenset[str] | None = None


@dataclass
class Hub:
    """One running playground."""

    base_url: str = ""
    workspace: Workspace = field(default_factory=Workspace)
    app: AppSettings = field(default_factory=AppSettings)
    delivery_settings: DeliverySettings = field(default_factory=DeliverySettings)
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=KEPT_CALLS))
    revision: int = 0
    # The host under which the app reached us: links given to it use the same.
    app_host: str | None = None
    _call_count: int = 0

    def __post_init__(self) -> None:
        self.clock = self.workspace.clock
        self.faults = Faults(self.clock)
        self.sockets = SocketMode(self.clock, self.changed)
        self.http = HttpDelivery()
        self.dispatcher = Dispatcher(self.sockets, self.delivery_settings, self.clock, self.changed)
        self.closing = asyncio.Event()
        self._change = asyncio.Event()

    # -- watching --------------------------------------------------------------------

    def changed(self) -> None:
        """Notes that something a watcher may show has changed."""
        self.revision += 1
        self._change.set()
        self._change = asyncio.Event()

    async def wait_for_change(self, after: int, timeout: float) -> int:
        """Returns the revision once it is above `after`, or when time is up."""
        try:
            async with asyncio.timeout(timeout):
                while self.revision <= after and not self.closing.is_set():
                    await self._change.wait()
        except TimeoutError:
            pass
        return self.revision

    def log_call(self, method: str, arguments: Json) -> Call:
        """Records a Web API call."""
        self._call_count += 1
        call = Call(self._call_count, method, arguments, self.clock())
        self.calls.append(call)
        return call

    # -- to the app ------------------------------------------------------------------

    @property
    def app_url(self) -> str:
        """The playground's address as the app sees it."""
        return f"http://{self.app_host}" if self.app_host else self.base_url

    def emit(self, subscription: str, event: Json) -> Delivery | None:
        """Delivers an event if the app is subscribed to it."""
        if subscription not in self.app.subscriptions:
            return None
        payload: Json = {
            "token": VERIFICATION_TOKEN,
            "team_id": TEAM_ID,
            "context_team_id": TEAM_ID,
            "context_enterprise_id": None,
            "api_app_id": APP_ID,
            "event": event,
            "type": "event_callback",
            "event_id": self.workspace.next_id("Ev"),
            "event_time": int(self.clock()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": TEAM_ID,
                    "user_id": BOT_USER_ID,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": self._is_shared(event.get("channel")),
            "event_context": "4-playground",
        }
        delay = self.faults.delivery_delay
        delivery = self.dispatcher.send("events_api", subscription, payload, delay=delay)
        if self.faults.duplicate_deliveries:
            self.dispatcher.send("events_api", subscription, payload, delay=delay)
        return delivery

    def _is_shared(self, channel_id: Any) -> bool:
        channel = self.workspace.channels.get(channel_id) if isinstance(channel_id, str) else None
        return channel is not None and bool(channel.shared_with)

    def interact(self, kind: Kind, label: str, payload: Json) -> Delivery:
        """Delivers a slash command or an interaction, which must be acknowledged in time."""
        return self.dispatcher.send(kind, label, payload, accepts_response_payload=True)

    async def close(self) -> None:
        """Stops everything that runs."""
        self.closing.set()
        self.changed()
        await self.dispatcher.close()
        await self.sockets.close()
        await self.http.close()
