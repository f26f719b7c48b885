"""Markdown: which headings are questions, which are topics, and what the answers are."""

from pathlib import Path

import pytest

from index.importing.files import open_text
from index.importing.formats.markdown import read_markdown
from index.importing.formats.raw import BadRow, RawRow
from tests.support.tables import table


def read(content: str) -> list[RawRow | BadRow]:
    path = Path("faq.md")
    path.write_text(content, encoding="utf-8")
    with open_text(path) as text:
        return list(read_markdown(text))


def found(content: str) -> list[tuple[object, object, object]]:
    """Question, answer and topic of each row."""
    rows = read(content)
    assert all(isinstance(row, RawRow) for row in rows), rows
    values = [row.values for row in rows if isinstance(row, RawRow)]
    return [(v["question"], str(v["answer"]).strip("\n"), v.get("topic")) for v in values]


def test_headings_are_questions_and_what_follows_the_answers() -> None:
    assert found("# One?\nA.\n\n# Two?\n\nB\nc.\n") == [
        ("One?", "A.", None),
        ("Two?", "B\nc.", None),
    ]


def test_a_heading_without_text_is_the_topic_of_those_below() -> None:
    content = "# FAQ\n## VPN\n### Q1\nA\n### Q2\nB\n## Mail\n### Q3\nC\n# More\n## Q4\nD\n"
    assert [(q, t) for q, _, t in found(content)] == [
        ("Q1", "VPN"),
        ("Q2", "VPN"),
        ("Q3", "Mail"),
        ("Q4", "More"),
    ]


def test_deeper_headings_below_text_belong_to_the_answer() -> None:
    content = "## How to set up?\nFirst:\n### Windows\nw\n### Mac\nm\n## Next?\nn\n"
    assert found(content) == [
        ("How to set up?", "First:\n\n### Windows\n\nw\n\n### Mac\n\nm", None),
        ("Next?", "n", None),
    ]


def test_a_title_with_an_introduction_is_a_topic_and_its_text_reported() -> None:
    content = "Preamble.\n\n# Help desk\nWelcome!\n## Reset\nA\n## Unlock\nB\n"
    assert [(q, t) for q, _, t in found(content)] == [
        ("Reset", "Help desk"),
        ("Unlock", "Help desk"),
    ]
    rows = read(content)
    assert [("section_introduction" in row.values) for row in rows] == [True, False]


def test_an_introduced_section_of_questions_is_a_topic() -> None:
    content = "# VPN\nAbout the VPN.\n## What is it?\nA\n# Mail\nAbout mail.\n## Where is it?\nB\n"
    assert [(q, t) for q, _, t in found(content)] == [
        ("What is it?", "VPN"),
        ("Where is it?", "Mail"),
    ]


def test_one_question_with_sub_headings_stays_one() -> None:
    [(question, answer, topic)] = found("# How to connect?\nSo:\n## Windows\nw\n## Mac\nm\n")
    assert (question, topic) == ("How to connect?", None)
    assert answer == "So:\n\n## Windows\n\nw\n\n## Mac\n\nm"


def test_hashes_in_code_and_quotes_are_no_headings() -> None:
    content = (
        "# Q?\n```sh\n# comment\n```\n\n~~~~\n## x\n~~~\n## y\n~~~~\n\n    # indented\n\n"
        "> # quoted\n\n- # in a list\n\n<!--\n# comment\n-->\n#hashtag\n\\# escaped\n# Next?\nB\n"
    )
    assert [q for q, _, _ in found(content)] == ["Q?", "Next?"]


def test_underlined_headings_are_headings() -> None:
    content = "FAQ\n===\n\nHow?\n----\n\nA.\n\n---\n\nStill A.\n\nWhy?\n----\nB\n"
    assert found(content) == [("How?", "A.\n\n---\n\nStill A.", "FAQ"), ("Why?", "B", "FAQ")]


@table(
    [
        ("* **b**  and <b>html</b> &amp; `code`", "- **b** and **html** & `code`"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "| a | b |\n| --- | --- |\n| 1 | 2 |"),
        ("two\nlines<br/>and three", "two\nlines\nand three"),
        ("1. one\n   - sub\n2. two", "1. one\n   - sub\n2. two"),
        ("```sh\n  a <b> `c`\n\nd\n```", "```\n  a <b> `c`\n\nd\n```"),
        ("See [a][x] and [x].", "See [a](https://x.example) and [x](https://x.example)."),
        ("\\*no\\* 1\\. Q\\&A", "*no* 1. Q&A"),
        ("More\n====\nText", "# More\n\nText"),
        ("[rel](a/b.md), [at](#b), [tel](tel:+49), [m](mailto:a@b.example)",
         "rel, at, tel (+49), [m](mailto:a@b.example)"),
        ("git clone <url>", "git clone <url>"),
        (":::tip Mind\nText\n:::\n\nEnd", "**Mind**\n\nText\n\nEnd"),
        ("<p align='center'>x</p>\n\n<kbd>Ctrl</kbd>+<kbd>L</kbd>", "x\n\n`Ctrl`+`L`"),
        ("Last.\n\n---", "Last."),
        ("> quoted\n> text", "> quoted\n> text"),
        ("~~old~~ *new*", "~old~ _new_"),
        ("<div style='display:none'>x</div>Seen", "Seen"),
    ]
)  # fmt: skip
def test_answers_are_stored_as_a_reader_sees_them(answer: str, stored: str) -> None:
    content = f"# Q?\n\n{answer}\n\n# R?\n\nB\n\n[x]: https://x.example\n"
    assert found(content) == [("Q?", stored, None), ("R?", "B", None)]


