"""A card shows the approved answer word for word, honestly and within Slack's limits."""

import dataclasses
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.cards.answers import (
    AnswerCard,
    OfferCard,
    UnsureCard,
    answer_message,
    offer_message,
    unsure_message,
)
from bot.cards.entry import Entry
from bot.slack.message import Message
from playground.block_kit.checks import check_message_blocks
from tests.bot.cards.blocks import bits, buttons, check_limits, shown, texts, values
from tests.support.tables import table

ENTRY = Entry("p1", "How do I reset it?", "reset password", "Click *Reset*.", "https://docs.a.b/x")
OTHER = Entry("p2", "How do I log in?", "sign in", "Use SSO.", None)
THIRD = Entry("p3", "Where is MFA?", "2fa", "Under Security.", "https://wiki.a.b")
LONG = "\n\n".join(f"Paragraph {n}. " + "Some words here. " * 20 for n in range(150))


def card(**changes: object) -> AnswerCard:
    return dataclasses.replace(AnswerCard("q1", ENTRY, ()), **changes)  # type: ignore[arg-type]


def answer_text(message: Message) -> str:
    """The best answer's sections."""
    texts = []
    for block, text in zip(message.blocks, shown(message), strict=True):
        if block["type"] != "section":
            break
        texts.append(text)
    return "\n\n".join(texts)


def test_the_answer_stands_first_then_its_origin_and_the_votes() -> None:
    message = answer_message(card())
    assert shown(message) == [
        "Click *Reset*.",
        "Matched: reset password / Source: <https://docs.a.b/x|docs.a.b>",
        "[Solved] [Not it]",
    ]
    assert message.text == "Click *Reset*.\nSource: <https://docs.a.b/x|docs.a.b>"


def test_every_button_carries_the_question_and_says_what_it_is_for() -> None:
    found = buttons(answer_message(card(others=(OTHER,))))
    assert list(found) == ["faq_solved", "faq_not_it", "faq_more"]
    assert {button["value"] for button in found.values()} == {"q1"}
    assert [button.get("style") for button in found.values()] == ["primary", None, None]
    for button in found.values():
        label = button["text"]["text"]  # type: ignore[index]
        assert str(button["accessibility_label"]).startswith(label)


@table(
    [
        ((), False, "[Solved] [Not it]"),
        ((), True, "[Solved] [Not it]"),
        ((OTHER,), False, "[Solved] [Not it] [1 more answer]"),
        ((OTHER, THIRD), False, "[Solved] [Not it] [2 more answers]"),
        ((OTHER, THIRD, ENTRY), False, "[Solved] [Not it] [2 more answers]"),
        ((OTHER, THIRD), True, "[Solved] [Not it] [Hide]"),
    ],
)
def test_other_answers_can_be_unfolded_and_hidden(
    others: tuple[Entry, ...], expanded: bool, labels: str
) -> None:
    assert shown(answer_message(card(others=others, expanded=expanded)))[2] == labels


def test_unfolded_answers_follow_with_their_questions_and_sources() -> None:
    message = answer_message(card(others=(OTHER, THIRD, ENTRY), expanded=True))
    assert shown(message)[3:] == [
        "---",
        "*How do I log in?*",
        "Use SSO.",
        "---",
        "*Where is MFA?*",
        "Under Security.",
        "Source: <https://wiki.a.b|wiki.a.b>",
    ]


@pytest.mark.parametrize(
    ("solved", "not_it", "votes"),
    [
        (2, 1, "Solved for 2 people · Not it for 1"),
        (1, 0, "Solved for 1 person"),
        (0, 1, "Not it for 1 person"),
        (0, 3, "Not it for 3 people"),
    ],
)
def test_votes_are_counted_in_words(solved: int, not_it: int, votes: str) -> None:
    assert shown(answer_message(card(solved=solved, not_it=not_it)))[-1] == votes


def test_questions_are_escaped_on_one_line_and_shortened() -> None:
    entry = Entry("p", "A <!channel>\nB *c*", "<@U1>\n" + "word " * 100, "x", None)
    texts = shown(answer_message(card(best=entry, others=(entry,), expanded=True)))
    assert texts[1].startswith("Matched: &lt;@U1&gt; word word")
    assert texts[1].endswith("…")
    assert len(texts[1]) <= 210
    assert texts[4] == "A &lt;!channel&gt; B *c*"  # bold marks would meet its own


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("https://Docs.A.b:8443/x?a=1&b=2", "<https://Docs.A.b:8443/x?a=1&amp;b=2|docs.a.b>"),
        ("https://good.com@evil.com/", "<https://good.com@evil.com/|evil.com>"),
        ("https://a.b/x>|<!here>", "<https://a.b/x%3E%7C%3C!here%3E|a.b>"),
        ("https://a.b/" + "x" * 900, "a.b"),
        ("https://" + "a" * 900, "a" * 79 + "…"),
    ],
)
def test_a_source_is_a_link_named_after_its_host(url: str, source: str) -> None:
    message = answer_message(card(best=dataclasses.replace(ENTRY, url=url)))
    assert shown(message)[1] == f"Matched: reset password / Source: {source}"


