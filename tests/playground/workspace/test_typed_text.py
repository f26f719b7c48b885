"""What a person typed, as Slack stores it."""

from __future__ import annotations

import pytest

from playground.client import Channel, Person, Playground

TYPED_AND_STORED = [
    ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
    ("mail a@ann.example", "mail a@ann.example"),
    ("@nobody and @here", "@nobody and <!here>"),
    ("see #help", "see <#{channel}|help>"),
    ("<@{ann}> stays", "<@{ann}> stays"),
    ("(https://x.example/a).", "(<https://x.example/a>)."),
    ("already &amp; escaped", "already &amp;amp; escaped"),
]


def test_typed_text_is_stored_as_slack_stores_it(
    slack: Playground, channel: Channel, ann: Person, subtests: pytest.Subtests
) -> None:
    names = {"ann": ann.id, "channel": channel.id}
    for typed, stored in TYPED_AND_STORED:
        with subtests.test(typed):
            ts = ann.post(channel, typed.format(**names))
            assert slack.message(channel, ts).text == stored.format(**names)


def test_text_may_be_given_as_it_is_stored(
    slack: Playground, channel: Channel, ann: Person
) -> None:
    ts = ann.post(channel, "a &amp; b", raw=True)
    assert slack.message(channel, ts).text == "a &amp; b"
