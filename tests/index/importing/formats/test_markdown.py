"""Markdown: which headings are questions, which are topics, and what the answers are."""

from pathlib import Path

import pytest

from index.importing.files import open_text
from index.importing.formats.markdown import read_markdown
from index.importing.formats.raw import BadRow, RawRow


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
        ("How to set up?", "First:\n### Windows\nw\n### Mac\nm", None),
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
    assert answer == "So:\n## Windows\nw\n## Mac\nm"


def test_hashes_in_code_and_quotes_are_no_headings() -> None:
    content = (
        "# Q?\n```sh\n# comment\n```\n\n~~~~\n## x\n~~~\n## y\n~~~~\n\n    # indented\n\n"
        "> # quoted\n\n- # in a list\n\n<!--\n# comment\n-->\n#hashtag\n\\# escaped\n# Next?\nB\n"
    )
    assert [q for q, _, _ in found(content)] == ["Q?", "Next?"]


def test_underlined_headings_are_headings() -> None:
    content = "FAQ\n===\n\nHow?\n----\n\nA.\n\n---\n\nStill A.\n\nWhy?\n----\nB\n"
    assert found(content) == [("How?", "A.\n\n---\n\nStill A.", "FAQ"), ("Why?", "B", "FAQ")]


def test_answers_stay_word_for_word() -> None:
    answer = "* **bold**  and <b>html</b> &amp; `code`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[x]: https://x.example\n\ttab"
    assert found(f"# Q?\n\n{answer}\n") == [("Q?", answer, None)]
    [row] = read(f"# Q?\n\n{answer}\n")
    assert isinstance(row, RawRow)
    assert row.values["format"] == "text"


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
    answer = "```\n# no heading\n```\n" + "word " * 2000
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
