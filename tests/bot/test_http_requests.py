"""Requests from the internet: only Slack's own are listened to."""

import hmac
import json
import socket
import time
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from structlog.testing import capture_logs

from bot.transports import http
from bot.transports.http import HEALTH_PATH, MAX_BODY_BYTES
from index.errors import SettingsError
from tests.bot.desk import ABSENT, ASKED, Desk, sign
from tests.support.waiting import until


@pytest.fixture
def running(http_desk: Desk) -> Desk:
    return http_desk.start()


def mention(desk: Desk, ts: str = "1700000000.000100") -> str:
    """An event as Slack would send it, of a mention that is not in the channel."""
    event = {
        "type": "app_mention",
        "user": desk.ann.id,
        "text": f"<@{desk.slack.bot_user_id}> {ASKED['vpn']}",
        "channel": desk.watched.id,
        "ts": ts,
        "event_ts": ts,
    }
    body = {"type": "event_callback", "team_id": desk.slack.team_id, "event": event}
    return json.dumps(body | {"api_app_id": desk.slack.app_id, "event_id": "Ev1"})


def stored(desk: Desk) -> int:
    return sum(desk.store.inbox.count().values())


def test_a_signed_event_is_taken_in(running: Desk) -> None:
    assert running.deliver(mention(running)).status_code == 200
    assert stored(running) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Slack_Signature": "v0=" + "0" * 64},
        {"X_Slack_Signature": ABSENT},
        {"X_Slack_Signature": ""},
        {"X_Slack_Request_Timestamp": ABSENT},
        {"X_Slack_Request_Timestamp": ""},
        {"X_Slack_Request_Timestamp": "now"},
        {"X_Slack_Request_Timestamp": "-1"},
        {"X_Slack_Request_Timestamp": "1e9"},
        {"X_Slack_Request_Timestamp": "9" * 5000},
        {"X_Slack_Request_Timestamp": "9" * 20},
        {"X_Slack_Request_Timestamp": ABSENT, "X_Slack_Signature": ABSENT},
    ],
)
def test_an_unsigned_request_is_refused_and_stores_nothing(
    running: Desk, headers: dict[str, str]
) -> None:
    response = running.deliver(mention(running), **headers)
    assert response.status_code == 401
    assert stored(running) == 0


# One from the future grows younger while the test runs.
@pytest.mark.parametrize("age_s", [301, 86_400, -330])
def test_an_old_or_future_request_is_refused_although_it_is_signed(
    running: Desk, age_s: int
) -> None:
    body, then = mention(running), str(int(time.time()) - age_s)
    signature = sign(running.slack.signing_secret, body, then)
    response = running.deliver(body, X_Slack_Request_Timestamp=then, X_Slack_Signature=signature)
    assert response.status_code == 401
    assert stored(running) == 0


def test_a_body_other_than_the_signed_one_is_refused(running: Desk) -> None:
    now = str(int(time.time()))
    signature = sign(running.slack.signing_secret, mention(running), now)
    changed = mention(running, ts="1700000000.000200")
    response = running.deliver(changed, X_Slack_Request_Timestamp=now, X_Slack_Signature=signature)
    assert response.status_code == 401
    assert stored(running) == 0


DEEP = "[" * 100_000
# Bodies that are no event of Slack's, and what is answered where they are signed.
NO_EVENTS = {
    "": 404,
    "{}": 404,
    "{": 400,
    "[]": 400,
    "null": 400,
    '"x"': 400,
    "5": 400,
    "payload=%7B": 400,
    "payload=[]": 400,
    DEEP: 400,
    '{"event": ' + DEEP: 400,
    "payload=" + DEEP: 400,
    '{"event": "x", "team": 5}': 400,
}


def test_a_signed_body_that_is_no_event_does_no_harm(running: Desk) -> None:
    assert {body: running.deliver(body).status_code for body in NO_EVENTS} == NO_EVENTS
    assert running.deliver(mention(running)).status_code == 200
    assert stored(running) == 1


def test_a_signature_that_is_not_ascii_is_refused(running: Desk) -> None:
    headers = {"X-Slack-Signature": b"v0=\xe9", "X-Slack-Request-Timestamp": b"%d" % time.time()}
    url = running.http_url("/slack/events")
    assert httpx.post(url, content=b"{}", headers=headers, trust_env=False).status_code == 401


def refused(logged: list[MutableMapping[str, Any]]) -> list[MutableMapping[str, Any]]:
    """The lines about refused requests; no line at all is long."""
    assert all(len(str(line)) < 300 for line in logged)
    return [line for line in logged if line["event"] == "request_refused"]


