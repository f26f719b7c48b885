"""Answering an interaction by its response_url."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slack_sdk.webhook import WebhookClient

from playground.client import Channel, Person, Playground

Connect = Callable[..., Any]


def test_a_response_url_works_five_times(
    slack: Playground, connect: Connect, channel: Channel, ann: Person
) -> None:
    app = connect()
    ann.command(channel, "/faq")
    url = app.next()["payload"]["response_url"]
    client = WebhookClient(url)
    assert client.send(text="for all", response_type="in_channel").status_code == 200
    assert client.send(text="").status_code == 500
    for number in range(3):
        assert client.send(text=str(number)).body == "ok"
    refused = client.send(text="once too often")
    assert (refused.status_code, "used_url" in refused.body) == (404, True)
    assert slack.messages(channel)[0].text == "for all"
    assert [m.text for m in ann.wait_for_ephemeral(channel, count=3)] == ["0", "1", "2"]
