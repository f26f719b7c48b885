"""chat.*, called with Slack's own SDK."""

from __future__ import annotations

from slack_sdk import WebClient

from playground.client import Channel, Person, Playground
from tests.playground.calls import error_of


def test_a_post_shows_in_the_channel(slack: Playground, api: WebClient, channel: Channel) -> None:
    answer = api.chat_postMessage(
        channel="#help",
        text="fallback",
        blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "*hello*"}}],
        metadata={"event_type": "faq", "event_payload": {"pair": "7"}},
    )
    (message,) = slack.messages(channel)
    assert message.ts == answer["ts"]
    assert message.user == slack.bot_user_id
    assert message.bot_id == slack.bot_id
    assert message.all_text == "*hello*"
    assert message.metadata == {"event_type": "faq", "event_payload": {"pair": "7"}}
    assert answer["message"]["blocks"][0]["block_id"]


def test_timestamps_are_unique_and_increase(api: WebClient, channel: Channel) -> None:
    seen = [api.chat_postMessage(channel=channel.id, text=str(n))["ts"] for n in range(20)]
    assert seen == sorted(set(seen))
    assert all(len(ts.split(".")[1]) == 6 for ts in seen)


def test_posting_is_refused_as_slack_does(
    slack: Playground, api: WebClient, channel: Channel
) -> None:
    closed = slack.create_channel("closed")
    slack.archive(closed)
    elsewhere = slack.create_channel("elsewhere", bot_member=False)
    secret = slack.create_channel("secret", private=True, bot_member=False)
    post = api.chat_postMessage
    assert error_of(post, channel="C404", text="x") == "channel_not_found"
    assert error_of(post, channel=secret.id, text="x") == "channel_not_found"
    assert error_of(post, channel=elsewhere.id, text="x") == "not_in_channel"
    assert error_of(post, channel=closed.id, text="x") == "is_archived"
    assert error_of(post, channel=channel.id, text=" ") == "no_text"
    assert error_of(post, channel=channel.id, text="x", blocks="{") == "invalid_blocks_format"
    assert error_of(post, channel=channel.id, text="x", thread_ts="1.000000") == (
        "thread_not_found"
    )
    assert error_of(post, channel=channel.id, text="x", metadata={"event_type": "a"}) == (
        "invalid_metadata_format"
    )
    assert error_of(post, channel=channel.id, markdown_text="x" * 12_001) == "msg_too_long"


def test_a_long_text_is_cut_when_posted_and_refused_when_updated(
    slack: Playground, api: WebClient, channel: Channel
) -> None:
    ts = api.chat_postMessage(channel=channel.id, text="x" * 41_000)["ts"]
    assert len(slack.message(channel, ts).text) == 40_000
    assert error_of(api.chat_update, channel=channel.id, ts=ts, text="x" * 4001) == "msg_too_long"


def test_replies_hang_below_their_message(
    slack: Playground, api: WebClient, channel: Channel, ann: Person
) -> None:
    root = ann.post(channel, "help!")
    first = api.chat_postMessage(channel=channel.id, thread_ts=root, text="one")["ts"]
    loud = api.chat_postMessage(
        channel=channel.id, thread_ts=root, text="two", reply_broadcast=True
    )["ts"]
    assert [m.ts for m in slack.messages(channel)] == [root, loud]
    assert slack.message(channel, root).reply_count == 2
    thread = api.conversations_replies(channel=channel.id, ts=root)["messages"]
    assert [m["ts"] for m in thread] == [root, first, loud]
    assert thread[0]["reply_count"] == 2
    assert thread[1]["parent_user_id"] == ann.id
    assert error_of(api.conversations_replies, channel=channel.id, ts="1.0") == "thread_not_found"
    assert error_of(
        api.chat_postMessage, channel=channel.id, thread_ts=first, text="below a reply"
    ) == ("cannot_reply_to_message")