@pytest.fixture
def structlog_as_it_was() -> Iterator[None]:
    """Capturing logs configures structlog; afterwards it is as nobody had."""
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("structlog_as_it_was")
def test_nothing_of_an_unsigned_body_is_parsed(
    running: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parse(*_: object, **__: object) -> None:
        raise AssertionError("it was parsed")

    monkeypatch.setattr(http, "BoltRequest", parse)
    url = running.http_url("/slack/events")
    for content_type in ("application/json", "application/x-www-form-urlencoded"):
        headers = {"Content-Type": content_type, "X-Slack-Signature": "v0=" + "0" * 64}
        headers["X-Slack-Request-Timestamp"] = str(int(time.time()))
        for body in (b"", b"{", b"\xff\xfe", DEEP.encode(), b"payload=" * 100_000):
            with capture_logs() as logged:
                response = httpx.post(url, content=body, headers=headers, trust_env=False)
            assert response.status_code == 401
            assert [line["status"] for line in refused(logged)] == [401]


@pytest.mark.usefixtures("structlog_as_it_was")
def test_a_malformed_body_is_refused_in_a_line_that_quotes_nothing(running: Desk) -> None:
    body = b'{"text": "zebrafinch \xff' + b"x" * 500_000
    url, now = running.http_url("/slack/events"), str(int(time.time()))
    key = running.slack.signing_secret.encode()
    signature = hmac.new(key, b"v0:" + now.encode() + b":" + body, "sha256").hexdigest()
    headers = {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": f"v0={signature}"}
    headers["Content-Type"] = "application/json"
    with capture_logs() as logged:
        response = httpx.post(url, content=body, headers=headers, trust_env=False)
    assert response.status_code == 400
    assert [line["status"] for line in refused(logged)] == [400]
    assert "zebrafinch" not in str(logged)


def test_slacks_handshake_is_answered(running: Desk) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c4ll", "token": "t"})
    response = running.deliver(body)
    assert response.status_code == 200
    assert response.json() == {"challenge": "c4ll"}


def test_the_health_check_needs_no_signature(running: Desk) -> None:
    response = httpx.get(running.http_url(HEALTH_PATH), trust_env=False)
    assert (response.status_code, response.text) == (200, "ok\n")


@pytest.mark.parametrize("path", ["/", "/slack", "/slack/events/x", "/../etc/passwd"])
def test_there_is_nothing_else(running: Desk, path: str) -> None:
    assert httpx.get(running.http_url(path), trust_env=False).status_code == 404


def test_a_body_over_the_limit_is_refused(running: Desk) -> None:
    body = mention(running)
    large = body[:-1] + ', "padding": "' + "x" * MAX_BODY_BYTES + '"}'
    assert running.deliver(large).status_code == 413
    assert stored(running) == 0


def test_a_body_over_the_limit_is_refused_also_when_it_comes_in_pieces(running: Desk) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * 100_000

    url = running.http_url("/slack/events")
    try:
        status = httpx.post(url, content=pieces(), trust_env=False).status_code
    except httpx.HTTPError:
        status = 413  # it was cut off while it was still sending
    assert status == 413
    assert running.deliver(mention(running)).status_code == 200


def half_open(desk: Desk, count: int, sent: bytes) -> list[socket.socket]:
    """Connections that begin a request and never end it."""
    address = ("127.0.0.1", desk.service.transport.port)  # type: ignore[union-attr]
    opened = [socket.create_connection(address) for _ in range(count)]
    for connection in opened:
        connection.sendall(sent)
    return opened


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"POST /slack/events HT",
        b"POST /slack/events HTTP/1.1\r\nContent-Length: 100\r\n\r\nx",
        b"POST /slack/events HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ],
)
def test_half_open_connections_keep_nobody_from_being_served(running: Desk, sent: bytes) -> None:
    waiting = half_open(running, 150, sent)
    response = running.deliver(mention(running))
    assert response.status_code == 200
    assert response.elapsed.total_seconds() < 3
    for connection in waiting:
        connection.close()


def test_more_half_open_connections_than_there_is_room_for_are_closed(running: Desk) -> None:
    waiting = half_open(running, http.MAX_CONNECTIONS + 100, b"POST /slack/events HT")
    assert running.deliver(mention(running)).status_code == 200
    assert stored(running) == 1
    for connection in waiting:
        connection.close()


def test_a_client_that_sends_a_byte_now_and_then_is_closed(
    running: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "REQUEST_S", 1.0)
    [dripping] = half_open(running, 1, b"POST /slack/events HTTP/1.1\r\nX: ")
    dripping.settimeout(0.05)

    def is_closed() -> bool:
        try:
            dripping.sendall(b"x")
            return dripping.recv(1) == b""
        except TimeoutError:
            return False
        except OSError:
            return True

    until(is_closed, "the connection is closed")


def test_a_connection_is_kept_for_the_next_request(
    running: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "REQUEST_S", 0.1)
    with httpx.Client(trust_env=False) as client:
        url = running.http_url(HEALTH_PATH)
        ports = set()
        for _ in range(2):
            response = client.get(url)
            stream = response.extensions["network_stream"]
            ports.add(stream.get_extra_info("client_addr"))
            time.sleep(2.5)  # two rounds of the server's cleaning up
    assert len(ports) == 1


@pytest.mark.parametrize("secret", ["", "   "])
def test_an_empty_signing_secret_is_refused_at_the_start(
    http_desk: Desk, secret: str, tmp_path: Path
) -> None:
    http_desk.settings["slack_signing_secret"] = secret
    with pytest.raises(SettingsError, match="SLACK_SIGNING_SECRET is not set"):
        http_desk.create_service()


def test_a_taken_port_is_said_in_one_line(http_desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        http_desk.settings["http_port"] = taken.getsockname()[1]
        with pytest.raises(SettingsError, match="cannot listen on 127") as error:
            http_desk.create_service().start()
    assert "\n" not in str(error.value)
    # Nothing was left behind.
    http_desk.settings["http_port"] = 0
    http_desk.start()
