"""Which messages get an answer, and where it goes."""

import pytest

from bot.slack.poster import METADATA_EVENT
from index.store.types import QuestionState, pair_id
from tests.bot.desk import ASKED, FAQ, UNANSWERABLE, Desk, answer_to, answers, first_section


def test_a_mention_is_answered_once_in_its_thread_with_the_approved_words(shared: Desk) -> None:
    channel = shared.slack.create_channel("random")
    ts = shared.mention(channel, ASKED["password"])
    reply = shared.reply(channel, ts)
    assert reply.thread_ts == ts
    assert (
        first_section(reply) == answer_to("password") == "Open id.example.com and choose *Forgot*."
    )
    # What a notification shows.
    assert reply.text.startswith("Open id.example.com and choose")
    assert "Matched: How do I reset my password?" in reply.all_text
    assert reply.action_ids[:2] == ("faq_solved", "faq_not_it")
    assert shared.bot_posts(channel) == [reply]


def test_an_answer_says_in_its_metadata_where_it_comes_from(shared: Desk) -> None:
    channel = shared.slack.create_channel("metadata")
    ts = shared.mention(channel, ASKED["vpn"])
    shared.reply(channel, ts)
    thread = shared.api.conversations_replies(channel=channel.id, ts=ts, include_all_metadata=True)[
        "messages"
    ]
    metadata = thread[1]["metadata"]
    question = shared.question(ts)
    assert metadata["event_type"] == METADATA_EVENT
    payload = metadata["event_payload"]
    assert payload["question_id"] == question.id
    assert payload["pair_id"] == pair_id("test", "vpn") == question.pair_id
    assert payload["matched_text"] == FAQ["vpn"][0] == question.matched_text
    assert payload["confidence"] == pytest.approx(question.confidence, abs=1e-3)
    assert 0.5 <= payload["confidence"] <= 1
    assert payload["model"] == "base"
    assert payload["generation"] == question.generation
    assert question.state is QuestionState.ANSWERED
    assert question.reply_ts == thread[1]["ts"]


def test_a_question_in_a_watched_channel_is_answered(shared: Desk) -> None:
    ts = shared.ann.post(shared.watched, ASKED["canteen"])
    assert answers(shared.reply(shared.watched, ts), "canteen")
    assert not shared.question(ts).direct


def test_a_statement_in_a_watched_channel_is_not_taken_in(shared: Desk) -> None:
    ts = shared.ann.post(shared.watched, "The canteen is great, thanks everybody!")
    shared.settle()
    assert shared.slack.replies(shared.watched, ts) == []
    assert shared.find_question(ts) is None


def test_a_question_in_another_channel_is_answered_only_when_mentioned(shared: Desk) -> None:
    channel = shared.slack.create_channel("elsewhere")
    unheard = shared.ann.post(channel, ASKED["parking"])
    asked = shared.mention(channel, ASKED["parking"])
    assert answers(shared.reply(channel, asked), "parking")
    assert shared.slack.replies(channel, unheard) == []
    assert len(shared.bot_posts(channel)) == 1


def test_a_direct_message_is_answered(shared: Desk) -> None:
    person = shared.slack.create_user("dora")
    direct = person.open_dm()
    ts = person.post(direct, ASKED["payslip"])
    assert answers(shared.reply(direct, ts), "payslip")


def test_a_direct_message_need_not_look_like_a_question(shared: Desk) -> None:
    person = shared.slack.create_user("dan")
    direct = person.open_dm()
    ts = person.post(direct, "guest wifi password")
    assert answers(shared.reply(direct, ts), "wifi")


def test_a_private_channel_is_answered_when_mentioned(shared: Desk) -> None:
    channel = shared.slack.create_channel("secret", private=True, members=[shared.ann])
    ts = shared.mention(channel, ASKED["badge"])
    assert answers(shared.reply(channel, ts), "badge")


def test_a_reply_in_a_thread_is_answered_there_and_only_when_mentioned(shared: Desk) -> None:
    root = shared.ann.post(shared.watched, "Good morning everybody, have a nice week.")
    shared.ann.reply(shared.watched, root, ASKED["laptop"])
    shared.settle()
    assert shared.slack.replies(shared.watched, root) == []

    asked = shared.mention(shared.watched, ASKED["laptop"], thread_ts=root)
    reply = shared.reply(shared.watched, root)
    assert reply.thread_ts == root
    assert answers(reply, "laptop")
    assert shared.question(asked).reply_ts == reply.ts


def test_an_unsure_bot_is_silent_in_a_watched_channel(shared: Desk) -> None:
    ts = shared.ann.post(shared.watched, UNANSWERABLE)
    shared.settle()
    assert shared.question(ts).state is QuestionState.SILENT
    assert shared.slack.replies(shared.watched, ts) == []


