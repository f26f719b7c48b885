"""How Slack's calls reach the app: a Socket Mode connection, or an HTTP server."""

import threading
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import structlog
import waitress
from slack_bolt import App
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
from slack_bolt.adapter.wsgi import SlackRequestHandler

EVENTS_PATH = "/slack/events"
HEALTH_PATH = "/healthz"
# Slack's own payloads stay far below it.
MAX_BODY_BYTES = 1 << 20

log = structlog.get_logger(__name__)


class Transport(Protocol):
    """Takes Slack's calls from `start` to `stop`."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class SocketTransport:
    """Socket Mode, on the client that notices a dead connection within seconds."""

    def __init__(self, app: App, app_token: str) -> None:
        self._handler = SocketModeHandler(app, app_token)

    def start(self) -> None:
        # `start()` of the handler never returns.
        self._handler.connect()  # type: ignore[no-untyped-call]
        log.info("connected", mode="socket")

    def stop(self) -> None:
        self._handler.close()  # type: ignore[no-untyped-call]


class HttpTransport:
    """Signed HTTP requests, on waitress."""

    def __init__(self, app: App, host: str, port: int) -> None:
        self._server = waitress.create_server(
            guarded(SlackRequestHandler(app, path=EVENTS_PATH)),
            host=host,
            port=port,
            threads=8,
            max_request_body_size=MAX_BODY_BYTES,
            ident=None,
        )
        self._thread = threading.Thread(target=self._server.run, name="http", daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.effective_port)

    def start(self) -> None:
        self._thread.start()
        log.info("listening", mode="http", port=self.port, path=EVENTS_PATH)

    def stop(self) -> None:
        self._server.close()
        self._thread.join(timeout=5)


def guarded(handler: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """The WSGI app with a health check, and with requests that Bolt would trip over refused."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == HEALTH_PATH:
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"ok\n"]
        # Bolt compares this header as a number before it checks the signature.
        if not environ.get("HTTP_X_SLACK_REQUEST_TIMESTAMP", "0").isdecimal():
            start_response("401 Unauthorized", [("Content-Type", "text/plain")])
            return [b"invalid request\n"]
        return handler(environ, start_response)

    return application
