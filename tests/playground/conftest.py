"""A fresh playground for each test, and apps that talk to it."""

from __future__ import annotations

import json
import os
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import websocket
from slack_bolt import App
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
from slack_sdk import WebClient

from playground.client import Channel, Person, Playground
from playground.testing import running_playground

Json = dict[str, Any]

_closing: list[threading.Thread] = []


@pytest.fixture(autouse=True, scope="session")
def _session() -> Iterator[None]:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            del os.environ[name]
    yield
    for thread in _closing:
        thread.join(10)


@pytest.fixture
def slack() -> Iterator[Playground]:
    with running_playground() as playground:
        yield playground


@pytest.fixture
def api(slack: Playground) -> WebClient:
    return WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])


@pytest.fixture
def http(slack: Playground) -> Iterator[httpx.Client]:
    """A client that is no app, such as a browser."""
    with httpx.Client(base_url=slack.url, trust_env=False) as client:
        yield client


@pytest.fixture
def channel(slack: Playground) -> Channel:
    return slack.create_channel("help")


@pytest.fixture
def ann(slack: Playground) -> Person:
    return slack.create_user("ann")


class RawApp:
    """A bare Socket Mode app: keeps what arrives, acknowledges as it is told."""

    def __init__(self, url: str, answer: Callable[[Json], Json | None]) -> None:
        self.messages: queue.Queue[Json] = queue.Queue()
        self.pongs = 0
        self._answer = answer
        self._socket = websocket.create_connection(url)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while True:
            try:
                opcode, data = self._socket.recv_data(control_frame=True)
            except (websocket.WebSocketException, OSError):
                break
            if opcode == websocket.ABNF.OPCODE_PONG:
                self.pongs += 1
                self.messages.put({"type": "pong"})
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                break
            if opcode != websocket.ABNF.OPCODE_TEXT:
                continue
            message = json.loads(data)
            if "envelope_id" in message:
                ack = self._answer(message)
                if ack is not None:
                    self.send({"envelope_id": message["envelope_id"]} | ack)
            self.messages.put(message)
        self.messages.put({"type": "closed"})

    def send(self, message: Json) -> None:
        self._socket.send(json.dumps(message))

    def ping(self) -> None:
        self._socket.ping()

    def next(self, timeout: float = 5) -> Json:
        """The next thing that arrives."""
        return self.messages.get(timeout=timeout)

    def next_event(self, event_type: str, timeout: float = 5) -> Json:
        """The next event of this type (or subtype); others are passed over."""
        while True:
            event: Json = self.next(timeout).get("payload", {}).get("event", {})
            if event_type in (event.get("type"), event.get("subtype")):
                return event

    def close(self) -> None:
        self._socket.close()
        self._thread.join(5)


@pytest.fixture
def connect(slack: Playground) -> Iterator[Callable[..., RawApp]]:
    """Opens a bare app; it acknowledges everything unless `answer` says otherwise."""
    apps: list[RawApp] = []

    def acknowledge(envelope: Json) -> Json | None:
        return {}

    def open_app(answer: Callable[[Json], Json | None] = acknowledge) -> RawApp:
        client = WebClient(base_url=slack.api_url)
        url = client.apps_connections_open(app_token=slack.app_token)["url"]
        app = RawApp(url, answer)
        apps.append(app)
        assert app.next()["type"] == "hello"
        return app

    yield open_app
    for app in apps:
        app.close()


@pytest.fixture
def bolt(slack: Playground) -> Iterator[tuple[App, Callable[[], None]]]:
    """A real Bolt app, and a function that connects it in Socket Mode."""
    app = App(client=WebClient(token=slack.bot_token, base_url=slack.api_url))
    handlers: list[SocketModeHandler] = []

    def connect_app() -> None:
        handler = SocketModeHandler(app, slack.app_token)
        handlers.append(handler)
        handler.connect()
        slack.wait_until_connected()

    yield app, connect_app
    for handler in handlers:
        # Closing takes the SDK a second; the next test need not wait for it.
        closing = threading.Thread(target=handler.close)
        closing.start()
        _closing.append(closing)
