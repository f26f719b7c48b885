"""Typing slash commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playground.client import Channel, Person, Playground

Connect = Callable[..., Any]


def test_a_command_without_an_app_fails_at_once(
    slack: Playground, channel: Channel, ann: Person
) -> None:
    assert not ann.command(channel, "/faq").acked
    assert "dispatch_failed" in ann.wait_for_ephemeral(channel)[0].text


def test_the_names_of_private_places_are_hidden(
    slack: Playground, connect: Connect, ann: Person
) -> None:
    app = connect()
    private = slack.create_channel("private", private=True, members=[ann])
    ann.command(private, "/faq")
    assert app.next()["payload"]["channel_name"] == "privategroup"
    ann.command(ann.open_dm(), "/faq", "x")
    payload = app.next()["payload"]
    assert (payload["channel_name"], payload["command"], payload["text"]) == (
        "directmessage",
        "/faq",
        "x",
    )
