"""Who may see which answer, and stored texts that would do harm in a message."""

import re
from typing import Any

import pytest

from bot.cards.wording import HIDDEN
from index.store import Store
from index.store.inbox import Inbox
from index.store.types import Phrasing, Status, pair_id
from playground.client import Message
from tests.bot.desk import ASKED, ASKED_SECRET, SECRET, Desk, answer_to, draft, first_section

HUGE = "All work and no play makes Jack a dull boy. " * 1500


@pytest.fixture
def filled(either_desk: Desk) -> Desk:
    """A bot whose FAQ has entries for one channel only, and hostile ones."""
    desk = either_desk
    team = desk.slack.create_channel("managers")
    store = Store(desk.index_settings.store_url)
    store.pairs.upsert(
        [
            draft("bonus", "When is the bonus round decided?", SECRET, audience=(team.id,)),
            draft(
                "ping",
                "Who <!channel> may <@U0PLAYANN> park <!here> at the *tower*? `code",
                "Ask <!channel>, <!here>, <@U0PLAYBOT>, <!subteam^S1>, <#C1>, @channel and "
                "@everyone & co. <javascript:alert(1)|click> ``` unclosed",
                phrasings=(Phrasing("tower parking <!everyone> &lt;!channel&gt;"),),
                url="https://example.com/|<!channel>",
            ),
            draft("huge", "What does the annual letter of the founder say?", HUGE),
            draft("wall", "What is the wall of zalgo?", "```" + "x" * 9000 + "\n" + "&<>" * 3000),
        ]
    )
    store.close()
    return desk.start()


