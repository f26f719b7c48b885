"""How the client waits, and what it says when it waited in vain."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk import WebClient

from playground.client import Channel, Person, Playground, PlaygroundError, WaitTimeout


def test_a_wait_that_fails_shows_the_channel(
    slack: Playground, api: WebClient, channel: Channel, ann: Person
) -> None:
    ts = ann.post(channel, "help me")
    api.chat_postMessage(channel=channel.id, text="not in the thread")
    with pytest.raises(WaitTimeout) as caught:
        slack.wait_for_replies(channel, ts, count=2, timeout=0.05)
    text = str(caught.value)
    assert "got 0 of 2" in text
    assert "ann: help me" in text
    assert "faqbot: not in the thread" in text


def test_a_wait_ends_as_soon_as_it_can(
    slack: Playground, api: WebClient, channel: Channel, ann: Person
) -> None:
    ts = ann.post(channel, "help me")
    later = threading.Timer(
        0.1, api.chat_postMessage, kwargs={"channel": channel.id, "thread_ts": ts, "text": "yes"}
    )
    later.start()
    assert slack.wait_for_replies(channel, ts)[0].text == "yes"
    later.join()


def test_an_unreachable_playground_is_one_readable_error() -> None:
    with pytest.raises(PlaygroundError, match="does not answer"):
        Playground("http://127.0.0.1:9")


def test_quiet_waits_for_the_app_to_settle(
    slack: Playground, connect: Callable[[], Any], api: WebClient, channel: Channel
) -> None:
    connect()
    later = threading.Timer(
        0.1, api.chat_postMessage, kwargs={"channel": channel.id, "text": "late"}
    )
    later.start()
    slack.wait_until_idle(quiet=0.5)
    assert [m.text for m in slack.messages(channel)] == ["late"]
    later.join()
