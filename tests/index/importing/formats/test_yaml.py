"""Reading YAML."""

import re

import pytest

from index.importing.formats.raw import BadRow, RawRow
from tests.index.importing.formats.reading import rows, values


def test_a_list_several_documents_and_flow_style_are_read() -> None:
    content = (
        "# FAQ\n- question: 1\n  answer: a\n\n-\n  question: 2\n  answer: b\n"
        "---\nquestion: 3\nanswer: c\n---\n[{question: 4}, {question: 5}]\n...\n"
        "---\n  - question: 6\n  - question: 7\n"
    )
    found = values("a.yaml", content)
    assert [row["question"] for _, row in found] == list("1234567")
    assert [line for line, _ in found] == [2, 5, 9, 12, 12, 15, 16]


def test_values_are_texts_and_nothing_else() -> None:
    content = "- question: no\n  answer: 012\n  id: 1e3\n  topic: ~\n  url:\n  tags: [on, 'null']\n"
    [(_, found)] = values("a.yaml", content)
    assert found == {
        "question": "no",
        "answer": "012",
        "id": "1e3",
        "topic": None,
        "url": None,
        "tags": ["on", "null"],
    }


def test_blocks_keep_what_looks_like_an_item() -> None:
    content = "- question: Q\n  answer: |\n    - one\n    - two\n\n    # three\n- question: R\n"
    first, second = values("a.yaml", content)
    assert first[1]["answer"] == "- one\n- two\n\n# three\n"
    assert second == (7, {"question": "R"})


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("question: a: b: c", "not YAML: mapping values are not allowed"),
        ("question: 'open", "not YAML: found unexpected end of stream"),
        ("question: !!python/object/apply:os.system [id]", "not YAML: the tag tag:yaml.org"),
        ("question: !secret x", "not YAML: the tag !secret is not supported"),
        ("question: *elsewhere", "not YAML: the alias *elsewhere has no anchor in its row"),
        ("{<<: {audience: C1}, question: x}", "not YAML: << is not supported"),
        ("[a]: b", "not YAML: a key must be text"),
        ("question: " + "[" * 200_000, "not YAML: nested too deeply"),
        ("just text", "a row must be a mapping"),
    ],
)
def test_a_bad_item_costs_one_row(item: str, reason: str) -> None:
    found = rows("a.yaml", f"- question: a\n- {item}\n- question: b\n")
    assert [type(row) for row in found] == [RawRow, BadRow, RawRow]
    assert found[1].line in (2, 3)  # where the parser noticed
    assert found[1].reason.startswith(reason)


def test_anchors_hold_within_a_row_even_in_circles() -> None:
    [(_, found)] = values("a.yaml", "- question: &q Q\n  answer: *q\n  tags: &t [*t]\n")
    assert (found["question"], found["answer"]) == ("Q", "Q")


def test_control_characters_are_no_reason_to_refuse_a_row() -> None:
    [(_, found)] = values("a.yaml", b"- question: a\x00b\x07\n")
    assert found == {"question": "ab"}


# A few hundred characters, and as text some gigabytes.
BOMB = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
)
IN_ITEM = "- " + BOMB.replace("\n", "\n  ").rstrip() + "\n"
BOMBS = {
    "a mapping's values": (BOMB, 6),
    "an item's values": (IN_ITEM, 6),
    "a list": ("- [" + ",\n  ".join(re.findall("&.*", BOMB)) + "]\n", 6),
    "a key": ("- {\n" + BOMB.replace("]\n", "],\n") + "? *a9 : x}\n", 7),
    "a text": (f"- text: &t {'x' * 5_000}\n  many: [{', '.join(['*t'] * 500)}]\n", 2),
}


@pytest.mark.parametrize("where", BOMBS)
def test_aliases_that_become_gigabytes_cost_one_row(where: str) -> None:
    bomb, line = BOMBS[where]
    bad, *others = rows("a.yaml", f"{bomb}---\n- question: a\n")
    assert isinstance(bad, BadRow)
    assert bad.reason == "not YAML: with its aliases it is longer than 1,000,000 characters"
    assert bad.line == line
    assert [row.values for row in others if isinstance(row, RawRow)] == [{"question": "a"}]


def test_aliases_that_repeat_little_are_read() -> None:
    content = "- question: &q Q\n  answer: *q\n  tags: &t [a, b]\n  audience: *t\n"
    [(_, found)] = values("a.yaml", content)
    assert found["audience"] == ["a", "b"]


def test_aliases_cannot_nest_deeper_than_brackets() -> None:
    chain = "".join(f"  a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 100))
    [bad] = rows("a.yaml", f"- a0: &a0 [x]\n{chain}")
    assert isinstance(bad, BadRow)
    assert bad.reason == "not YAML: nested too deeply"


def test_a_circle_cannot_be_unrolled_from_outside() -> None:
    inner = ", ".join(["*a"] * 1_000)
    [(_, found)] = values("a.yaml", f"- {{x: &a [&b [{inner}], {'y, ' * 1_000}], z: *b}}\n")
    assert len(str(found)) < 20_000


def test_a_bomb_in_front_matter_refuses_the_file_and_says_its_line() -> None:
    [bad] = rows("a.md", f"---\n{BOMB}---\n# Q?\nA\n")
    assert isinstance(bad, BadRow)
    assert bad.line == 1
    assert "it is longer than 1,000,000 characters (line 7); nothing of the file" in bad.reason


def test_front_matter_of_megabytes_refuses_the_file() -> None:
    long = "".join(f"k{n}: {'x' * 100_000}\n" for n in range(100))
    [bad] = rows("a.md", f"---\n{long}---\n# Q?\nA\n")
    assert isinstance(bad, BadRow)
    assert (bad.line, "longer than 1,000,000 characters" in bad.reason) == (1, True)