def strings(value: Any) -> list[str]:
    """Every string in a message's blocks."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [text for entry in value for text in strings(entry)] if isinstance(value, list) else []


def assert_harmless(message: Message) -> None:
    texts = [message.text, *strings(list(message.blocks))]
    controls = [found for text in texts for found in re.findall(r"<[^<>]*>?", text)]
    # Nothing in angle brackets but links to web pages: no person, group or channel is called.
    assert all(re.fullmatch(r"<https?://[^<>|]+(\|[^<>|]+)?>", found) for found in controls), (
        controls
    )


def test_a_pair_for_one_channel_is_shown_nowhere_else(filled: Desk) -> None:
    team = filled.slack.channel("managers")
    inside = filled.mention(team, ASKED_SECRET)
    assert first_section(filled.reply(team, inside)) == SECRET

    outside = filled.mention(filled.watched, ASKED_SECRET)
    reply = filled.reply(filled.watched, outside)
    bonus = filled.question(inside).pair_id
    question = filled.question(outside)
    assert bonus not in (question.pair_id, *question.candidates)
    # Neither on the card nor when it is unfolded.
    filled.ann.click(filled.watched, reply, "faq_more")
    unfolded = filled.slack.wait_for_message(
        filled.watched, reply, lambda m: "faq_less" in m.action_ids
    )
    for shown in (reply, unfolded):
        assert "bonus" not in " ".join([shown.text, *strings(list(shown.blocks))]).lower()


def test_an_entry_that_was_restricted_since_is_not_unfolded(filled: Desk) -> None:
    ts = filled.mention(filled.watched, "who may park at the tower?")
    reply = filled.reply(filled.watched, ts)
    _, other, *_ = filled.question(ts).candidates
    pair = filled.store.pairs.get([other])[other]
    answer = pair.answer
    filled.store.pairs.upsert(
        [draft(pair.external_id, pair.question, pair.answer, audience=("C0OTHER",))]
    )
    filled.ann.click(filled.watched, reply, "faq_more")
    unfolded = filled.slack.wait_for_message(
        filled.watched, reply, lambda m: "faq_less" in m.action_ids
    )
    assert answer not in unfolded.all_text


BECAME = {
    "restricted": lambda store, pair: store.pairs.upsert(
        [draft(pair.external_id, pair.question, pair.answer, audience=("C0OTHER",))]
    ),
    "retired": lambda store, pair: store.pairs.set_status([pair.id], Status.RETIRED),
    "deleted": lambda store, pair: delete(store, pair.id),
}


def delete(store: Store, pair_id: str) -> None:
    """Take a pair out of the database, as no command does yet."""
    with store.database.write() as connection:
        connection.exec_driver_sql(f"DELETE FROM phrasings WHERE pair_id = '{pair_id}'")
        connection.exec_driver_sql(f"DELETE FROM pairs WHERE id = '{pair_id}'")


@pytest.mark.parametrize("became", BECAME)
@pytest.mark.parametrize("button", ["faq_solved", "faq_not_it", "faq_more"])
def test_an_answer_that_may_not_be_shown_any_more_leaves_the_card_at_the_next_click(
    desk: Desk, became: str, button: str
) -> None:
    desk.start()
    ts = desk.mention(desk.watched, ASKED["vpn"])
    reply = desk.reply(desk.watched, ts)
    assert first_section(reply) == answer_to("vpn")
    question = desk.question(ts)
    assert question.pair_id is not None
    pair = desk.store.pairs.get([question.pair_id])[question.pair_id]
    BECAME[became](desk.store, pair)
    desk.ann.click(desk.watched, reply, button)
    shown = desk.slack.wait_for_message(
        desk.watched, reply, lambda m: answer_to("vpn") not in m.all_text
    )
    assert (shown.all_text, shown.action_ids) == (HIDDEN, ())
    assert "VPN" not in shown.text
    assert desk.tally(ts) == (0, 0)


def test_what_is_hidden_between_the_search_and_the_post_is_not_posted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.start()
    begin_posting = Inbox.begin_posting
    vpn = pair_id("test", "vpn")

    def retire_first(self: Inbox, *args: Any) -> bool:
        desk.store.pairs.set_status([vpn], Status.RETIRED)
        return begin_posting(self, *args)

    monkeypatch.setattr(Inbox, "begin_posting", retire_first)
    ts = desk.mention(desk.watched, ASKED["vpn"])
    reply = desk.reply(desk.watched, ts)
    assert answer_to("vpn") not in reply.all_text
    assert vpn not in desk.question(ts).candidates
    assert desk.question(ts).attempts == 1, "it was no fault of the question"


def test_stored_text_pings_nobody_and_stays_in_its_block(filled: Desk) -> None:
    ts = filled.mention(filled.watched, "who may park at the tower?")
    reply = filled.reply(filled.watched, ts)
    assert filled.question(ts).matched_text.startswith(("Who", "tower"))  # type: ignore[union-attr]
    assert "&lt;!channel&gt;" in first_section(reply)
    assert_harmless(reply)
    filled.ann.click(filled.watched, reply, "faq_not_it")
    unfolded = filled.slack.wait_for_message(
        filled.watched, reply, lambda m: "faq_less" in m.action_ids
    )
    assert_harmless(unfolded)


def test_an_unsure_card_with_hostile_entries_pings_nobody(filled: Desk) -> None:
    ts = filled.mention(
        filled.watched, "channel here everyone tower giraffe &lt;!channel&gt; <!here>"
    )
    reply = filled.reply(filled.watched, ts)
    assert_harmless(reply)


@pytest.mark.parametrize(
    ("asked", "begin"),
    [
        ("what does the annual letter of the founder say?", HUGE[:2000]),
        ("what is the wall of zalgo?", "x" * 2000),
    ],
)
def test_a_huge_answer_is_posted_within_slacks_limits(filled: Desk, asked: str, begin: str) -> None:
    ts = filled.mention(filled.watched, asked)
    reply = filled.reply(filled.watched, ts)
    assert begin in reply.all_text
    assert "cut:" in reply.all_text
    assert len(reply.blocks) <= 50
    assert all(len(text) <= 3000 for text in strings(list(reply.blocks)))
    filled.ann.click(filled.watched, reply, "faq_solved")
    filled.slack.wait_for_message(filled.watched, reply, lambda m: "Solved for 1" in m.all_text)
