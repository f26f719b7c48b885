"""Stored text becomes Slack markup word for word, and can never ping or break out."""

import re
import time
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.slack.chunks import split
from bot.slack.mrkdwn import escape, line, link, plain, to_mrkdwn, visible
from tests.bot.slack.hostile import OUR_LINK, PINGS, texts
from tests.support.tables import table


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def without_controls(text: str) -> str:
    text = re.sub(r"\r\n|[\r\v\f\x85]", "\n", text)
    return re.sub(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]", "", text)


def is_safe(text: str) -> bool:
    rest = OUR_LINK.sub("", text)
    return not set("<>") & set(rest) and not re.search(r"<[!@#]", text)


AROUND = [
    "{}",
    "`{}`",
    "`a{}",
    "```\n{}\n```",
    "**{}**",
    "# {}",
    "<{}>",
    "[{}](https://a)",
    "[x](https://a|{})",
    "[x](https://a){}",
    "![{}](https://a/{})",
    "<https://a|{}",
    "https://a{}",
]


@table(product(PINGS, AROUND))
def test_no_stored_text_can_ping_anyone(ping: str, around: str) -> None:
    text = around.replace("{}", ping)
    for shown in (escape(text), to_mrkdwn(text), plain(text, 500), line(text, 500)):
        assert is_safe(shown)


PLAIN = [
    "You can reset it in Settings > Security.",
    "snake_case, __init__ and __main__.py",
    "Delete *.txt and *.log, 2 * 3 * 4 = 24, 2**3**4",
    "src/**/*.py or lib/**/*.js, **/a.py or x/**, f(*args, **kwargs, **more)",
    r"C:\path\new ~/x ~user/y \*kept\*",
    "<placeholder> & <b>html</b> &amp; &lt;",
    "  indented\n\n\n  and spaced  \n",
    "Name: ____ Date: ____\n---\n- - -\n* * *",
    "1. one\n2) two\n#1 ticket #general @here @channel",
    "a `lone backtick and [brackets] (here) [x](/relative) [y](ftp://z) http:// https://*.x",
    "مرحبا \u202eabc\u202c שלום 👩🏽\u200d💻 🇩🇪 é",
    "> quoted\n5 > 3 < 4",
]


@table(PLAIN)
def test_text_without_markdown_is_only_escaped(text: str) -> None:
    assert to_mrkdwn(text) == escape(text)
    assert unescape(to_mrkdwn(text)) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b\x1bc\x7fd\ud800e", "abcde"),
        ("a\r\nb\rc\x0bd\x0ce", "a\nb\nc\nd\ne"),
        ("tab\tkept", "tab\tkept"),
        ("&<>\"'", "&amp;&lt;&gt;\"'"),
        ("&amp;", "&amp;amp;"),
    ],
)
def test_escape_makes_slacks_three_escapes_and_drops_control_characters(
    text: str, shown: str
) -> None:
    assert escape(text) == shown


