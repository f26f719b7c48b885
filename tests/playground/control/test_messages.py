"""What people may do to messages."""

from __future__ import annotations

import pytest

from playground.client import Channel, Person, Playground, PlaygroundError


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
