"""Mrkdwn is cut to size at the best border, and nothing in it is broken or lost."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.slack.chunks import split
from bot.slack.mrkdwn import to_mrkdwn
from tests.bot.slack.hostile import OUR_LINK, texts
from tests.support.tables import table


@given(texts, st.integers(20, 200))
@example("```\n" + "\n" * 50 + "a\n```", 20)
@example("`a```" + "b " * 40, 20)
@example("```" * 20, 20)
@example("&amp;" * 20, 20)
@example("<https://a.b/c|a long label with many words in it>", 20)
def test_chunks_hold_the_limit_and_lose_only_white_space(text: str, limit: int) -> None:
    shown = to_mrkdwn(text)
    chunks = split(shown, limit)
    assert all(len(chunk) <= limit and chunk.strip() for chunk in chunks)

    # A link too long for a chunk turns into its words; here only texts without such links count.
    if all(len(found) <= limit - 8 for found in OUR_LINK.findall(shown)):

        def letters(text: str) -> str:
            return re.sub(r"[\s`]", "", text)

        assert letters("".join(chunks)) == letters(shown)


@table(
    [
        ("", []),
        (" \n ", []),
        ("short", ["short"]),
        ("one two three four five", ["one two three four", "five"]),
        ("First one. Second one, longer.", ["First one.", "Second one, longer."]),
        ("First line\nsecond line, more", ["First line", "second line, more"]),
        ("A line\nB line\n\nC line\nD line", ["A line\nB line", "C line\nD line"]),
        ("• first thing\n  • nested one", ["• first thing", "  • nested one"]),
        ("x" * 45, ["x" * 20, "x" * 20, "x" * 5]),
        ("。" * 45, ["。" * 20, "。" * 20, "。" * 5]),
        ("a b c d e f g &amp;&amp;&amp;", ["a b c d e f g", "&amp;&amp;&amp;"]),
        ("see here <https://a.b|c d>", ["see here", "<https://a.b|c d>"]),
        ("run this now `pip install`", ["run this now", "`pip install`"]),
    ],
)
def test_text_is_split_at_the_best_border(text: str, chunks: list[str]) -> None:
    assert split(text, 20) == chunks


def test_a_fence_that_spans_chunks_is_closed_and_opened_again() -> None:
    code = "\n".join(f"    line {number}" for number in range(10))
    chunks = split(f"Before\n```\n{code}\n```\nAfter", 60)
    assert len(chunks) > 2
    assert all(chunk.count("```") % 2 == 0 for chunk in chunks)
    inner = [piece for chunk in chunks for piece in chunk.split("```")[1::2]]
    assert "\n".join(piece.strip("\n") for piece in inner) == code
    assert chunks[0].startswith("Before")
    assert chunks[-1].endswith("After")


def test_a_fence_is_not_left_empty_at_the_end_of_a_chunk() -> None:
    assert split("Run these two\n```\nlonger_command --all\n```", 30) == [
        "Run these two",
        "```\nlonger_command --all\n```",
    ]


def test_no_escape_emoji_or_link_is_cut_apart() -> None:
    for text in ("&lt;" * 400, "👩🏽\u200d💻" * 300, "<https://a.b/c|label>" * 80):
        unit = text[: len(text) // (400 if "&" in text else 300 if "👩" in text else 80)]
        for chunk in split(text, 100):
            assert chunk.replace(unit, "") == ""


def test_split_refuses_a_limit_that_holds_nothing() -> None:
    with pytest.raises(ValueError, match="at least 20"):
        split("text", 19)


@settings(max_examples=30)
@given(st.text(min_size=1, max_size=20))
def test_long_repeated_text_splits_into_full_sections(unit: str) -> None:
    shown = to_mrkdwn(unit * (20_000 // len(unit)))
    chunks = split(shown)
    assert all(len(chunk) <= 3000 for chunk in chunks)
    assert len(chunks) <= 2 + 2 * len(shown) // 1500
