"""Requests from the internet: only Slack's own are listened to."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.transports.http import HEALTH_PATH, MAX_BODY_BYTES
from index.errors import SettingsError
from tests.bot.desk import ABSENT, ASKED, Desk, answers, sign


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


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"x"', "payload=%7B", "{}"])
def test_a_signed_body_that_is_no_event_does_no_harm(running: Desk, body: str) -> None:
    assert running.deliver(body).status_code < 600
    assert running.deliver(mention(running)).status_code == 200
    assert stored(running) == 1


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


def test_slow_and_idle_clients_keep_nobody_from_being_served(running: Desk) -> None:
    address = ("127.0.0.1", running.service.transport.port)  # type: ignore[union-attr]
    idle = [socket.create_connection(address) for _ in range(20)]
    for connection in idle:
        connection.sendall(b"POST /slack/events HTTP/1.1\r\nContent-Length: 100\r\n\r\nx")
    ts = running.mention(running.watched, ASKED["vpn"])
    assert answers(running.reply(running.watched, ts), "vpn")
    for connection in idle:
        connection.close()


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
