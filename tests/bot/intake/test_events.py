"""Which events are questions: the pure function, on events as Slack sends them."""

from typing import Any

import pytest

from bot.intake.events import is_outside, question_from_event
from bot.intake.markup import question_text
from index.query.cleaning import read

BOT = "U0BOT"


def body(**event: Any) -> dict[str, Any]:
    values = {
        "type": "message",
        "user": "U1",
        "channel": "C1",
        "channel_type": "channel",
        "ts": "1.0",
        "text": "how do I reset my password?",
    }
    return {"team_id": "T1", "event": values | event}


def asked(payload: dict[str, Any], watched: tuple[str, ...] = ("C1",)) -> bool:
    return question_from_event(payload, bot_user_id=BOT, watched=watched) is not None


def test_another_user_whose_id_begins_like_the_bots_is_not_the_bot() -> None:
    assert not asked(body(text="hello <@U0BOT77> how do I reset this?", channel="C2"))
    assert asked(body(text="<@U0BOT> how do I reset this?", channel="C2"))
    assert asked(body(text="<@U0BOT|faqbot> how do I reset this?", channel="C2"))


def test_without_an_id_of_the_bot_nothing_is_a_mention() -> None:
    payload = body(text="<@U1> how do I reset this?", channel="C2")
    assert question_from_event(payload, bot_user_id="", watched=()) is None


def test_a_reply_shown_in_the_channel_too_counts_when_it_mentions_the_bot() -> None:
    broadcast = {"subtype": "thread_broadcast", "thread_ts": "0.5"}
    assert asked(body(**broadcast, text="<@U0BOT> how do I reset this?"))
    assert not asked(body(**broadcast))


@pytest.mark.parametrize("mention", ["", "<@U0BOT> "])
def test_a_question_at_the_end_of_a_long_message_is_asked_and_searched(mention: str) -> None:
    story = "I moved my desk to the third floor and plugged the dock in as the guide says. " * 46
    text = f"{mention}{story}How do I change the default printer?"
    assert len(text) >= 3_600
    found = question_from_event(body(text=text), bot_user_id=BOT, watched=["C1"])
    assert found is not None
    assert read(question_text(found.text)).text.startswith("How do I change the default printer?")


def test_a_direct_message_is_known_by_its_channels_id_too() -> None:
    found = question_from_event(body(channel="D1", channel_type=None), bot_user_id=BOT, watched=())
    assert found is not None
    assert found.direct


def test_both_deliveries_of_a_mention_in_a_shared_channel_have_one_key() -> None:
    message = body(text="<@U0BOT> how do I reset this?", team="T9") | {
        "team_id": "T9",
        "authorizations": [{"team_id": "T1"}],
    }
    mention = body(type="app_mention", text="<@U0BOT> how do I reset this?") | {
        "team_id": "T1",
        "authorizations": [{"team_id": "T1"}],
    }
    keys = set()
    for payload in (message, mention):
        found = question_from_event(payload, bot_user_id=BOT, watched=())
        assert found is not None
        keys.add((found.team, found.channel, found.ts))
    assert keys == {("T1", "C1", "1.0")}


@pytest.mark.parametrize("text", ["how do I\x00 reset it?", "how do I \ud83d reset it?"])
def test_a_text_that_no_database_takes_is_mended(text: str) -> None:
    found = question_from_event(body(text=text), bot_user_id=BOT, watched=("C1",))
    assert found is not None
    assert "\x00" not in found.text
    found.text.encode("utf-8")


@pytest.mark.parametrize(
    "payload",
    [{}, {"event": None}, {"event": {"type": "message"}}, {"event": {"type": "team_join"}}],
)
def test_events_without_what_a_question_needs_are_none(payload: dict[str, Any]) -> None:
    assert not asked(payload)


@pytest.mark.parametrize(
    ("payload", "outside"),
    [
        ({}, False),
        ({"is_ext_shared_channel": False}, False),
        ({"is_ext_shared_channel": True}, True),
        ({"event": {"user_team": "T1", "source_team": "T1"}}, False),
        ({"event": {"user_team": "T2"}}, True),
        ({"event": {"user_team": "T1", "source_team": "T2"}}, True),
        ({"event": {"message": {"user_team": "T2"}}}, True),
        ({"event": {"user_team": "E1"}}, True),
        # The workspace is ours, whatever the envelope says in a shared channel.
        ({"team_id": "T2", "event": {"user_team": "T2"}}, True),
        (
            {
                "authorizations": [{"team_id": "T1", "enterprise_id": "E1"}],
                "event": {"user_team": "E1"},
            },
            False,
        ),
    ],
)
def test_outsiders_show_by_the_channel_and_by_their_team(
    payload: dict[str, Any], outside: bool
) -> None:
    full = {"team_id": "T1", "authorizations": [{"team_id": "T1"}]} | payload
    assert is_outside(full) is outside


def test_a_question_remembers_that_it_came_from_outside() -> None:
    shared = body() | {"is_ext_shared_channel": True}
    question = question_from_event(shared, bot_user_id=BOT, watched=["C1"])
    assert question is not None
    assert question.outside


@pytest.mark.parametrize("addressed", [True, False])
def test_a_follow_up_is_direct_where_what_it_goes_on_from_was(addressed: bool) -> None:
    found = question_from_event(
        body(thread_ts="0.5", channel="C2"),
        bot_user_id=BOT,
        watched=(),
        asked_in=lambda team, channel, thread, user: (
            addressed if (team, channel, thread, user) == ("T1", "C2", "0.5", "U1") else None
        ),
    )
    assert found is not None
    assert found.direct is addressed


@pytest.mark.parametrize(
    "text", ["thanks, that works", "how do I reset it, <@U2>?", "<@U2> how do I reset it?"]
)
def test_what_is_no_question_or_to_somebody_else_is_no_follow_up(text: str) -> None:
    payload = body(thread_ts="0.5", text=text)
    found = question_from_event(
        payload, bot_user_id=BOT, watched=("C1",), asked_in=lambda *_: pytest.fail("looked up")
    )
    assert found is None


def test_a_reply_in_a_thread_of_a_direct_message_counts() -> None:
    assert asked(body(thread_ts="0.5", channel="D1", channel_type="im", text="and on a Mac"))
