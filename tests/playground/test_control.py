"""The control API: whom it answers, how it complains, and how the client waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient

from playground.client import Channel, Person, Playground, PlaygroundError, WaitTimeout


@pytest.fixture
def http(slack: Playground) -> Any:
    with httpx.Client(base_url=slack.url, trust_env=False) as client:
        yield client


def test_a_foreign_host_name_is_refused(http: httpx.Client, subtests: pytest.Subtests) -> None:
    for path in ("/", "/control/workspace", "/control/stream"):
        with subtests.test(path):
            assert http.get(path, headers={"Host": "evil.example"}).status_code == 403
    assert http.get("/control/workspace", headers={"Host": "localhost:1"}).status_code == 200


def test_a_foreign_origin_is_refused(
    slack: Playground, http: httpx.Client, subtests: pytest.Subtests
) -> None:
    user = {"name": "x"}
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
        with subtests.test(origin):
            headers = {"Origin": origin}
            assert http.post("/control/users", json=user, headers=headers).status_code == 403
            assert http.post("/api/auth.test", headers=headers).status_code == 403
    own = {"Origin": slack.url}
    assert http.post("/control/users", json=user, headers=own).status_code == 200


def test_only_json_is_taken(http: httpx.Client) -> None:
    assert http.post("/control/users", data={"name": "x"}).status_code == 415
    wrong = http.post("/control/users", content=b"{", headers={"Content-Type": "application/json"})
    assert wrong.json() == {"error": "The body is not JSON."}


def test_the_page_is_served_with_a_strict_policy(http: httpx.Client) -> None:
    page = http.get("/")
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for name in ("page.js", "blocks.js", "page.css"):
        assert f"/static/{name}" in page.text or name == "blocks.js"
        assert http.get(f"/static/{name}").status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    for hidden in ("../server.py", "%2e%2e/server.py", "missing.js"):
        assert http.get(f"/static/{hidden}").status_code == 404


def test_changes_are_streamed(slack: Playground, http: httpx.Client, channel: Channel) -> None:
    with http.stream("GET", "/control/stream") as stream:
        lines = (line for line in stream.iter_lines() if line)
        first = next(lines)
        slack.create_user("bob")
        second = next(lines)
    assert first.startswith("data: ")
    assert int(second.removeprefix("data: ")) > int(first.removeprefix("data: "))


WRONG_REQUESTS: list[tuple[str, dict[str, Any], str]] = [
    ("post", {"user": "nobody", "channel": "help", "text": "x"}, "There is no user 'nobody'"),
    ("post", {"user": "ann", "channel": "nowhere", "text": "x"}, "There is no channel"),
    ("post", {"user": "ann", "channel": "help"}, "Give 'text' as a string"),
    ("edit", {"user": "ann", "channel": "help", "ts": "1.0", "text": "x"}, "ann sees no"),
    ("users", {"name": "ann"}, "name_taken"),
    ("settings", {"colour": "red"}, "Unknown settings"),
    ("sockets", {"action": "explode"}, "'action' is"),
    ("view/submit", {"view": "V404"}, "There is no open view"),
]


def test_a_wrong_request_is_explained(
    slack: Playground, channel: Channel, ann: Person, subtests: pytest.Subtests
) -> None:
    for verb, values, message in WRONG_REQUESTS:
        with subtests.test(message), pytest.raises(PlaygroundError, match=message):
            slack.tell(verb, **values)


def test_people_change_only_what_is_theirs(
    slack: Playground, channel: Channel, ann: Person
) -> None:
    bob, boss = slack.create_user("bob"), slack.create_user("boss", is_admin=True)
    ts = ann.post(channel, "mine")
    with pytest.raises(PlaygroundError, match="bob did not write this message"):
        bob.edit(channel, ts, "his")
    with pytest.raises(PlaygroundError, match="bob did not write this message"):
        bob.delete(channel, ts)
    boss.delete(channel, ts)
    assert slack.messages(channel) == []
    private = slack.create_channel("private", private=True, members=[ann])
    with pytest.raises(PlaygroundError, match="bob is not in private"):
        bob.post(private, "hi")


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
