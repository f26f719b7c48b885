"""Things that go wrong on purpose."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from playground.client import Channel, Person, Playground, PlaygroundError

Connect = Callable[..., Any]


def test_a_method_is_rate_limited_so_many_times(
    slack: Playground, api: WebClient, channel: Channel
) -> None:
    slack.fail("chat.postMessage", status=429, retry_after=7, times=2)
    for _ in range(2):
        with pytest.raises(SlackApiError) as caught:
            api.chat_postMessage(channel=channel.id, text="x")
        assert caught.value.response.status_code == 429
        assert caught.value.response.headers["Retry-After"] == "7"
        assert caught.value.response["error"] == "ratelimited"
    assert api.chat_postMessage(channel=channel.id, text="x")["ok"]
    assert len(slack.messages(channel)) == 1


def test_the_sdk_waits_out_a_rate_limit(slack: Playground, channel: Channel) -> None:
    client = WebClient(
        token=slack.bot_token,
        base_url=slack.api_url,
        retry_handlers=[RateLimitErrorRetryHandler(max_retry_count=1)],
    )
    slack.fail("chat.postMessage", status=429, retry_after=0)
    assert client.chat_postMessage(channel=channel.id, text="x")["ok"]
    assert [call.ok for call in slack.calls("chat.postMessage")] == [False, True]


def test_a_server_error_before_or_after_the_call_is_applied(
    slack: Playground, api: WebClient, channel: Channel
) -> None:
    slack.fail("chat.*", status=503)
    with pytest.raises(SlackApiError):
        api.chat_postMessage(channel=channel.id, text="lost")
    assert slack.messages(channel) == []
    slack.fail("chat.postMessage", status=500, after=True)
    with pytest.raises(SlackApiError):
        api.chat_postMessage(channel=channel.id, text="doubled")
    api.chat_postMessage(channel=channel.id, text="doubled")
    assert [m.text for m in slack.messages(channel)] == ["doubled", "doubled"]


def test_a_connection_is_dropped_after_the_call_is_applied(
    slack: Playground, api: WebClient, channel: Channel
) -> None:
    slack.drop("chat.postMessage")
    with pytest.raises(OSError, match=r"closed|reset|Remote"):
        api.chat_postMessage(channel=channel.id, text="applied")
    assert [m.text for m in slack.messages(channel)] == ["applied"]
    slack.drop("chat.postMessage", after=False)
    with pytest.raises(OSError, match=r"closed|reset|Remote"):
        api.chat_postMessage(channel=channel.id, text="not applied")
    assert len(slack.messages(channel)) == 1


def test_an_answer_can_be_slow(slack: Playground, api: WebClient) -> None:
    slack.slow("auth.test", 0.2)
    before = time.monotonic()
    api.auth_test()
    assert time.monotonic() - before >= 0.2


def test_a_slack_error_can_be_asked_for(slack: Playground, api: WebClient) -> None:
    slack.fail("auth.test", error="fatal_error")
    with pytest.raises(SlackApiError, match="fatal_error"):
        api.auth_test()
    assert api.auth_test()["ok"]


def test_tokens_can_be_refused(slack: Playground, api: WebClient) -> None:
    slack.refuse_tokens("token_revoked")
    with pytest.raises(SlackApiError, match="token_revoked"):
        api.auth_test()
    with pytest.raises(SlackApiError, match="token_revoked"):
        api.apps_connections_open(app_token=slack.app_token)
    slack.accept_tokens()
    assert api.auth_test()["ok"]


def test_posts_can_be_limited_in_each_channel(
    slack: Playground, api: WebClient, channel: Channel
) -> None:
    other = slack.create_channel("other")
    slack.limit_posts(0.1)
    api.chat_postMessage(channel=channel.id, text="1")
    api.chat_postMessage(channel=other.id, text="1")
    with pytest.raises(SlackApiError) as caught:
        api.chat_postMessage(channel=channel.id, text="2")
    assert caught.value.response.headers["Retry-After"] == "10"
    slack.limit_posts(None)
    assert api.chat_postMessage(channel=channel.id, text="2")["ok"]


def test_every_event_can_be_delivered_twice(
    slack: Playground, connect: Connect, channel: Channel, ann: Person
) -> None:
    app = connect()
    slack.duplicate_deliveries()
    ann.post(channel, "hello")
    first, second = app.next(), app.next()
    assert first["payload"]["event_id"] == second["payload"]["event_id"]
    assert first["envelope_id"] != second["envelope_id"]
    assert second["retry_attempt"] == 0


def test_events_can_be_late(
    slack: Playground, connect: Connect, channel: Channel, ann: Person
) -> None:
    app = connect()
    slack.delay_deliveries(0.2)
    before = time.monotonic()
    ann.post(channel, "hello")
    app.next()
    assert time.monotonic() - before >= 0.2


def test_all_faults_can_be_ended(slack: Playground, api: WebClient, channel: Channel) -> None:
    slack.fail("*", status=500, times=100)
    slack.refuse_tokens()
    slack.limit_posts(0.001)
    slack.recover()
    for _ in range(2):
        assert api.chat_postMessage(channel=channel.id, text="x")["ok"]


def test_a_fault_that_makes_no_sense_is_refused(slack: Playground) -> None:
    with pytest.raises(PlaygroundError, match=r"no method 'chat\.postMassage'"):
        slack.fail("chat.postMassage", status=500)
    with pytest.raises(PlaygroundError, match="'status' has to be an HTTP error"):
        slack.fail("auth.test", status=200)
