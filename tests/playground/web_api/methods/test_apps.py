"""files.*, called with Slack's own SDK."""

from __future__ import annotations

from slack_sdk import WebClient

from playground.client import Channel, Playground


def test_a_file_is_uploaded_and_shared(slack: Playground, api: WebClient, channel: Channel) -> None:
    api.files_upload_v2(
        channel=channel.id, filename="faq.csv", content="a,b\n", initial_comment="the list"
    )
    (message,) = slack.messages(channel)
    assert message.text == "the list"
    assert (message.files[0]["name"], message.files[0]["size"]) == ("faq.csv", 4)
