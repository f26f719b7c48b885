"""What an author sees is what people read in Slack, whichever way it comes in."""

import csv
import io
import json
import re
from itertools import count
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.slack.mrkdwn import plain, to_mrkdwn, visible
from index.importing.files import open_text
from index.importing.formats.raw import RawRow
from index.importing.formats.registry import format_of
from index.importing.rows import normalized, parse

_WORD = re.compile(r"[vh]\d+z")
_INLINE = ["b", "i", "em", "strong", "code", "kbd", "u", "mark", "span", "s", "font", "small", "a"]
_BLOCK = ["p", "div", "section", "blockquote", "ul", "ol", "pre", "table", "h3", "details", "dl"]
_HIDDEN = [
    "<span hidden>{}</span>",
    '<div style="display: none"><p>{}</p></div>',
    "<script>{}</script>",
    "<!-- {} -->",
    '<b hidden="hidden"><p>{}</p></b>',
    '<p style="visibility:hidden">{}</p>',
]
# A text is a list of parts: how it is wrapped, and what of.
_leaf = st.tuples(st.sampled_from(["word", "word", "hidden", "&amp;", "<br>"]), st.just([]))
_parts = st.recursive(
    st.lists(_leaf, min_size=1, max_size=3),
    lambda inner: st.lists(
        st.tuples(st.sampled_from(_INLINE + _BLOCK), inner) | _leaf, min_size=1, max_size=3
    ),
    max_leaves=12,
)


def _html(parts: list[tuple[str, list]], numbers: "count[int]", is_inline: bool = False) -> str:
    out = []
    for name, inner in parts:
        if name == "word":
            out.append(f" v{next(numbers)}z ")
        elif name == "hidden":
            # A block may not stand inside of a paragraph.
            shape = _HIDDEN[next(numbers) % (1 if is_inline else len(_HIDDEN))]
            out.append(shape.format(f"h{next(numbers)}z"))
        elif name in ("&amp;", "<br>"):
            out.append(name)
        elif name in _INLINE or is_inline:
            name = name if name in _INLINE else "i"
            link = ' href="https://x.example"' if name == "a" else ""
            out.append(f"<{name}{link}>{_html(inner, numbers, True)}</{name}>")
        else:
            text = _html(inner, numbers, name in ("p", "pre", "h3"))
            wrapped = {
                "ul": f"<ul><li>{text}</li></ul>",
                "ol": f"<ol><li>{text}</li></ol>",
                "table": f"<table><tr><td>{text}</td><td>v{next(numbers)}z</td></tr></table>",
                "details": f"<details><summary>v{next(numbers)}z</summary></details>{text}",
                "dl": f"<dl><dt>x</dt><dd>{text}</dd></dl>",
            }
            out.append(wrapped.get(name, f"<{name}>{text}</{name}>"))
    return "".join(out)


def _files(answer: str) -> list[tuple[str, str]]:
    cell = io.StringIO()
    csv.writer(cell).writerows([["question", "answer"], ["Q?", answer]])
    return [
        ("a.jsonl", json.dumps({"question": "Q?", "answer": answer})),
        ("a.csv", cell.getvalue()),
        ("a.md", f"# Q?\n\n<div>{answer}</div>\n"),
    ]


def _stored(name: str, content: str, folder: Path) -> str:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    with open_text(path) as text:
        [raw] = format_of(path).read(text)
    assert isinstance(raw, RawRow), raw
    return parse(normalized(raw.values)[0]).answer


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(_parts)
def test_every_visible_word_is_read_in_order_and_nothing_hidden(
    tmp_path: Path, parts: list[tuple[str, list]]
) -> None:
    html = f"<p>v0z</p>{_html(parts, count(1))}"
    # In a nested table or list words keep their order, too.
    shown = [word for word in _WORD.findall(html) if word.startswith("v")]
    for name, content in _files(html):
        stored = _stored(name, content, tmp_path)
        for text in (stored, visible(to_mrkdwn(stored)), plain(stored, 100_000)):
            assert _WORD.findall(text) == shown, (name, html, text)
            assert not re.search(r"</?[a-z]|&(?:amp;){2}|-->", text.replace("```", "")), text
        assert "**" not in to_mrkdwn(stored), (html, stored)


_marks = st.sampled_from(["**{}**", "*{}*", "`{}`", "[{}](https://x.example)", "~~{}~~", "{}"])
_lines = st.sampled_from(
    ["- {}", "1. {}", "> {}", "### {}", "{}", "    {}", "| {} |\n|---|\n| y |"]
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(_lines, st.lists(_marks, min_size=1, max_size=4)), max_size=6))
def test_every_word_of_markdown_is_read_in_order(
    tmp_path: Path, blocks: list[tuple[str, list[str]]]
) -> None:
    numbers = count(1)
    lines = [
        line.format(" ".join(mark.format(f"v{next(numbers)}z") for mark in marks))
        for line, marks in blocks
    ]
    answer = "\n\n".join(["v0z", *lines, "<!-- h1z -->", "v99999z"])
    stored = _stored("a.md", f"# Q?\n\n{answer}\n", tmp_path)
    words = [word for word in _WORD.findall(answer) if word.startswith("v")]
    assert _WORD.findall(stored) == words
    assert _WORD.findall(visible(to_mrkdwn(stored))) == words