@table(
    [
        ("[Docs](https://a.b/c)", "<https://a.b/c|Docs>"),
        ('[Docs](https://a.b/c "Title")', "<https://a.b/c|Docs>"),
        ("[mail](mailto:it@a.b)", "<mailto:it@a.b|mail>"),
        ("[a|b > c](https://x?a=1&b=2)", "<https://x?a=1&amp;b=2|a¦b &gt; c>"),
        ("[wiki](https://x/a_(b))", "<https://x/a_(b)|wiki>"),
        ("[`faq` **now** [1]](https://x)", "<https://x|faq now [1]>"),
        ("[](https://x)", "<https://x>"),
        ("![Chart](https://x/y.png)", "<https://x/y.png|Chart>"),
        ("![](https://x/y.png)", "<https://x/y.png>"),
        ("[![badge](https://i)](https://x)", "<https://x|badge>"),
        ("<https://a.b>", "<https://a.b>"),
        ("See https://a.b/c_d_e?x=1&y=2.", "See <https://a.b/c_d_e?x=1&amp;y=2>."),
        ("(https://a.b/c_(d)), HTTP://E.F!", "(<https://a.b/c_(d)>), <HTTP://E.F>!"),
        ("https://a.b/<id>/c", "<https://a.b/>&lt;id&gt;/c"),
        ("看https://a.b/c。好", "看<https://a.b/c>。好"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("[x](https://a\nb)", "[x](<https://a>\nb)"),
        ("[x](https://a|<!channel>)", "<https://a%7C%3C!channel%3E|x>"),
        ("[<!here>](https://a)", "<https://a|&lt;!here&gt;>"),
        ("**bold** and **two words**.", "*bold* and *two words*."),
        ("**Note:** **[x](https://a)** **`c`**", "*Note:* *<https://a|x>* *`c`*"),
        ("**not\nbold** ** nor ** this", "**not\nbold** ** nor ** this"),
        ("__two words__ but __dunder__", "*two words* but __dunder__"),
        ("# Title\ntext\n### **Part** `two` ##", "*Title*\ntext\n*Part `two`*"),
        ("#hashtag\n# \n####### seven", "#hashtag\n# \n####### seven"),
        ("- a\n  * b\n* **c**\n-d", "• a\n  • b\n• *c*\n-d"),
        ("- [ ] todo", "• [ ] todo"),
    ],
)
def test_light_markdown_becomes_slack_markup(markdown: str, shown: str) -> None:
    assert to_mrkdwn(markdown) == shown


@table(
    [
        ("`**a** <!here> https://x`", "`**a** &lt;!here&gt; https://x`"),
        ("``a`b **c**``", "``a`b **c**``"),
        ("```\n- a **b**\n# c\n```\n- d", "```\n- a **b**\n# c\n```\n• d"),
        ("```python\nx = '**y**'\n```", "```\nx = '**y**'\n```"),
        ("```ls -la\n- a\n```", "```ls -la\n- a\n```"),
        ("say ```- a``` - b", "say ```- a``` - b"),
        ("~~~sh\n- a\n~~~\n- b", "```\n- a\n```\n• b"),
        ("````md\n```\n**a**\n```\n````\n- b", "```\n```\n**a**\n```\n```\n• b"),
        ("`open\n- a `b", "`open\n• a `b"),
        ("```\nnever closed **a**", "```\nnever closed *a*"),
        ("~~~\nnever closed **a**", "~~~\nnever closed *a*"),
    ],
)
def test_code_is_escaped_and_otherwise_left_alone(markdown: str, shown: str) -> None:
    assert to_mrkdwn(markdown) == shown


def test_a_link_too_long_for_a_section_stays_plain_text() -> None:
    url = "https://a.b/" + "x" * 3000
    assert to_mrkdwn(f"{url} [x]({url})") == f"{url} [x]({url})"


@pytest.mark.parametrize("url", ["https://a/>b|c", "https://a`b", 'https://a"b', "https://a\x00b"])
def test_a_link_cannot_be_broken_out_of(url: str) -> None:
    assert OUR_LINK.fullmatch(link(url, "x | y > <!here>\nz"))


@given(texts)
@example("[x](https://a|<!channel>)")
@example("[`[`](https://a)`<!here>`](https://b)")
def test_only_our_own_links_have_raw_angle_brackets(text: str) -> None:
    shown = to_mrkdwn(text)
    assert is_safe(shown)
    for piece in [*split(shown, 40), plain(text, 80), line(text, 80), escape(text)]:
        assert is_safe(piece)


@given(st.text())
def test_escaping_can_be_undone(text: str) -> None:
    assert unescape(escape(text)) == without_controls(text)


@given(st.text(st.characters(exclude_characters="`*_#-~[]:", exclude_categories=["Cs"])))
def test_any_text_without_marks_comes_out_verbatim(text: str) -> None:
    assert to_mrkdwn(text) == escape(text)


@table(
    [
        ("# How to\n**Do** [this](https://a)", 50, "How to\nDo this (https://a)"),
        ("one two three four", 12, "one two…"),
        ("one two three", 8, "one two…"),
        ("a&b&c&d", 12, "a&amp;b…"),
        ("<!here> x", 200, "&lt;!here&gt; x"),
        ("xxxxxxxxxx", 5, "xxxx…"),
        ("fits", 4, "fits"),
        ("", 5, ""),
    ],
)
def test_plain_is_readable_without_markup_and_cut_at_a_word(
    text: str, limit: int, shown: str
) -> None:
    assert plain(text, limit) == shown


def test_line_puts_a_question_on_one_line() -> None:
    assert line(" How\n\nto *it*?\t<!here>\x00 ", 50) == "How to *it*? &lt;!here&gt;"


@given(texts, st.integers(1, 60))
def test_short_forms_hold_their_limit(text: str, limit: int) -> None:
    assert len(plain(text, limit)) <= limit
    assert len(line(text, limit)) <= limit
    assert not set("\n\r\t") & set(line(text, limit))
    assert not re.search(r"&(?!amp;|lt;|gt;)", plain(text, limit))


def test_visible_counts_what_a_reader_sees() -> None:
    assert visible("<https://a|b> <https://c> &lt;&amp;lt;") == "b https://c <&lt;"


@pytest.mark.slow
@table(
    [
        "[",
        "[a",
        "[[a](",
        "`",
        "a``",
        "``` ",
        "**a ",
        "** a",
        "__a b__ ",
        "https://a.b ",
        "https://。",
        "https://a",
        "https://a)",
        "[x](https://a(",
        '[x](https://a "',
        "<https://a",
        "~~~a\n",
        "```a\n",
        "# a\n",
        "- \n",
        "\n",
        " ",
        ")",
        "<",
        "&",
        "a",
        "*",
        "_",
        "[a]",
        "👩\u200d",
        "\u0301",
    ],
)
def test_time_grows_with_the_length_and_no_faster(unit: str) -> None:
    text = (unit * 100_000)[:100_000]
    start = time.process_time()
    split(to_mrkdwn(text))
    plain(text, 3000)
    assert time.process_time() - start < 3
