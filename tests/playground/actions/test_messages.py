"""Which events Slack sends about messages, and what is in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slack_sdk import WebClient

from playground.client import Channel, Person, Playground

Connect = Callable[..., Any]


def labels(slack: Playground) -> list[str]:
    """The labels of all deliveries, once they have arrived."""
    slack.wait_until_idle()
    return [delivery.label for delivery in slack.deliveries()]


def test_a_message_says_who_where_and_what(
    slack: Playground, connect: Connect, channel: Channel, ann: Person
) -> None:
    app = connect()
    ts = ann.post(channel, "hello :wave: @faqbot, see https://x.example/?a=1&b <b>")
    event = app.next()["payload"]["event"]
    assert event["type"] == "message"
    assert "subtype" not in event
    assert (event["user"], event["ts"], event["event_ts"]) == (ann.id, ts, ts)
    assert (event["channel"], event["channel_type"]) == (channel.id, "channel")
    assert event["team"] == slack.team_id
    assert event["client_msg_id"]
    assert event["text"] == (
        f"hello :wave: <@{slack.bot_user_id}>, see <https://x.example/?a=1&amp;b> &lt;b&gt;"
    )
    (block,) = event["blocks"]
    assert [e["type"] for e in block["elements"][0]["elements"]] == [
        "text",
        "emoji",
        "text",
        "user",
        "text",
        "link",
        "text",
    ]


def test_a_mention_arrives_twice_with_different_event_ids(
    slack: Playground, connect: Connect, channel: Channel, ann: Person
) -> None:
    app = connect()
    ts = ann.mention(channel, "vpn?")
    first, second = app.next()["payload"], app.next()["payload"]
    assert {first["event"]["type"], second["event"]["type"]} == {"message", "app_mention"}
    assert first["event"]["ts"] == second["event"]["ts"] == ts
    assert first["event_id"] != second["event_id"]
    assert "channel_type" not in second["event"]


def test_a_mention_where_the_bot_is_no_member_is_only_a_mention(
    slack: Playground, connect: Connect, ann: Person
) -> None:
    connect()
    public = slack.create_channel("public", bot_member=False)
    private = slack.create_channel("private", private=True, bot_member=False, members=[ann])
    ann.mention(public, "hi")
    ann.mention(private, "hi")
    assert labels(slack) == ["app_mention"]


def test_the_channel_type_tells_groups_and_direct_messages(
    slack: Playground, connect: Connect, ann: Person
) -> None:
    app = connect()
    private = slack.create_channel("private", private=True, members=[ann])
    ann.post(private, "in private")
    assert app.next_event("message")["channel_type"] == "group"
    ann.mention(ann.open_dm(), "in a direct message")
    assert app.next_event("message")["channel_type"] == "im"
    assert labels(slack) == ["message.groups", "message.im"]


def test_only_subscribed_events_arrive(
    slack: Playground, connect: Connect, channel: Channel, ann: Person
) -> None:
    connect()
    slack.subscribe("reaction_added")
    ts = ann.mention(channel, "hi")
    ann.react(channel, ts, "eyes")
    ann.unreact(channel, ts, "eyes")
    assert labels(slack) == ["reaction_added"]


def test_a_reply_names_its_thread_and_parent(
    connect: Connect, channel: Channel, ann: Person, slack: Playground
) -> None:
    app = connect()
    bob = slack.create_user("bob")
    root = ann.post(channel, "root")
    reply = bob.reply(channel, root, "reply")
    bob.reply(channel, reply, "to the reply", broadcast=True)
    app.next()
    event = app.next()["payload"]["event"]
    assert (event["ts"], event["thread_ts"], event["parent_user_id"]) == (reply, root, ann.id)
    event = app.next()["payload"]["event"]
    assert (event["subtype"], event["thread_ts"]) == ("thread_broadcast", root)


def test_an_edit_is_a_changed_message(
    connect: Connect, channel: Channel, ann: Person, slack: Playground
) -> None:
    app = connect()
    ts = ann.post(channel, "old")
    ann.edit(channel, ts, "new")
    event = app.next_event("message_changed")
    assert event["message"]["text"] == "new"
    assert event["message"]["edited"]["user"] == ann.id
    assert (event["message"]["ts"], event["previous_message"]["text"]) == (ts, "old")
    assert event["hidden"] is True
    assert event["ts"] != ts
    assert slack.message(channel, ts).edited


def test_a_deletion_is_a_deleted_message_or_a_tombstone(
    connect: Connect, channel: Channel, ann: Person
) -> None:
    app = connect()
    root = ann.post(channel, "root")
    reply = ann.reply(channel, root, "reply")
    ann.delete(channel, root)
    event = app.next_event("message_changed")
    assert event["message"]["subtype"] == "tombstone"
    ann.delete(channel, reply)
    event = app.next_event("message_deleted")
    assert (event["deleted_ts"], event["previous_message"]["text"]) == (reply, "reply")


def test_the_bots_own_posts_come_back(
    slack: Playground, connect: Connect, api: WebClient, channel: Channel
) -> None:
    app = connect()
    api.chat_postMessage(channel=channel.id, text=f"I am <@{slack.bot_user_id}>")
    event = app.next_event("message")
    assert (event["bot_id"], event["app_id"]) == (slack.bot_id, slack.app_id)
    assert event["user"] == slack.bot_user_id
    assert event["bot_profile"]["name"] == "faqbot"
    api.chat_postMessage(channel=channel.id, text="in disguise", username="Helper")
    event = app.next_event("bot_message")
    assert event["username"] == "Helper"
    assert labels(slack) == ["message.channels", "message.channels"]


def test_files_and_me_messages_have_subtypes(
    connect: Connect, channel: Channel, ann: Person
) -> None:
    app = connect()
    ann.post(channel, "look", files=["a.png"])
    assert app.next_event("file_share")["files"][0]["name"] == "a.png"
    ann.post(channel, "waves", me=True)
    assert app.next_event("me_message")["text"] == "waves"


def test_a_mention_that_an_edit_adds_arrives_as_a_mention_that_is_edited(
    slack: Playground, connect: Connect, channel: Channel, ann: Person
) -> None:
    app = connect()
    ts = ann.post(channel, "vpn?")
    app.next()
    for text in (f"<@{slack.bot_user_id}> vpn?", f"<@{slack.bot_user_id}> the vpn?"):
        ann.edit(channel, ts, text)
    changed, mention, again = (app.next()["payload"]["event"] for _ in range(3))
    assert (changed["subtype"], again["subtype"]) == ("message_changed", "message_changed")
    assert (mention["type"], mention["ts"]) == ("app_mention", ts)
    assert mention["edited"]["user"] == ann.id


def test_a_forwarded_message_stands_in_the_attachments(
    slack: Playground, connect: Connect, channel: Channel, ann: Person
) -> None:
    app = connect()
    original = ann.post(channel, "where is the *vpn*?")
    app.next()
    ann.forward(channel, original, to=channel)
    event = app.next()["payload"]["event"]
    assert event["text"] == ""
    (attachment,) = event["attachments"]
    assert attachment["is_share"]
    assert attachment["text"] == "where is the *vpn*?"
    assert (attachment["author_id"], attachment["channel_id"]) == (ann.id, channel.id)


def test_a_shared_channel_and_a_person_of_another_team_show_in_the_events(
    slack: Playground, connect: Connect, channel: Channel, ann: Person
) -> None:
    app = connect()
    ann.post(channel, "among us")
    inside = app.next()["payload"]
    assert inside["is_ext_shared_channel"] is False
    assert not {"user_team", "source_team"} & set(inside["event"])

    slack.share(channel, "T0OTHER")
    ann.post(channel, "to all")
    shared = app.next()["payload"]
    assert shared["is_ext_shared_channel"] is True
    assert shared["team_id"] == shared["authorizations"][0]["team_id"] == slack.team_id
    assert (shared["event"]["user_team"], shared["event"]["team"]) == (slack.team_id,) * 2

    eve = slack.create_user("eve", team="T0OTHER")
    eve.post(channel, "hello")
    event = app.next()["payload"]["event"]
    teams = {event[key] for key in ("team", "user_team", "source_team")}
    assert teams == {"T0OTHER"}

    client = WebClient(slack.bot_token, base_url=slack.api_url)
    info = client.conversations_info(channel=channel.id)["channel"]
    assert (info["is_shared"], info["is_ext_shared"]) == (True, True)
    assert info["connected_team_ids"] == ["T0OTHER"]
    assert client.users_info(user=eve.id)["user"]["team_id"] == "T0OTHER"
