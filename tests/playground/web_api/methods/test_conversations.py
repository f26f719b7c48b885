"""conversations.*, called with Slack's own SDK."""

from __future__ import annotations

from slack_sdk import WebClient

from playground.client import Channel, Person, Playground
from tests.playground.calls import error_of


def test_history_is_paged_newest_first(api: WebClient, channel: Channel) -> None:
    posted = [api.chat_postMessage(channel=channel.id, text=str(n))["ts"] for n in range(7)]
    pages, cursor = [], ""
    while True:
        answer = api.conversations_history(channel=channel.id, limit=3, cursor=cursor)
        pages.append([message["ts"] for message in answer["messages"]])
        cursor = (answer.get("response_metadata") or {}).get("next_cursor", "")
        assert answer["has_more"] is bool(cursor)
        if not cursor:
            break
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [ts for page in pages for ts in page] == posted[::-1]
    between = api.conversations_history(
        channel=channel.id, oldest=posted[2], latest=posted[4], inclusive=True
    )
    assert [m["ts"] for m in between["messages"]] == posted[2:5][::-1]
    assert error_of(api.conversations_history, channel=channel.id, cursor="nonsense") == (
        "invalid_cursor"
    )


def test_metadata_shows_only_when_asked_for(api: WebClient, channel: Channel) -> None:
    metadata = {"event_type": "faq", "event_payload": {"a": 1}}
    ts = api.chat_postMessage(channel=channel.id, text="x", metadata=metadata)["ts"]
    plain = api.conversations_history(channel=channel.id)["messages"][0]
    assert "metadata" not in plain
    for call, arguments in (
        (api.conversations_history, {}),
        (api.conversations_replies, {"ts": ts}),
    ):
        full = call(channel=channel.id, include_all_metadata=True, **arguments)["messages"][0]
        assert full["metadata"] == metadata


def test_members_channels_and_users_are_paged(slack: Playground, api: WebClient) -> None:
    people = [slack.create_user(f"p{n}") for n in range(5)]
    channel = slack.create_channel("team", members=people)
    first = api.conversations_members(channel=channel.id, limit=4)
    rest = api.conversations_members(
        channel=channel.id, limit=4, cursor=first["response_metadata"]["next_cursor"]
    )
    assert [*first["members"], *rest["members"]] == [*(p.id for p in people), slack.bot_user_id]
    slack.create_channel("secret", private=True, bot_member=False)
    ours = slack.create_channel("ours", private=True)
    names = [c["name"] for c in api.conversations_list()["channels"]]
    assert names == ["team"]
    private = api.conversations_list(types="private_channel")["channels"]
    assert [c["id"] for c in private] == [ours.id]
    assert private[0]["is_private"]
    found = [u["name"] for page in api.users_list(limit=2) for u in page["members"]]
    assert found == ["faqbot", "p0", "p1", "p2", "p3", "p4"]


def test_a_direct_message_is_opened_by_id_or_by_posting(
    slack: Playground, api: WebClient, ann: Person
) -> None:
    opened = api.conversations_open(users=ann.id)["channel"]["id"]
    assert api.conversations_open(users=ann.id)["already_open"]
    assert api.chat_postMessage(channel=ann.id, text="hi")["channel"] == opened
    assert slack.messages(ann.open_dm())[0].text == "hi"
    assert api.conversations_info(channel=opened)["channel"]["is_im"]


def test_a_channel_has_to_be_joined_before_it_is_read(slack: Playground, api: WebClient) -> None:
    other = slack.create_channel("other", bot_member=False)
    assert error_of(api.conversations_history, channel=other.id) == "not_in_channel"
    assert not api.conversations_info(channel=other.id)["channel"]["is_member"]
    api.conversations_join(channel=other.id)
    assert api.conversations_history(channel=other.id)["ok"]
    assert api.conversations_join(channel=other.id)["warning"] == "already_in_channel"