@table(
    [
        None,
        "",
        "wiki page",
        "//a.b",
        "https://",
        "javascript:alert(1)",
        "ftp://a.b",
        "file:///etc",
        "https://a.b/x\ny",
        "https://a.b/x y",
        "https://a.b\\@c.d",
        "https://a\x00b",
        "http://[bad",
    ],
)
def test_anything_but_a_web_address_is_no_source(url: str | None) -> None:
    message = answer_message(card(best=dataclasses.replace(ENTRY, url=url)))
    assert shown(message)[1] == "Matched: reset password"
    assert message.text == "Click *Reset*."


def test_a_long_answer_is_whole_as_long_as_it_fits() -> None:
    answer = LONG[:10_000].rstrip()
    message = answer_message(card(best=dataclasses.replace(ENTRY, answer=answer)))
    assert answer_text(message).split() == answer.split()
    check_limits(message)


def test_a_longer_answer_is_cut_and_says_where_it_continues() -> None:
    message = answer_message(card(best=dataclasses.replace(ENTRY, answer=LONG)))
    text = answer_text(message)
    assert text.endswith("… (continues at <https://docs.a.b/x|docs.a.b>)")
    body = text.split("… (")[0].split()
    assert body == LONG.split()[: len(body)]
    assert len(text) > 8500
    check_limits(message)


def test_without_a_source_the_cut_says_how_much_is_missing() -> None:
    message = answer_message(card(best=dataclasses.replace(ENTRY, answer=LONG, url=None)))
    text = answer_text(message)
    found = re.search(r"… \(cut: (\d+) more characters\)$", text)
    assert found
    assert abs(len(LONG) - len(text) - int(found[1])) < 100


def test_other_answers_give_way_to_the_best_one() -> None:
    best = dataclasses.replace(ENTRY, answer=LONG[:7000].rstrip())
    long = dataclasses.replace(OTHER, answer=LONG)
    message = answer_message(card(best=best, others=(long, long), expanded=True))
    assert answer_text(message).split() == best.answer.split()
    assert sum("more characters)" in text for text in shown(message)) == 2
    check_limits(message)


def test_room_that_one_answer_does_not_need_goes_to_the_next() -> None:
    long = dataclasses.replace(OTHER, answer=LONG)
    texts = shown(unsure_message(UnsureCard("q1", (long, ENTRY, THIRD), expanded=True)))
    assert sum(map(len, texts)) > 8500
    assert "Click *Reset*." in texts
    assert "Under Security." in texts


@pytest.mark.parametrize("length", [2960, 2990, 3000])
def test_the_note_on_a_cut_fits_beside_a_full_section(length: int) -> None:
    answer = "\n\n".join(["x" * length] * 9)
    message = answer_message(card(best=dataclasses.replace(ENTRY, answer=answer)))
    assert "(continues at" in answer_text(message)
    check_limits(message)


def test_a_code_block_that_is_cut_is_closed() -> None:
    answer = "```\n" + "x = 1\n" * 4000 + "```"
    message = answer_message(card(best=dataclasses.replace(ENTRY, answer=answer)))
    for text in shown(message):
        assert text.count("```") % 2 == 0
    assert "```\n… (continues at" in answer_text(message)


@pytest.mark.parametrize("answer", ["", "  \n", "\x00\x01", "\u200b\ufeff", "\u3000"])
def test_an_empty_answer_says_so(answer: str) -> None:
    message = answer_message(card(best=Entry("p", "", "", answer, None)))
    assert shown(message)[0] == "(This entry has no answer text.)"
    check_limits(message)


@pytest.mark.parametrize("question_id", ["", "q" * 2001])
def test_a_question_id_no_button_can_carry_is_refused(question_id: str) -> None:
    with pytest.raises(ValueError, match="question_id"):
        answer_message(card(question_id=question_id))


def test_unsure_says_so_and_lists_the_closest_questions() -> None:
    message = unsure_message(UnsureCard("q1", (ENTRY, OTHER)))
    assert shown(message) == [
        "I don't have an approved answer that I'm sure fits this question.",
        "*Closest entries*",
        "How do I reset it? [This one]",
        "How do I log in? [This one]",
        "[Show answers] [None of these]",
    ]
    assert list(buttons(message)) == ["faq_pick", "faq_more", "faq_none"]
    assert message.text.startswith("I don't have an approved answer")
    assert "How do I log in?" in message.text


def test_unsure_unfolds_the_closest_answers() -> None:
    message = unsure_message(UnsureCard("q1", (ENTRY, OTHER, THIRD, ENTRY), expanded=True))
    assert list(buttons(message)) == ["faq_pick", "faq_less", "faq_none"]
    texts = shown(message)
    assert texts[6:10] == [
        "---",
        "*How do I reset it?*",
        "Click *Reset*.",
        "Source: <https://docs.a.b/x|docs.a.b>",
    ]
    assert texts.count("---") == 3