def test_an_update_changes_text_and_keeps_blocks_that_are_not_given(
    slack: Playground, api: WebClient, channel: Channel, ann: Person
) -> None:
    divider = [{"type": "divider"}]
    ts = api.chat_postMessage(channel=channel.id, text="old", blocks=divider)["ts"]
    api.chat_update(channel=channel.id, ts=ts, text="new")
    message = slack.message(channel, ts)
    assert (message.text, message.edited, len(message.blocks)) == ("new", True, 1)
    api.chat_update(channel=channel.id, ts=ts, text="bare", blocks=[])
    assert slack.message(channel, ts).blocks == ()
    hers = ann.post(channel, "mine")
    assert error_of(api.chat_update, channel=channel.id, ts=hers, text="x") == (
        "cant_update_message"
    )
    assert error_of(api.chat_delete, channel=channel.id, ts=hers) == "cant_delete_message"
    assert error_of(api.chat_update, channel=channel.id, ts="1.0", text="x") == (
        "message_not_found"
    )


def test_a_deleted_root_leaves_a_tombstone(
    slack: Playground, api: WebClient, channel: Channel
) -> None:
    root = api.chat_postMessage(channel=channel.id, text="root")["ts"]
    reply = api.chat_postMessage(channel=channel.id, thread_ts=root, text="reply")["ts"]
    api.chat_delete(channel=channel.id, ts=root)
    assert slack.message(channel, root).subtype == "tombstone"
    api.chat_delete(channel=channel.id, ts=reply)
    assert [m.ts for m in slack.messages(channel, everything=True)] == [root]


def test_an_ephemeral_message_is_for_one_person(
    slack: Playground, api: WebClient, channel: Channel, ann: Person
) -> None:
    bob = slack.create_user("bob")
    assert error_of(api.chat_postEphemeral, channel=channel.id, user=bob.id, text="x") == (
        "user_not_in_channel"
    )
    ann.join(channel)
    bob.join(channel)
    api.chat_postEphemeral(channel=channel.id, user=ann.id, text="only you")
    assert [m.text for m in ann.sees(channel) if m.ephemeral_to] == ["only you"]
    assert not [m for m in bob.sees(channel) if m.ephemeral_to]
    assert not [
        m for m in api.conversations_history(channel=channel.id)["messages"] if "bot_id" in m
    ]


def test_a_permalink_names_the_thread(api: WebClient, channel: Channel) -> None:
    root = api.chat_postMessage(channel=channel.id, text="root")["ts"]
    reply = api.chat_postMessage(channel=channel.id, text="reply", thread_ts=root)["ts"]
    link = api.chat_getPermalink(channel=channel.id, message_ts=reply)["permalink"]
    assert f"/archives/{channel.id}/p{reply.replace('.', '')}?thread_ts={root}" in link


def test_a_streamed_reply_grows_and_ends_with_blocks(
    slack: Playground, api: WebClient, channel: Channel, ann: Person
) -> None:
    root = ann.post(channel, "tell me")
    start = {"channel": channel.id, "thread_ts": root}
    assert error_of(api.chat_startStream, **start) == "missing_recipient_team_id"
    recipient = {"recipient_team_id": slack.team_id, "recipient_user_id": ann.id}
    ts = api.chat_startStream(**start, **recipient, markdown_text="one ")["ts"]
    api.chat_appendStream(channel=channel.id, ts=ts, markdown_text="two")
    assert slack.message(channel, ts).streaming
    assert error_of(api.chat_update, channel=channel.id, ts=ts, text="x") == (
        "streaming_state_conflict"
    )
    api.chat_stopStream(channel=channel.id, ts=ts, blocks=[{"type": "divider"}])
    message = slack.message(channel, ts)
    assert (message.text, message.streaming) == ("one two", False)
    assert [block["type"] for block in message.blocks] == ["markdown", "divider"]
    assert error_of(api.chat_appendStream, channel=channel.id, ts=ts, markdown_text="x") == (
        "message_not_in_streaming_state"
    )
