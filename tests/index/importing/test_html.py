"""Which texts are HTML, and what becomes of them."""

import time

import pytest

from index.importing.html import looks_like_html, to_markdown, to_plain
from tests.support.tables import table


@table(
    [
        "git clone <url>",
        "use the <b> tag",
        "use the <br> tag and the <p> element",
        "put it in `<b>bold</b>` or ``<p>a`b</p>``",
        "```html\n<p>One</p>\n```",
        "see <https://kb.example/x> or <@U123> in <#C1|help>",
        "List<String> names; a < b && c > d",
        "</b> closes nothing",
        "R&D, Q&A; a=1&b=2",
        "write `&amp;` for an ampersand",
        "**Markdown** with _marks_ and `code`",
        "",
    ],
)
def test_text_that_only_mentions_tags_stays_as_it_is(text: str) -> None:
    assert not looks_like_html(text)
    assert to_markdown(text) == text
    assert to_plain(text) == text


@table(
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<p>One<p>Two", "One\n\nTwo"),
        ("<B>Bold</B> and <em>more</em>", "**Bold** and *more*"),
        ('Ask <a href="https://kb.example/a">here</a>.', "Ask [here](https://kb.example/a)."),
        ("<ul><li>One</li><li>Two</li></ul>", "- One\n- Two"),
        ("<ol><li>One</li><li>Two</li></ol>", "1. One\n2. Two"),
        ("<div>5 * 3 in snake_case</div>", "5 * 3 in snake_case"),
        ("<h2>Steps</h2>Go", "## Steps\n\nGo"),
        ("<pre><code>a\n  b</code></pre>", "```\na\n  b\n```"),
        ("<p>Tom &amp; Jerry&nbsp;&lt;3</p>", "Tom & Jerry\xa0<3"),
        ("What&#39;s &quot;VPN&quot;?", 'What\'s "VPN"?'),
        ("<p>Text</p><script>alert(1)</script><style>p {}</style>", "Text"),
        ("<p>Text</p><script>never closed", "Text"),
        ("<!-- note --><p>Text</p>", "Text"),
        ("<p>Text</p><p hidden>secret</p>", "Text"),
        ('<p>Text</p><div style="Display : NONE"><p>secret</p></div>', "Text"),
        ('<p>Text <span aria-hidden="true">#</span></p>', "Text"),
        ('<a href="javascript:alert(1)">Click</a>', "Click"),
        ('<a href=" java\nscript:alert(1)">Click</a>', "Click"),
        ("<p>run git clone <url> now, see <https://x.example></p>",
         "run git clone <url> now, see <https://x.example>"),
        ("<p>keep `<b>x</b> &amp;`</p>", "keep `<b>x</b> &amp;`"),
    ],
)  # fmt: skip
def test_html_becomes_markdown(text: str, markdown: str) -> None:
    assert looks_like_html(text)
    assert to_markdown(text).strip() == markdown


def test_line_breaks_of_text_with_inline_tags_stay() -> None:
    text = "**Note** <b>this</b>:\n\n- one<br>\n  - two `<i>`\n\n    indented"
    assert to_markdown(text).replace("  \n", "\n").replace("\n\n  - two", "\n  - two") == (
        "**Note** **this**:\n\n- one\n  - two `<i>`\n\n    indented"
    )


def test_questions_lose_their_tags() -> None:
    text = "<div>How do I <b>re</b>set</div><div>my&nbsp;password?</div>"
    assert to_plain(text).split() == ["How", "do", "I", "reset", "my", "password?"]


def test_tags_nested_without_end_are_refused() -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        to_markdown("<div>" * 5000 + "x" + "</div>" * 5000)


@table(["<", "<b ", "` `` ", "&", "<a href='", "</p>", "<!--"])
def test_hostile_texts_take_no_time(piece: str) -> None:
    start = time.perf_counter()
    to_markdown(piece * (100_000 // len(piece)) + "<br>")
    assert time.perf_counter() - start < 5
