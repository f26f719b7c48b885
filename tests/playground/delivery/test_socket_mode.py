"""Socket Mode on the wire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import websocket
from slack_sdk import WebClient

from playground.client import Channel, Person, Playground, WaitTimeout

Json = dict[str, Any]
Connect = Callable[..., Any]


def never(envelope: Json) -> Json | None:
    return None


def test_a_connection_begins_with_hello(slack: Playground, api: WebClient) -> None:
    url = api.apps_connections_open(app_token=slack.app_token)["url"]
    socket = websocket.create_connection(url)
    hello = socket.recv()
    assert '"type": "hello"' in hello
    assert '"num_connections": 1' in hello
    assert f'"app_id": "{slack.app_id}"' in hello
    socket.close()


def test_a_ticket_opens_one_connection(slack: Playground, api: WebClient) -> None:
    url = api.apps_connections_open(app_token=slack.app_token)["url"]
    websocket.create_connection(url).close()
    with pytest.raises(websocket.WebSocketBadStatusException):
        websocket.create_connection(url)


def test_an_event_comes_in_an_envelope(
    slack: Playground, connect: Connect, channel: Channel, ann: Person
) -> None:
    app = connect()
    ts = ann.post(channel, "hello")
    envelope = app.next()
    assert envelope["type"] == "events_api"
    assert envelope["accepts_response_payload"] is False
    assert (envelope["retry_attempt"], envelope["retry_reason"]) == (0, "")
    payload = envelope["payload"]
    assert payload["type"] == "event_callback"
    assert (payload["team_id"], payload["api_app_id"]) == (slack.team_id, slack.app_id)
    assert payload["authorizations"][0]["user_id"] == slack.bot_user_id
    assert payload["event"]["ts"] == ts
    slack.wait_until_idle()
    (delivery,) = slack.deliveries("message.channels")
    assert delivery.acked
    assert delivery.seconds is not None


def test_an_unacknowledged_event_comes_again_three_times(
    slack: Playground, connect: Connect, channel: Channel, ann: Person
) -> None:
    slack.set_patience(ack_timeout=0.1, retry_delays=[0.01, 0.02, 0.03])
    app = connect(never)
    ann.post(channel, "hello")
    envelopes = [app.next() for _ in range(4)]
    assert [e["retry_attempt"] for e in envelopes] == [0, 1, 2, 3]
    assert [e["retry_reason"] for e in envelopes] == ["", "timeout", "timeout", "timeout"]
    assert len({e["payload"]["event_id"] for e in envelopes}) == 1
    assert len({e["envelope_id"] for e in envelopes}) == 4
    slack.wait_until_idle()
    (delivery,) = slack.deliveries()
    assert (delivery.state, len(delivery.attempts)) == ("failed", 4)


def test_a_late_acknowledgement_ends_the_retries(
    slack: Playground, connect: Connect, channel: Channel, ann: Person
) -> None:
    slack.set_patience(ack_timeout=0.1, retry_delays=[0.3])
    app = connect(never)
    ann.post(channel, "hello")
    envelope = app.next()
    slack.wait_until(
        lambda: slack.deliveries()[0].attempts and slack.deliveries()[0].attempts[0].error
    )
    app.send({"envelope_id": envelope["envelope_id"]})
    slack.wait_until_idle()
    (delivery,) = slack.deliveries()
    assert (delivery.state, len(delivery.attempts)) == ("acked", 1)


def test_events_wait_for_an_app_that_starts_late(
    slack: Playground, connect: Connect, channel: Channel, ann: Person
) -> None:
    ann.post(channel, "is anybody here?")
    app = connect()
    assert app.next_event("message")["text"] == "is anybody here?"


def test_each_payload_goes_to_one_of_several_connections(
    slack: Playground, connect: Connect, channel: Channel, ann: Person
) -> None:
    one, two = connect(), connect()
    for number in range(10):
        ann.post(channel, str(number))
    slack.wait_until_idle()
    first = [one.next()["payload"]["event"]["text"] for _ in range(5)]
    second = [two.next()["payload"]["event"]["text"] for _ in range(5)]
    assert sorted([*first, *second]) == [str(number) for number in range(10)]


def test_pings_are_answered(slack: Playground, connect: Connect) -> None:
    app = connect()
    app.ping()
    assert app.next()["type"] == "pong"


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "link_disabled"])
def test_a_connection_is_told_to_go_away(
    slack: Playground, connect: Connect, api: WebClient, reason: Any
) -> None:
    app = connect()
    assert slack.disconnect_sockets(reason, close_after=0.05) == 1
    message = app.next()
    assert (message["type"], message["reason"]) == ("disconnect", reason)
    assert app.next()["type"] == "closed"
    slack.wait_until(lambda: slack.connections == 0)


def test_a_leaving_connection_gets_nothing_while_there_is_another(
    slack: Playground, connect: Connect, channel: Channel, ann: Person
) -> None:
    old = connect()
    slack.disconnect_sockets("refresh_requested", close_after=30)
    assert old.next()["type"] == "disconnect"
    new = connect()
    for number in range(4):
        ann.post(channel, str(number))
    slack.wait_until_idle()
    assert [new.next()["payload"]["event"]["text"] for _ in range(4)] == ["0", "1", "2", "3"]
    assert old.messages.empty()


def test_a_dropped_connection_loses_no_event(
    slack: Playground, connect: Connect, channel: Channel, ann: Person
) -> None:
    slack.set_patience(ack_timeout=0.5, retry_delays=[0.01])
    app = connect(never)
    ann.post(channel, "hello")
    app.next()
    assert slack.drop_sockets() == 1
    assert app.next()["type"] == "closed"
    again = connect()
    assert again.next()["payload"]["event"]["text"] == "hello"
    slack.wait_until_idle()
    assert slack.deliveries()[0].acked


def test_a_frozen_socket_neither_reads_nor_sends(
    slack: Playground, connect: Connect, channel: Channel, ann: Person
) -> None:
    slack.set_patience(ack_timeout=0.2, retry_delays=[])
    app = connect()
    assert slack.freeze_sockets() == 1
    app.ping()
    ann.post(channel, "into the void")
    slack.wait_until_idle()
    assert app.messages.empty()
    assert slack.connections == 1
    assert slack.deliveries()[0].state == "failed"
    slack.thaw_sockets()
    ann.post(channel, "back")
    assert app.next_event("message")["text"] == "back"


def test_waiting_for_idle_names_what_is_under_way(
    slack: Playground, connect: Connect, channel: Channel, ann: Person
) -> None:
    connect(never)
    ann.post(channel, "hello")
    with pytest.raises(WaitTimeout, match=r"not idle within 0\.1 s: message\.channels"):
        slack.wait_until_idle(timeout=0.1)


def test_an_event_whose_connection_closes_comes_again_at_once(
    slack: Playground, connect: Connect, channel: Channel, ann: Person
) -> None:
    slack.set_patience(ack_timeout=30)
    app, other = connect(never), connect()
    slack.disconnect_sockets("warning", close_after=60)
    ann.post(channel, "one")
    ann.post(channel, "two")
    assert app.next()["type"] == "disconnect"
    lost = app.next()["payload"]["event"]["text"]
    app.close()
    assert other.next()["type"] == "disconnect"
    kept, again = other.next(), other.next()
    assert kept["payload"]["event"]["text"] != lost
    assert again["payload"]["event"]["text"] == lost
    assert (again["retry_attempt"], again["retry_reason"]) == (1, "connection_failed")
