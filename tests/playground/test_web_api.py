"""The Web API, called with Slack's own SDK."""

from __future__ import annotations

from typing import Any
from urllib.request import Request, urlopen

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from playground.client import Channel, Person, Playground


def error_of(call: Any, *args: Any, **kwargs: Any) -> str:
    """The error Slack answers to a call."""
    with pytest.raises(SlackApiError) as caught:
        call(*args, **kwargs)
    return str(caught.value.response["error"])


def test_auth_test_says_who_the_bot_is(slack: Playground, api: WebClient) -> None:
    answer = api.auth_test()
    assert (answer["user_id"], answer["team_id"]) == (slack.bot_user_id, slack.team_id)
    assert "chat:write" in answer.headers["x-oauth-scopes"]


def test_a_wrong_token_is_refused(slack: Playground, subtests: pytest.Subtests) -> None:
    for token, error in (
        (None, "not_authed"),
        ("xoxb-wrong", "invalid_auth"),
        (slack.app_token, "not_allowed_token_type"),
    ):
        with subtests.test(error):
            assert error_of(WebClient(token=token, base_url=slack.api_url).auth_test) == error


def test_only_an_app_token_opens_connections(slack: Playground, api: WebClient) -> None:
    assert error_of(api.apps_connections_open, app_token=slack.bot_token) == (
        "not_allowed_token_type"
    )
    assert api.apps_connections_open(app_token=slack.app_token)["url"].startswith("ws://")


def test_a_token_may_stand_in_the_form(slack: Playground) -> None:
    body = f"token={slack.bot_token}".encode()
    with urlopen(Request(slack.api_url + "auth.test", data=body)) as response:
        assert b'"ok": true' in response.read()


def test_an_unknown_method_is_named(api: WebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        api.api_call("chat.postMassage")
    assert caught.value.response["error"] == "unknown_method"
    assert caught.value.response["req_method"] == "chat.postMassage"


def test_restricted_scopes_are_enforced(
    slack: Playground, api: WebClient, channel: Channel
) -> None:
    slack.set_scopes(["channels:read"])
    with pytest.raises(SlackApiError) as caught:
        api.chat_postMessage(channel=channel.id, text="hi")
    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == "chat:write"
    assert caught.value.response["provided"] == "channels:read"
    slack.set_scopes(None)
    assert api.chat_postMessage(channel=channel.id, text="hi")["ok"]


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


def test_people_and_groups_can_be_looked_up(slack: Playground, api: WebClient, ann: Person) -> None:
    assert api.users_info(user=ann.id)["user"]["profile"]["display_name"] == "ann"
    assert error_of(api.users_info, user="U404") == "user_not_found"
    group = slack.create_usergroup("admins", [ann])
    assert api.usergroups_users_list(usergroup=group.id)["users"] == [ann.id]
    assert error_of(api.usergroups_users_list, usergroup="S404") == "no_such_subteam"
    bob = slack.create_user("bob")
    assert slack.create_usergroup("@admins", [bob]).id == group.id
    assert api.usergroups_users_list(usergroup=group.id)["users"] == [bob.id]


def test_admins_and_owners_are_shown_as_such(api: WebClient, slack: Playground) -> None:
    boss = slack.create_user("boss", is_admin=True)

    def roles() -> tuple[bool, bool]:
        user = api.users_info(user=boss.id)["user"]
        return user["is_admin"], user["is_owner"]

    assert roles() == (True, False)
    slack.set_admin(boss, is_admin=False, is_owner=True)
    assert roles() == (False, True)


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


def test_the_bot_reacts_once(
    slack: Playground, api: WebClient, channel: Channel, ann: Person
) -> None:
    ts = ann.post(channel, "hello")
    api.reactions_add(channel=channel.id, timestamp=ts, name="eyes")
    assert slack.message(channel, ts).reactions == {"eyes": (slack.bot_user_id,)}
    again = {"channel": channel.id, "timestamp": ts, "name": "eyes"}
    assert error_of(api.reactions_add, **again) == "already_reacted"
    api.reactions_remove(**again)
    assert error_of(api.reactions_remove, **again) == "no_reaction"


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


def test_the_assistant_container_shows_status_title_and_prompts(
    slack: Playground, api: WebClient, ann: Person
) -> None:
    root = ann.start_assistant_thread()
    place = {"channel_id": root.channel, "thread_ts": root.ts}
    api.assistant_threads_setStatus(**place, status="is thinking...")
    api.assistant_threads_setTitle(**place, title="VPN")
    api.assistant_threads_setSuggestedPrompts(**place, prompts=[{"title": "a", "message": "b"}])
    shown = slack.assistant_thread(root.channel, root.ts)
    assert (shown.status, shown.title, shown.prompts[0]["message"]) == (
        "is thinking...",
        "VPN",
        "b",
    )
    api.chat_postMessage(channel=root.channel, thread_ts=root.ts, text="done")
    assert slack.assistant_thread(root.channel, root.ts).status == ""


def test_a_file_is_uploaded_and_shared(slack: Playground, api: WebClient, channel: Channel) -> None:
    api.files_upload_v2(
        channel=channel.id, filename="faq.csv", content="a,b\n", initial_comment="the list"
    )
    (message,) = slack.messages(channel)
    assert message.text == "the list"
    assert (message.files[0]["name"], message.files[0]["size"]) == ("faq.csv", 4)


def test_calls_are_logged_without_tokens(
    slack: Playground, api: WebClient, channel: Channel
) -> None:
    api.chat_postMessage(channel=channel.id, text="hi")
    assert error_of(api.chat_postMessage, channel="C404", text="hi") == "channel_not_found"
    first, second = slack.calls("chat.postMessage")
    assert (first.ok, first.arguments["text"], first.status) == (True, "hi", 200)
    assert (second.ok, second.error) == (False, "channel_not_found")
    assert "token" not in first.arguments
    assert slack.bot_token not in str(slack.calls())


def test_home_tabs_are_published_for_a_person(
    slack: Playground, api: WebClient, ann: Person
) -> None:
    view = {"type": "home", "blocks": [{"type": "divider"}], "callback_id": "home"}
    first = api.views_publish(user_id=ann.id, view=view)["view"]
    second = api.views_publish(user_id=ann.id, view=view, hash=first["hash"])["view"]
    assert first["id"] == second["id"]
    stale = {"user_id": ann.id, "view": view, "hash": first["hash"]}
    assert error_of(api.views_publish, **stale) == "hash_conflict"
    home = ann.home()
    assert home is not None
    assert home.callback_id == "home"
