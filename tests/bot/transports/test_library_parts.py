"""The parts of libraries that the transports use though they are not documented.

Where one of these fails after an upgrade, look into the transport that uses the part.
"""

import inspect
import socket

import waitress
import websocket
from slack_sdk.socket_mode.interval_runner import IntervalRunner
from slack_sdk.socket_mode.websocket_client import SocketModeClient
from waitress import wasyncore
from waitress.channel import HTTPChannel


def test_the_socket_mode_client_has_the_parts_that_a_start_and_a_stop_use() -> None:
    client = SocketModeClient("xapp-1")
    try:
        # A start: keeps the client from replacing the connection that is not open yet.
        assert client.current_app_monitor_started is False
        assert isinstance(client.current_app_monitor, IntervalRunner)
        assert not client.current_app_monitor.is_alive()
        assert "if not self.current_app_monitor_started" in inspect.getsource(client.connect)
        # A dead connection: what is watched, and hung up.
        assert client.current_session is None
        # A stop: no connection is opened again, and what is in hand is finished first.
        assert client.auto_reconnect_enabled is True
        assert client.closed is False
        assert client.message_processor.is_alive()
        assert client.message_workers.submit(int).result() == 0
    finally:
        client.close()  # type: ignore[no-untyped-call]


def test_a_connection_has_the_parts_by_which_it_is_watched_and_hung_up() -> None:
    session = websocket.WebSocketApp("ws://localhost")
    assert session.sock is None, "it has none before it is opened and after it has ended"
    assert session.keep_running is False, "the connection's own thread ends when it is false"
    assert session.last_pong_tm == 0, "when the last ping was answered"
    assert websocket.WebSocket().sock is None, "the socket below, which is shut down"


def test_the_http_server_has_the_parts_by_which_it_is_stopped() -> None:
    sockets: dict[int, object] = {}
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = waitress.create_server(lambda *_: [], map=sockets, sockets=[listening])
        assert server.socket.fileno() in sockets, "the map is filled, so that all can be closed"
        # From another thread: run something in the server's own, and let requests be finished.
        assert callable(server.trigger.pull_trigger)
        server.task_dispatcher.shutdown()
        wasyncore.close_all(sockets)
        assert not sockets


def test_the_http_server_has_the_parts_by_which_connections_are_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sockets: dict[int, object] = {}
        server = waitress.create_server(lambda *_: [], map=sockets, sockets=[listening])
        assert "self.channel_class(" in inspect.getsource(server.handle_accept)
        assert "self.maintenance(now)" in inspect.getsource(server.readable)
        assert server.active_channels == {}
        server.task_dispatcher.shutdown()
        wasyncore.close_all(sockets)
    assert HTTPChannel.request is None, "the request that has not arrived whole"
    assert HTTPChannel.will_close is False
    assert "self.received(data)" in inspect.getsource(HTTPChannel.handle_read)
