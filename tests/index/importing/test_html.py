"""Which texts are HTML, and what becomes of them."""

import contextlib
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
        ("<B>Bold</B> and <em>more</em>", "**Bold** and _more_"),
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


@table(
    [
        ("<b><p>One</p><p>Two</p></b>", "**One**\n\n**Two**"),
        ('<b style="font-weight:normal"><p>One <span style="font-weight: 700">two</span></p></b>',
         "One **two**"),
        ("<p><b>One<br>two </b><b>three</b></p>", "**One**\n**two three**"),
        ("<p>un<b>believ</b>able <b> </b><strong></strong>x</p>", "unbelievable x"),
        ("<b hidden><p>secret</p></b>Seen", "Seen"),
        ("<pre>a<b hidden>secret</b>b</pre>", "```\nab\n```"),
        ("<p>2<sup>10</sup>, H<sub>2</sub>O, 1<sup>st</sup>, x<sup>a+b</sup>, m<sup>2</sup></p>",
         "2¹⁰, H₂O, 1st, x^(a+b), m²"),
        ("if a<b and c>d then <i>x</i> wins", "if a<b and c>d then _x_ wins"),
        ("List<b> or <i>x</i>, 3<p, <my-branch> <br>", "List<b> or _x_, 3<p, <my-branch> \n"),
        ("&lt;p&gt;Open &lt;b&gt;it&lt;/b&gt;.&lt;/p&gt;", "Open **it**."),
        ("Fish &amp;amp; chips", "Fish & chips"),
        ("<p>&lt;p&gt; is a tag</p>", "<p> is a tag"),
        ('<p>See <iframe src="//v.example/1" title="How to"></iframe>now</p>',
         "See\n\n[How to](https://v.example/1)\n\nnow"),
        ('<video controls><source src="https://v.example/1.mp4"></video>', "https://v.example/1.mp4"),
        ('<p><a href="file://srv/f">share</a> <a href="/x">rel</a> <a href="tel:+49">call</a></p>',
         "share (file://srv/f) rel call (+49)"),
        ('<p><a href="https://x.example"><img src="i.png" alt="logo"></a></p>',
         "[logo](https://x.example)"),
        ("<!DOCTYPE html><html><head><title>T</title></head><body><p>A</p></body></html>", "A"),
        ('<ul><li><input type="checkbox" checked> Paid<ul><li>in</li></ul></li></ul>',
         "- [x] Paid\n  - in"),
        ('<p>Note</p><ac:macro ac:name="info"><ac:body><p>Only</p></ac:body></ac:macro>',
         "Note\n\nOnly"),
        ("<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>",
         "| A | B |\n| --- | --- |\n| 1 | 2 |"),
        ("<table><tr><th colspan=2>A</th></tr><tr><td rowspan=2>1</td><td>2</td></tr>"
         "<tr><td>3</td></tr></table>",
         "| A | A |\n| --- | --- |\n| 1 | 2 |\n| 1 | 3 |"),
        ("<table><tr><th>A</th><th>B</th></tr><tr><td><pre>x\ny</pre></td><td>2</td></tr></table>",
         "**A:**\n```\nx\ny\n```\n**B:** 2"),
        ("<dl><dt>Term</dt><dd>Text</dd></dl>", "**Term**\n\nText"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n> \n> b"),
        ("<![CDATA[<p>x</p>]]><p>y</p>", "```\n<p>x</p>\n```\n\ny"),
    ],
)  # fmt: skip
def test_what_is_stored_is_what_a_reader_saw(text: str, stored: str) -> None:
    assert to_markdown(text) == stored


def test_a_comment_left_open_is_refused() -> None:
    with pytest.raises(ValueError, match="not closed"):
        to_markdown("<p>Text</p><!-- secret")


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
    with contextlib.suppress(ValueError):  # a comment that is not closed
        to_markdown(piece * (100_000 // len(piece)) + "<br>")
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("text", ["<i>q</i>" + "<p>" * 8_000, "<!--" * 90_000, "<b>" * 90_000])
def test_html_of_many_tags_takes_time_by_its_length(text: str) -> None:
    start = time.process_time()
    to_markdown(text)
    to_plain(text)
    assert time.process_time() - start < 5
