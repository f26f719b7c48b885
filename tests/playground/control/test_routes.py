"""How the control API takes a request, complains, and streams changes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from playground.client import Channel, Person, Playground, PlaygroundError


def test_only_json_is_taken(http: httpx.Client) -> None:
    assert http.post("/control/users", data={"name": "x"}).status_code == 415
    wrong = http.post("/control/users", content=b"{", headers={"Content-Type": "application/json"})
    assert wrong.json() == {"error": "The body is not JSON."}


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