def test_unsure_with_nothing_close_offers_a_way_on() -> None:
    message = unsure_message(UnsureCard("q1", (), expanded=True))
    assert len(message.blocks) == 1
    assert shown(message) == [message.text]
    assert "in other words" in message.text


def test_an_offer_shows_how_each_answer_begins_and_can_be_picked() -> None:
    long = dataclasses.replace(THIRD, answer="```\n\n## First *words* of it\nMore below.")
    message = offer_message(OfferCard("q1", (ENTRY, OTHER, long, ENTRY)))
    assert shown(message) == [
        "I'm not sure which of these you mean. Is it one of them?",
        "*How do I reset it?*\nClick *Reset*. [This one]",
        "*How do I log in?*\nUse SSO. [This one]",
        "*Where is MFA?*\nFirst *words* of it [This one]",
        "[None of these]",
    ]
    assert values(message, "faq_pick") == ["q1 p1", "q1 p2", "q1 p3"]
    assert values(message, "faq_none") == ["q1"]
    assert message.text.endswith("• How do I reset it?\n• How do I log in?\n• Where is MFA?")


def test_a_single_one_is_offered_as_that() -> None:
    message = offer_message(OfferCard("q1", (ENTRY,), none=2))
    assert shown(message)[0] == "I think that this is it, but I'm not sure. Is it?"
    assert shown(message)[-2:] == ["[Not this one]", "None of these for 2 people"]


def test_an_offer_whose_entries_are_gone_says_that_nothing_is_sure() -> None:
    assert offer_message(OfferCard("q1", ())) == unsure_message(UnsureCard("q1", ()))


def test_nobody_s_voice_is_shown_before_there_is_one() -> None:
    for message in (offer_message(OfferCard("q1", (ENTRY,))), unsure_message(UnsureCard("q1", ()))):
        assert "None of these for" not in str(message.blocks)
    texts = shown(unsure_message(UnsureCard("q1", (ENTRY, OTHER), none=1)))
    assert texts[-1] == "None of these for 1 person"


def test_a_picked_answer_says_by_how_many_and_its_votes_name_it() -> None:
    message = answer_message(card(picked=2, not_it=1, others=(OTHER,), expanded=True))
    assert "Picked by 2 people · Not it for 1" in shown(message)
    assert "*How do I log in?* [This one]" in shown(message)
    assert values(message, "faq_solved") == values(message, "faq_not_it") == ["q1 p1"]
    assert values(message, "faq_pick") == ["q1 p2"]
    assert values(message, "faq_less") == ["q1"]
    # Called solved by whoever picked it.
    assert "Solved for 1 person" in shown(answer_message(card(picked=0, solved=1)))


hosts = st.builds("https://{}/{}".format, bits, texts)
entries = st.builds(Entry, bits, texts, texts, texts, st.none() | st.just("https://a.b/c") | hosts)
cards = st.builds(
    AnswerCard,
    st.sampled_from(["q1", "q" * 64]),
    entries,
    st.lists(entries, max_size=3).map(tuple),
    st.booleans(),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.none() | st.integers(0, 10**9),
)
unsure_cards = st.builds(
    UnsureCard,
    st.just("q1"),
    st.lists(entries, max_size=4).map(tuple),
    st.booleans(),
    st.integers(0, 10**9),
)
offer_cards = st.builds(
    OfferCard, st.just("q1"), st.lists(entries, max_size=4).map(tuple), st.integers(0, 10**9)
)
WORST = Entry("p", "<" * 9000, "&" * 9000, "<a> " * 20_000, "https://a.b/" + "&" * 150)
MESSAGES = st.one_of(
    cards.map(answer_message),
    unsure_cards.map(unsure_message),
    offer_cards.map(offer_message),
)


@settings(max_examples=150, deadline=None)
@given(MESSAGES)
@example(answer_message(AnswerCard("q", WORST, (WORST, WORST), True, 10**9, 10**9)))
@example(answer_message(AnswerCard("q" * 2000, WORST, (WORST, WORST), True, 10**9, 10**9)))
@example(answer_message(AnswerCard("q" * 1900, WORST, (WORST, WORST), True, 9**9, 9**9, 9**9)))
@example(unsure_message(UnsureCard("q", (WORST, WORST, WORST), True)))
@example(offer_message(OfferCard("q" * 1900, (WORST, WORST, WORST), 10**9)))
def test_no_stored_text_breaks_slacks_limits_or_pings(message: Message) -> None:
    check_limits(message)


@settings(deadline=None)
@given(MESSAGES)
@example(answer_message(AnswerCard("q" * 2000, WORST, (WORST, WORST), True, 10**9, 10**9)))
def test_the_local_workspace_takes_every_card(message: Message) -> None:
    check_message_blocks(message.blocks)
