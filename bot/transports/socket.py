"""Socket Mode: Slack's calls come over a connection that the bot opens.

It touches parts of slack_sdk and websocket-client that they do not document;
`tests/bot/transports/test_library_parts.py` names each, and why.
"""

import json
import logging
import random
import socket
import threading
import time
from contextlib import suppress

import structlog
import websocket
from slack_bolt import App
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler

from bot.slack import client as slack
from bot.transports.base import Reach
from index.errors import SettingsError, Unreachable

PING_EVERY_S = 10.0
# A connection that left so many pings unanswered is dead.
DEAD_AFTER_PINGS = 2.5
SOCKET_TIMEOUT_S = 15.0
# Usually half a second: the client's thread looks as often if there is a session to open.
OPEN_S = 5.0
HANG_UP_S = 3.0
# Between two tries to connect: doubled from one to the next.
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 60.0
# A connection that lasted so long was none of the tries.
STABLE_AFTER_S = 10.0
# The library tells each of its tries in several lines; ours says what has changed.
_LIBRARY = "slack_socket"

log = structlog.get_logger(__name__)


class SocketTransport:
    """Socket Mode, on the client that notices a closed connection within seconds.

    That client sends pings, but does not check that they are answered; a firewall may have
    dropped the connection without a word. So a thread of ours checks, and hangs up.
    """

    def __init__(
        self,
        app: App,
        app_token: str,
        *,
        ping_every_s: float = PING_EVERY_S,
        first_pause_s: float = FIRST_PAUSE_S,
    ) -> None:
        """Args:
        ping_every_s: Seconds between two pings.
        first_pause_s: Seconds from the first try to connect that fails to the next.
        """
        self._ping_every_s = ping_every_s
        self._first_pause_s = first_pause_s
        # For the handshake, which would wait for ever.
        websocket.setdefaulttimeout(SOCKET_TIMEOUT_S)
        library = logging.getLogger(_LIBRARY)
        library.setLevel(logging.CRITICAL)
        self._handler = SocketModeHandler(
            app, app_token, logger=library, ping_interval=ping_every_s
        )
        client = self._handler.client
        client.on_message_listeners.append(_leave_when_told)
        client.on_open_listeners.append(self._on_open)
        client.on_close_listeners.append(self._on_close)
        # Whoever in the library wants a new connection asks for its address first.
        client.issue_new_wss_url = self._new_address  # type: ignore[method-assign]
        self._opened = threading.Event()
        self._stopping = threading.Event()
        self._one_at_a_time = threading.Lock()
        self._tries = 0
        self._opened_at: float | None = None
        self._retry_after = 0.0
        self._reach = Reach(False, "socket: connecting")
        self._watch = threading.Thread(target=self._replace_dead, name="socket-watch", daemon=True)

    def start(self) -> None:
        """Open a connection; it goes on without one if none is open after `OPEN_S`."""
        client = self._handler.client
        # The client's monitor would at once take the session that is not open yet for a closed one,
        # and put a second in its place: what came over the first meanwhile would be lost.
        client.current_app_monitor_started = True
        try:
            # `start()` of the handler never returns.
            self._handler.connect()  # type: ignore[no-untyped-call]
        except Exception as error:
            known = isinstance(error, slack.SlackRefused | slack.SlackUnavailable)
            reason = error if known else slack.explain(error)
            if isinstance(reason, slack.SlackRefused):
                raise SettingsError(
                    f"Slack refuses the app-level token ({reason}); set SLACK_APP_TOKEN to one "
                    "with the scope connections:write (xapp-...)"
                ) from None
            raise Unreachable(f"Slack opens no Socket Mode connection ({reason})") from None
        is_open = self._opened.wait(OPEN_S)
        client.current_app_monitor.start()
        self._watch.start()
        if is_open:
            log.info("connected", mode="socket")
        else:
            log.warning("connecting", mode="socket")

    @property
    def reach(self) -> Reach:
        """Whether there is a connection, and why not."""
        return self._reach

    def _on_open(self, _session: websocket.WebSocketApp) -> None:
        self._opened.set()
        self._opened_at = time.monotonic()
        if not self._reach.is_well and self._tries > 1:
            log.info("connected_again", mode="socket", tries=self._tries - 1)
        self._reach = Reach(True, "socket: connected")

    def _on_close(self, session: websocket.WebSocketApp) -> None:
        if session is self._handler.client.current_session and not self._stopping.is_set():
            self._lose("the connection was closed")

    def _lose(self, reason: str) -> None:
        """Say once what keeps the bot from Slack, not at every try."""
        lost = Reach(False, f"socket: no connection ({reason}); trying again")
        if lost != self._reach and not self._stopping.is_set():
            log.warning("connection_lost", mode="socket", reason=reason)
        self._reach = lost

    def _pause(self) -> float:
        """Seconds to wait before the next try."""
        if self._opened_at is not None and time.monotonic() - self._opened_at > STABLE_AFTER_S:
            self._tries = 0
        self._opened_at = None
        if not self._tries:
            return 0.0
        doubled = self._first_pause_s * 2.0 ** min(self._tries - 1, 16)
        return max(self._retry_after, min(LONGEST_PAUSE_S, doubled) * random.uniform(0.8, 1.2))

    def _new_address(self) -> str:
        """Ask Slack where to connect, after a pause that grows with the tries that failed.

        Raises:
            SlackUnavailable: It does not say now, or the bot stops.
            SlackRefused: It refuses the token, or Socket Mode is off.
        """
        with self._one_at_a_time:
            if self._stopping.wait(self._pause()):
                raise slack.SlackUnavailable("the bot stops")
            self._tries += 1
            self._retry_after = 0.0
            client = self._handler.client
            try:
                answer = client.web_client.apps_connections_open(app_token=client.app_token)
                return str(answer["url"])
            except Exception as error:
                reason = slack.explain(error)
                if isinstance(reason, slack.SlackUnavailable):
                    self._retry_after = reason.retry_after or 0.0
                    self._lose(f"Slack cannot be reached: {reason}")
                else:
                    self._lose(
                        f"Slack refuses the app-level token: {reason}; set SLACK_APP_TOKEN to a "
                        "valid one and start again"
                    )
                raise reason from error

    def stop(self) -> None:
        """Finish what is in hand, and close the connection."""
        self._stopping.set()
        if self._watch.is_alive():
            self._watch.join()
        client = self._handler.client
        client.auto_reconnect_enabled = False
        # What is in hand is acknowledged while there is a connection; Slack delivers the rest
        # again. The empty message wakes the queue's thread, which looks up once a second.
        client.closed = True
        client.enqueue_message("")
        client.message_processor.shutdown()  # type: ignore[no-untyped-call]
        client.message_workers.shutdown()
        if client.current_session is not None:
            _hang_up(client.current_session)
        self._handler.close()  # type: ignore[no-untyped-call]

    def _replace_dead(self) -> None:
        """Close a connection on which no ping was answered; the client then opens another."""
        seen, heard, heard_at = None, 0.0, 0.0
        while not self._stopping.wait(self._ping_every_s / 2):
            session = self._handler.client.current_session
            if session is None or session is not seen or session.sock is None:
                seen, heard, heard_at = session, 0.0, time.monotonic()
                continue
            # The library notes it by the clock on the wall, which may be set.
            if session.last_pong_tm != heard:
                heard, heard_at = session.last_pong_tm, time.monotonic()
            if (
                session.sock is not None
                and time.monotonic() - heard_at > DEAD_AFTER_PINGS * self._ping_every_s
            ):
                log.warning("connection_dead", mode="socket")
                _hang_up(session)


def _leave_when_told(session: websocket.WebSocketApp, message: str) -> None:
    """Let the connection's own thread end it when Slack asks for another one."""
    if '"disconnect"' in message and json.loads(message).get("type") == "disconnect":
        session.keep_running = False


def _hang_up(session: websocket.WebSocketApp) -> None:
    """End a connection and wait until its thread has noticed.

    The library's `close` takes the socket from under the thread that waits for it, which then
    may sleep on for ten seconds.
    """
    session.keep_running = False
    if (connection := session.sock) is not None and connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
    deadline = time.monotonic() + HANG_UP_S
    while session.sock is not None and time.monotonic() < deadline:
        time.sleep(0.01)
