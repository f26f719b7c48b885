"""Which events Slack sends about the app's home and the assistant container."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playground.client import Person, Playground

Connect = Callable[..., Any]


def test_the_home_tab_and_the_assistant_announce_themselves(
    slack: Playground, connect: Connect, ann: Person
) -> None:
    app = connect()
    slack.subscribe("app_home_opened", "assistant_thread_started")
    ann.open_home()
    event = app.next_event("app_home_opened")
    assert (event["user"], event["tab"]) == (ann.id, "home")
    root = ann.start_assistant_thread()
    thread = app.next_event("assistant_thread_started")["assistant_thread"]
    assert (thread["user_id"], thread["thread_ts"]) == (ann.id, root.ts)
