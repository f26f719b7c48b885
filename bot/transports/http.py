"""HTTP: Slack's calls come as signed requests to a server of ours.

Nothing of a request is parsed before its signature is found right, and no connection that sends
too little keeps others out. It touches parts of waitress that it does not document;
`tests/bot/transports/test_library_parts.py` names each, and why.
"""

import hashlib
import hmac
import io
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import structlog
import waitress
from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_bolt.adapter.wsgi.http_request import WsgiHttpRequest
from waitress import wasyncore
from waitress.channel import HTTPChannel

from bot.transports.base import Reach
from index.errors import SettingsError

EVENTS_PATH = "/slack/events"
HEALTH_PATH = "/healthz"
# Slack's own payloads stay far below it.
MAX_BODY_BYTES = 1 << 20
MAX_HEADER_BYTES = 1 << 14
# Open at a time; below the 1,024 files that a process may usually have open.
MAX_CONNECTIONS = 500
# In which a request must have arrived whole; and where half of the connections are taken.
REQUEST_S = 10.0
REQUEST_S_CROWDED = 1.0
# How long a connection is kept for further requests.
KEEP_ALIVE_S = 120
# How old a signed request may be, as Slack advises.
MAX_AGE_S = 300

_TIMESTAMP = re.compile(r"[0-9]{1,20}", re.ASCII)

log = structlog.get_logger(__name__)

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class HttpTransport:
    """Signed HTTP requests, on waitress."""

    def __init__(self, app: App, host: str, port: int, signing_secret: str) -> None:
        self._application = guarded(_Handler(app, path=EVENTS_PATH), signing_secret)
        self._address = (host, port)
        self._server: waitress.server.TcpWSGIServer | None = None
        self._listening: socket.socket | None = None
        self._thread: threading.Thread | None = None
        # The sockets that waitress looks after.
        self._sockets: dict[int, Any] = {}

    @property
    def port(self) -> int:
        """The port it listens on, once it was started."""
        if self._listening is None:
            raise RuntimeError("the HTTP server was not started")
        return int(self._listening.getsockname()[1])

    def start(self) -> None:
        """Listen, and serve in a thread."""
        host, port = self._address
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._listening = socket.create_server(self._address, family=family)
        except OSError as error:
            raise SettingsError(
                f"the HTTP server cannot listen on {host} port {port} ({error.strerror}); set "
                "[bot] http_host and http_port to a free address"
            ) from None
        self._server = waitress.create_server(
            self._application,
            map=self._sockets,
            sockets=[self._listening],
            threads=8,
            max_request_body_size=MAX_BODY_BYTES,
            max_request_header_size=MAX_HEADER_BYTES,
            connection_limit=MAX_CONNECTIONS,
            backlog=1024,
            channel_timeout=KEEP_ALIVE_S,
            cleanup_interval=1,
            # `select` fails where a process has 1,024 files open.
            asyncore_use_poll=True,
            ident=None,
        )
        self._server.channel_class = _Connection
        self._server.maintenance = self._close_idle
        self._thread = threading.Thread(target=self._server.run, name="http", daemon=True)
        self._thread.start()
        log.info("listening", mode="http", port=self.port, path=EVENTS_PATH)

    @property
    def reach(self) -> Reach:
        """It listens; if Slack finds it, only Slack knows."""
        is_alive = self._thread is not None and self._thread.is_alive()
        if not is_alive:
            return Reach(False, "http: the server does not run")
        return Reach(True, f"http: listening on port {self.port}")

    def stop(self) -> None:
        """Finish the requests in hand, and close every connection."""
        if self._server is None or self._thread is None:
            return
        # Requests in hand are finished; Slack repeats those that wait.
        self._server.task_dispatcher.shutdown()
        # In the server's own thread, which ends when it has no sockets left. Its own `close`
        # would wait for every connection that Slack keeps alive.
        self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._sockets))
        self._thread.join(timeout=5)

    def _close_idle(self, now: float) -> None:
        """Close the connections that send no whole request; every second, by the server.

        waitress counts any byte as activity, so that one a minute would hold a connection for good.
        """
        assert self._server is not None
        connections = list(self._server.active_channels.values())
        crowded = len(connections) > MAX_CONNECTIONS // 2
        patience = REQUEST_S_CROWDED if crowded else REQUEST_S
        for connection in connections:
            if connection.requests:
                continue
            began = connection.request_began
            if (
                connection.last_activity < now - KEEP_ALIVE_S
                if began is None
                else time.monotonic() - began > patience
            ):
                connection.will_close = True


class _Connection(HTTPChannel):  # type: ignore[misc]
    """A connection that knows since when it owes a request."""

    def __init__(self, *args: Any, **more: Any) -> None:
        # None: its last request arrived whole, and no other has begun.
        self.request_began: float | None = time.monotonic()
        super().__init__(*args, **more)

    def received(self, data: bytes) -> bool:
        if self.request_began is None:
            self.request_began = time.monotonic()
        taken = bool(super().received(data))
        if self.request is None:
            self.request_began = None
        return taken


class _Handler(SlackRequestHandler):
    """Bolt's handler; what is no request that Bolt can read is refused in a line."""

    def dispatch(self, request: WsgiHttpRequest) -> BoltResponse:
        try:
            # Parses the body.
            read = BoltRequest(
                body=request.get_body(), query=request.query_string, headers=request.get_headers()
            )
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
            log.warning("request_refused", status=400, reason="malformed")
            return BoltResponse(status=400, body="malformed request\n")
        try:
            return self.app.dispatch(read)
        except Exception as error:
            # Its message may quote the payload.
            log.error("request_failed", error=type(error).__name__)
            return BoltResponse(status=500, body="")


def guarded(handler: Application, signing_secret: str) -> Application:
    """The WSGI app with a health check; it lets through to `handler` what Slack signed.

    Raises:
        SettingsError: There is no secret, with which anybody could sign.
    """
    if not signing_secret.strip():
        raise SettingsError("SLACK_SIGNING_SECRET is not set")

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def say(status: str, text: bytes) -> Iterable[bytes]:
            start_response(status, [("Content-Type", "text/plain")])
            return [text]

        if environ["PATH_INFO"] == HEALTH_PATH:
            return say("200 OK", b"ok\n")
        if environ["PATH_INFO"] != EVENTS_PATH or environ["REQUEST_METHOD"] != "POST":
            return say("404 Not Found", b"Not Found")
        if not is_signed(environ, signing_secret):
            log.warning("request_refused", status=401, reason="not signed by Slack, or too old")
            return say("401 Unauthorized", b"invalid request\n")
        return handler(environ, start_response)

    return application


def is_signed(environ: dict[str, Any], signing_secret: str) -> bool:
    """Whether a request bears Slack's signature over its raw body, which can be read again.

    slack_sdk's `SignatureVerifier` raises where the timestamp is no number, the signature is not
    ASCII or the body is not UTF-8; and what is not signed is not to be decoded.
    """
    timestamp = environ.get("HTTP_X_SLACK_REQUEST_TIMESTAMP", "")
    signature = environ.get("HTTP_X_SLACK_SIGNATURE", "")
    if not _TIMESTAMP.fullmatch(timestamp) or abs(time.time() - int(timestamp)) > MAX_AGE_S:
        return False
    body = environ["wsgi.input"].read()
    environ["wsgi.input"] = io.BytesIO(body)
    signed = b"v0:" + timestamp.encode() + b":" + body
    expected = "v0=" + hmac.new(signing_secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode("latin-1", "replace"))
