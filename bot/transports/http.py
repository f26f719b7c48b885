"""HTTP: Slack's calls come as signed requests to a server of ours.

It touches parts of waitress that it does not document;
`tests/bot/transports/test_library_parts.py` names each, and why.
"""

import re
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

import structlog
import waitress
from slack_bolt import App
from slack_bolt.adapter.wsgi import SlackRequestHandler
from waitress import wasyncore

from index.errors import SettingsError

EVENTS_PATH = "/slack/events"
HEALTH_PATH = "/healthz"
# Slack's own payloads stay far below it.
MAX_BODY_BYTES = 1 << 20

_TIMESTAMP = re.compile(r"[0-9]{1,20}")

log = structlog.get_logger(__name__)


class HttpTransport:
    """Signed HTTP requests, on waitress."""

    def __init__(self, app: App, host: str, port: int) -> None:
        self._application = guarded(SlackRequestHandler(app, path=EVENTS_PATH))
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
            ident=None,
        )
        self._thread = threading.Thread(target=self._server.run, name="http", daemon=True)
        self._thread.start()
        log.info("listening", mode="http", port=self.port, path=EVENTS_PATH)

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


def guarded(handler: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """The WSGI app with a health check; requests that Bolt fails at are refused before it."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == HEALTH_PATH:
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"ok\n"]
        # Bolt compares this header as a number before it checks the signature.
        if not _TIMESTAMP.fullmatch(environ.get("HTTP_X_SLACK_REQUEST_TIMESTAMP", "0")):
            start_response("401 Unauthorized", [("Content-Type", "text/plain")])
            return [b"invalid request\n"]
        return handler(environ, start_response)

    return application
