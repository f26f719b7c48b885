"""How the Web API takes a call: tokens, scopes, the log of calls."""

from __future__ import annotations

from urllib.request import Request, urlopen

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from playground.client import Channel, Playground
from tests.playground.calls import error_of


def test_auth_test_says_who_the_bot_is(slack: Playground, api: WebClient) -> None:
    answer = api.auth_test()
    assert (answer["user_id"], answer["team_id"]) == (slack.bot_user_id, slack.team_id)
    assert "chat:write" in answer.headers["x-oauth-scopes"]


def test_a_wrong_token_is_refused(slack: Playground, subtests: pytest.Subtests) -> None:
    for token, error in (
        (None, "not_authed"),
        ("xoxb-wrong", "invalid_auth"),
        (slack.app_token, "not_allowed_token_type"),
    ):
        with subtests.test(error):
            assert error_of(WebClient(token=token, base_url=slack.api_url).auth_test) == error


def test_only_an_app_token_opens_connections(slack: Playground, api: WebClient) -> None:
    assert error_of(api.apps_connections_open, app_token=slack.bot_token) == (
        "not_allowed_token_type"
    )
    assert api.apps_connections_open(app_token=slack.app_token)["url"].startswith("ws://")


def test_a_token_may_stand_in_the_form(slack: Playground) -> None:
    body = f"token={slack.bot_token}".encode()
    with urlopen(Request(slack.api_url + "auth.test", data=body)) as response:
        assert b'"ok": true' in response.read()


def test_an_unknown_method_is_named(api: WebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        api.api_call("chat.postMassage")
    assert caught.value.response["error"] == "unknown_method"
    assert caught.value.response["req_method"] == "chat.postMassage"


def test_restricted_scopes_are_enforced(
    slack: Playground, api: WebClient, channel: Channel
) -> None:
    slack.set_scopes(["channels:read"])
    with pytest.raises(SlackApiError) as caught:
        api.chat_postMessage(channel=channel.id, text="hi")
    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == "chat:write"
    assert caught.value.response["provided"] == "channels:read"
    slack.set_scopes(None)
    assert api.chat_postMessage(channel=channel.id, text="hi")["ok"]


def test_calls_are_logged_without_tokens(
    slack: Playground, api: WebClient, channel: Channel
) -> None:
    api.chat_postMessage(channel=channel.id, text="hi")
    assert error_of(api.chat_postMessage, channel="C404", text="hi") == "channel_not_found"
    first, second = slack.calls("chat.postMessage")
    assert (first.ok, first.arguments["text"], first.status) == (True, "hi", 200)
    assert (second.ok, second.error) == (False, "channel_not_found")
    assert "token" not in first.arguments
    assert slack.bot_token not in str(slack.calls())