def test_relative_links_are_joined_with_the_url_of_the_file() -> None:
    content = "---\nurl: https://kb.example/faq/\n---\n# Q?\n[a](b.md) ![c](/d.png)\n"
    assert found(content)[0][1] == "[a](https://kb.example/faq/b.md) [c](https://kb.example/d.png)"


@table(
    [
        ("## Q: One? {#one}\n\nA: Yes.", "One?", "Yes."),
        ("## One? \xb6\n\nYes.", "One?", "Yes."),
        ("## <a name='one'></a>One? [#](#one)\n\n**Answer:** Yes.", "One?", "Yes."),
        ("## Question 3: One?\n\nAnswer: Yes.", "One?", "Yes."),
        ("## One? <!-- old -->\n\nYes. <!-- no --> Really.", "One?", "Yes. Really."),
    ]
)
def test_labels_and_anchors_are_no_part_of_question_or_answer(
    content: str, question: str, answer: str
) -> None:
    assert found(content) == [(question, answer, None)]


def test_parts_of_the_document_are_no_questions_and_reported() -> None:
    content = "# FAQ\n\n## Contents\n\n- x\n\n## One?\n\nYes.\n\n## See also\n\n- y\n"
    [row] = read(content)
    assert isinstance(row, RawRow)
    assert (row.values["question"], row.values["section_introduction"]) == ("One?", "- x")


@table(
    [
        "**One?**\nYes.\n\n**Two?**\n\nNo.\n",
        "**Q: One?**\n\nA: Yes.\n\n**Q: Two?**\n\nA: No.\n",
        "Q: One?\nA: Yes.\n\nQ: Two?\nA: No.\n",
        "<details><summary>One?</summary>Yes.</details>\n<details>\n"
        "<summary><b>Two?</b></summary>\n\nNo.\n\n</details>\n",
        "<details><summary><h3>One?</h3></summary>\nYes.\n</details>\n\n**Two?**\nNo.",
        "1. **One?**\n   Yes.\n2. **Two?**\n\n   No.\n",
        "- **One?** Yes.\n- **Two?** No.\n",
        "<dl><dt>One?</dt><dd>Yes.</dd><dt>Two?</dt><dd>No.</dd></dl>",
    ]
)
def test_questions_without_headings_are_found(content: str) -> None:
    for title in ("# Travel FAQ\n\n", ""):
        pairs = found(title + content)
        assert [(q, a) for q, a, _ in pairs] == [("One?", "Yes."), ("Two?", "No.")]
        assert {topic for _, _, topic in pairs} == {"Travel FAQ" if title else None}


def test_a_title_over_text_that_asks_nothing_is_rejected() -> None:
    [bad] = read("# Travel FAQ\n\nAll you want to know.\n\nFly.\n")
    assert isinstance(bad, BadRow)
    assert "no question was found below the title 'Travel FAQ'" in bad.reason


def test_questions_lose_their_markdown() -> None:
    content = (
        "# How do I *use* `git push` \\* [here](https://x.example) &amp; ![now](y.png)? #\nA\n"
    )
    assert found(content)[0][0] == "How do I use git push * here & now?"


def test_a_question_without_an_answer_is_not_lost() -> None:
    assert found("# One?\n# Two\n# Three?\nA\n") == [("One?", "", None), ("Three?", "A", None)]


def test_front_matter_holds_for_all_rows() -> None:
    content = (
        "---\ntopic: VPN\nTags: [a, b]\naudience: C1\nurl: https://x.example\nid: 5\n---\n"
        "# A?\na\n# S\n## B?\nb\n"
    )
    first, second = (row for row in read(content) if isinstance(row, RawRow))
    assert first.line == 8
    assert first.values["topic"] == "VPN"
    assert second.values["topic"] == "S"
    for row in (first, second):
        assert (row.values["tags"], row.values["audience"]) == (["a", "b"], "C1")
        # Reported as ignored, not taken: it would be the id of every row.
        assert "id" not in row.values
        assert row.values["front_matter.id"] == "5"


@pytest.mark.parametrize("front", ["audience: [C1", "just text", "audience: \udce9"])
def test_front_matter_that_cannot_be_read_stops_the_file(front: str) -> None:
    path = Path("faq.md")
    path.write_bytes(f"---\n{front}\n---\n# Q?\nA\n".encode("utf-8", "surrogateescape"))
    with open_text(path) as text:
        [bad] = read_markdown(text)
    assert isinstance(bad, BadRow)
    assert (bad.line, "front matter" in bad.reason) == (1, True)


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    assert found("---\n\n# Q?\nA\n") == [("Q?", "A", None)]


def test_text_without_headings_is_reported() -> None:
    [bad] = read("Only text.\n")
    assert isinstance(bad, BadRow)
    assert "no heading" in bad.reason


def test_a_long_file_is_read_in_parts_without_a_difference() -> None:
    answer = "```\n# no heading\n```\n\n" + " ".join(["word"] * 2000)
    questions = [(f"Question {n}?", answer, f"Topic {n // 100}") for n in range(400)]
    content = "# FAQ\n\n"
    for n, (question, text, topic) in enumerate(questions):
        if n % 100 == 0:
            content += f"## {topic}\n\n"
        content += f"### {question}\n\n{text}\n\n"
    assert len(content) > 3_000_000
    assert found(content) == questions
    lines = content.split("\n")
    rows = read(content)
    assert all(lines[row.line - 1].startswith("### Question") for row in rows)
