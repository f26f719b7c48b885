"""Which events Slack sends about who is in a channel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playground.client import Channel, Person, Playground

Connect = Callable[..., Any]


def test_joining_is_a_message_and_an_event(
    slack: Playground, connect: Connect, channel: Channel, ann: Person
) -> None:
    app = connect()
    slack.subscribe("message.channels", "member_joined_channel")
    ann.join(channel)
    assert app.next_event("channel_join")["user"] == ann.id
    assert app.next_event("member_joined_channel")["channel"] == channel.id
    other = slack.create_channel("other", bot_member=False)
    ann.invite_bot(other)
    event = app.next_event("member_joined_channel")
    assert (event["user"], event["inviter"]) == (slack.bot_user_id, ann.id)


def test_leaving_is_an_event(
    slack: Playground, connect: Connect, channel: Channel, ann: Person
) -> None:
    app = connect()
    slack.subscribe("member_left_channel")
    ann.join(channel)
    ann.leave(channel)
    event = app.next_event("member_left_channel")
    assert (event["user"], event["channel"]) == (ann.id, channel.id)
    assert ann.id not in slack.channel("help").members
