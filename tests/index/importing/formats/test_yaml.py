"""Reading YAML."""

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