def test_an_unsure_bot_says_so_when_asked_directly_and_shows_the_closest(shared: Desk) -> None:
    channel = shared.slack.create_channel("unsure")
    ts = shared.mention(channel, "my wifi laptop broke")
    reply = shared.reply(channel, ts)
    assert "don't have an approved answer" in first_section(reply)
    question = shared.question(ts)
    assert question.state is QuestionState.UNSURE
    assert question.pair_id is None
    assert question.candidates
    shown = [name for name, (text, _) in FAQ.items() if text in reply.all_text]
    assert {pair_id("test", name) for name in shown} == set(question.candidates)
    assert not any(answer in reply.all_text for _, answer in FAQ.values())

    shared.ann.click(channel, reply, "faq_more")
    unfolded = shared.slack.wait_for_message(
        channel, reply, lambda message: "faq_less" in message.action_ids
    )
    assert all(answer_to(name) in unfolded.all_text for name in shown)
    shared.ann.click(channel, reply, "faq_less")
    shared.slack.wait_for_message(channel, reply, lambda m: m.all_text == reply.all_text)


def test_entries_that_are_not_close_at_all_are_not_shown(shared: Desk) -> None:
    channel = shared.slack.create_channel("far")
    ts = shared.mention(channel, UNANSWERABLE)
    reply = shared.reply(channel, ts)
    assert "don't have an approved answer" in first_section(reply)
    shown = [name for name, (question, _) in FAQ.items() if question in reply.all_text]
    assert {pair_id("test", name) for name in shown} == set(shared.question(ts).candidates)
    assert len(shown) <= 1, "of an FAQ of twelve nothing else is worth showing"


def test_small_talk_with_the_bot_gets_no_answer(shared: Desk) -> None:
    channel = shared.slack.create_channel("talk")
    shared.mention(channel, "thank you!")
    shared.settle()
    assert shared.bot_posts(channel) == []


def test_an_edit_is_no_new_question(shared: Desk) -> None:
    ts = shared.ann.post(shared.watched, "Nice weather today.")
    shared.settle()
    shared.ann.edit(shared.watched, ts, ASKED["holiday"])
    shared.settle()
    assert shared.slack.replies(shared.watched, ts) == []


def test_a_deleted_message_asks_nothing(shared: Desk) -> None:
    ts = shared.ann.post(shared.watched, "Nice weather again.")
    shared.ann.delete(shared.watched, ts)
    shared.settle()
    assert ts not in {message.thread_ts for message in shared.bot_posts(shared.watched)}


def test_an_answered_question_may_be_edited_and_deleted(shared: Desk) -> None:
    channel = shared.slack.create_channel("changes")
    ts = shared.mention(channel, ASKED["holiday"])
    first = shared.reply(channel, ts)
    shared.ann.edit(channel, ts, f"<@{shared.slack.bot_user_id}> {ASKED['vpn']}")
    shared.settle()
    assert shared.slack.replies(channel, ts) == [first]
    shared.ann.delete(channel, ts)
    shared.settle()
    assert len(shared.bot_posts(channel)) == 1


def test_somebody_who_joins_asks_nothing(shared: Desk) -> None:
    person = shared.slack.create_user("newcomer")
    before = len(shared.bot_posts(shared.watched))
    person.join(shared.watched)
    shared.settle()
    assert len(shared.bot_posts(shared.watched)) == before


def test_bots_are_not_answered_not_even_the_bot_itself(shared: Desk) -> None:
    before = len(shared.bot_posts(shared.watched))
    # Its own message, and one under another name, as an integration would post it.
    own = shared.api.chat_postMessage(channel=shared.watched.id, text=ASKED["expenses"])
    other = shared.api.chat_postMessage(
        channel=shared.watched.id, text=ASKED["expenses"], username="cron"
    )
    shared.settle()
    assert shared.slack.replies(shared.watched, str(own["ts"])) == []
    assert shared.slack.replies(shared.watched, str(other["ts"])) == []
    assert len(shared.bot_posts(shared.watched)) == before + 2


def test_a_me_message_is_not_answered(shared: Desk) -> None:
    ts = shared.ann.post(shared.watched, ASKED["expenses"], me=True)
    shared.settle()
    assert shared.slack.replies(shared.watched, ts) == []


def test_a_question_that_comes_with_a_file_is_answered(shared: Desk) -> None:
    ts = shared.ann.post(shared.watched, ASKED["printer"], files=["error.png"])
    assert answers(shared.reply(shared.watched, ts), "printer")


def test_a_reply_also_sent_to_the_channel_is_a_reply(shared: Desk) -> None:
    root = shared.ann.post(shared.watched, "Hello from the second floor.")
    shared.ann.reply(shared.watched, root, ASKED["backup"], broadcast=True)
    shared.settle()
    assert shared.slack.replies(shared.watched, root) == []


def test_every_message_event_is_acknowledged(shared: Desk) -> None:
    shared.settle()
    deliveries = shared.slack.deliveries()
    assert {delivery.state for delivery in deliveries} == {"acked"}
    # None had to be delivered again.
    assert {len(delivery.attempts) for delivery in deliveries} == {1}
