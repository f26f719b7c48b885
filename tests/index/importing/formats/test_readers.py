"""The readers of JSON, CSV and YAML: each row with its line, none lost for another's fault."""

import json
from pathlib import Path

import pytest

from index.errors import ImportFailed
from index.importing.files import MAX_ROW, format_of, open_text
from index.importing.formats.raw import BadRow, RawRow
from index.importing.formats.readers import read


def rows(name: str, content: str | bytes) -> list[RawRow | BadRow]:
    path = Path(name)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with open_text(path) as text:
        return list(read(text, format_of(path)))


def values(name: str, content: str | bytes) -> list[tuple[int, dict[object, object]]]:
    found = rows(name, content)
    assert all(isinstance(row, RawRow) for row in found), found
    return [(row.line, dict(row.values)) for row in found if isinstance(row, RawRow)]


def only_bad(name: str, content: str | bytes) -> BadRow:
    [bad] = [row for row in rows(name, content) if isinstance(row, BadRow)]
    return bad


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.yaml", "a.md"])
@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file_has_no_rows(name: str, content: str) -> None:
    assert rows(name, content) == []


QA = {"question": "Wie geht's, 你好 🙂?", "answer": "Gut."}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", json.dumps(QA, ensure_ascii=False)),
        ("a.csv", 'question,answer\n"{question}",{answer}\n'.format(**QA)),
        ("a.yaml", '- question: "{question}"\n  answer: {answer}\n'.format(**QA)),
        ("a.md", "# {question}\n{answer}\n".format(**QA)),
    ],
)
def test_encodings_with_a_byte_order_mark_are_read(name: str, content: str, encoding: str) -> None:
    if encoding.startswith("utf-16-"):
        content = "\ufeff" + content
    [(_, found)] = values(name, content.encode(encoding))
    assert (found["question"], str(found["answer"]).strip()) == (QA["question"], QA["answer"])


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_are_read(newline: str) -> None:
    lines = ['{"question": "1"}', "", '{"question": "2"}']
    assert values("a.jsonl", newline.join(lines)) == [
        (1, {"question": "1"}),
        (3, {"question": "2"}),
    ]


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("a.jsonl", b'{"question": "a"}\n{"question": "caf\xe9"}\n{"question": "b"}\n', 2),
        ("a.csv", b"question,answer\na,b\ncaf\xe9,x\nb,c\n", 3),
        ("a.yaml", b"- question: a\n- question: caf\xe9\n- question: b\n", 2),
        ("a.md", b"# a\nx\n# caf\xe9\ny\n# b\nz\n", 3),
    ],
)
def test_a_line_that_is_not_utf_8_costs_one_row(name: str, content: bytes, line: int) -> None:
    found = rows(name, content)
    assert [type(row) for row in found] == [RawRow, BadRow, RawRow]
    bad = only_bad(name, content)
    assert (bad.line, bad.reason) == (line, "the row is not valid UTF-8")


def test_a_cut_off_utf_16_file_costs_its_last_row() -> None:
    content = '{"question": "a"}\n{"question": "b"}\n'.encode("utf-16") + b"\x41"
    found = rows("a.jsonl", content)
    assert [type(row) for row in found] == [RawRow, RawRow, BadRow]


def test_a_row_without_end_costs_one_row() -> None:
    long = '{"question": "%s"}' % ("x" * (3 * MAX_ROW))
    found = rows("a.jsonl", f'{{"question": "a"}}\n{long}\n{{"question": "b"}}\n')
    assert [type(row) for row in found] == [RawRow, BadRow, RawRow]
    assert "longer than 1,000,000 characters" in found[1].reason
    assert len(found[1].text) < 2000


class TestJson:
    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            ("{", "not JSON: Expecting property name"),
            ("nonsense", "not JSON: Expecting value"),
            ("[1]", "a row must be an object"),
            ('"text"', "a row must be an object"),
            ("[" * 100_000, "not JSON: nested too deeply"),
            ('{"id": ' + "9" * 10_000 + "}", "not JSON: a number is too long"),
        ],
    )
    def test_a_bad_line_costs_one_row(self, line: str, reason: str) -> None:
        found = rows("a.jsonl", f'{{"question": "a"}}\n{line}\n{{"question": "b"}}\n')
        assert [type(row) for row in found] == [RawRow, BadRow, RawRow]
        assert found[1].line == 2
        assert found[1].reason.startswith(reason)

    def test_control_characters_are_no_reason_to_refuse_a_line(self) -> None:
        [(_, found)] = values("a.jsonl", b'{"question": "a\x00\x07\tb"}')
        assert found == {"question": "a\x00\x07\tb"}

    def test_a_json_file_may_be_an_array(self) -> None:
        content = '\n[\n {"question": "1"},\n\n {"question":\n "2"} ,{"question": "3"}\n]\n'
        assert [line for line, _ in values("a.json", content)] == [3, 5, 6]

    def test_a_json_file_may_be_lines(self) -> None:
        assert len(values("a.json", '\n{"question": "1"}\n{"question": "2"}\n')) == 2

    def test_an_array_larger_than_the_buffer_is_read(self) -> None:
        items = [{"question": f"{n}", "answer": "x" * 5000} for n in range(200)]
        found = values("a.json", json.dumps(items))
        assert [row["question"] for _, row in found] == [str(n) for n in range(200)]

    def test_a_broken_array_gives_what_came_before(self) -> None:
        for content in ('[{"question": "1"}, {', '[{"question": "1"}', '[{"question": "1"} 5]'):
            found = rows("a.json", content)
            assert [type(row) for row in found] == [RawRow, BadRow], content


class TestCsv:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_the_delimiter_is_found(self, delimiter: str) -> None:
        content = "id,question,answer\n1,Q;x?,A\n".replace(",", delimiter)
        if delimiter == ";":
            content = content.replace("Q;x?", '"Q;x?"')
        assert values("a.csv", content) == [(2, {"id": "1", "question": "Q;x?", "answer": "A"})]

    def test_quoted_cells_hold_line_breaks_quotes_and_delimiters(self) -> None:
        content = 'question,answer\r\n"Say ""hi"", ok?","One\r\n\r\ntwo"\r\nQ2,A2\r\n'
        first, second = values("a.csv", content)
        assert first == (2, {"question": 'Say "hi", ok?', "answer": "One\n\ntwo"})
        assert second == (5, {"question": "Q2", "answer": "A2"})

    def test_column_names_are_read_in_any_case(self) -> None:
        [(_, found)] = values("a.csv", " Question ,ANSWER,Created At\nQ,A,2026-01-01\n")
        assert found == {"question": "Q", "answer": "A", "created_at": "2026-01-01"}

    def test_lists_are_split(self) -> None:
        content = (
            'question,answer,phrasings,tags\nQ,A,one | two|,"a, b"\nQ,A,"one\ntwo","[""a,b""]"\n'
        )
        first, second = (row for _, row in values("a.csv", content))
        assert (first["phrasings"], first["tags"]) == (["one", "two"], ["a", "b"])
        assert (second["phrasings"], second["tags"]) == (["one", "two"], ["a,b"])

    def test_short_and_blank_rows_are_read_and_long_ones_rejected(self) -> None:
        found = rows("a.csv", "question,answer,topic\nQ,A\n,,\n\nQ,A,T,\nQ,A,T,more\n")
        assert [type(row) for row in found] == [RawRow, RawRow, BadRow]
        assert found[2] == BadRow(6, "the row has 4 cells, the header 3", "Q,A,T,more")

    def test_a_quote_left_open_is_told(self) -> None:
        lines = "".join(f"Q{n},{'x' * 90}\n" for n in range(3000))
        bad = only_bad("a.csv", f'question,answer\nQ,A\n"open,A\n{lines}')
        assert bad.line == 3
        assert "is a quote left open?" in bad.reason

    @pytest.mark.parametrize("content", ["a,b\n1,2\n", "How?,So.\n", "question\nQ\n"])
    def test_a_file_without_the_columns_is_refused(self, content: str) -> None:
        with pytest.raises(ImportFailed, match="question and answer"):
            rows("a.csv", content)


class TestYaml:
    def test_a_list_several_documents_and_flow_style_are_read(self) -> None:
        content = (
            "# FAQ\n- question: 1\n  answer: a\n\n-\n  question: 2\n  answer: b\n"
            "---\nquestion: 3\nanswer: c\n---\n[{question: 4}, {question: 5}]\n...\n"
            "---\n  - question: 6\n  - question: 7\n"
        )
        found = values("a.yaml", content)
        assert [row["question"] for _, row in found] == list("1234567")
        assert [line for line, _ in found] == [2, 5, 9, 12, 12, 15, 16]

    def test_values_are_texts_and_nothing_else(self) -> None:
        content = (
            "- question: no\n  answer: 012\n  id: 1e3\n  topic: ~\n  url:\n  tags: [on, 'null']\n"
        )
        [(_, found)] = values("a.yaml", content)
        assert found == {
            "question": "no",
            "answer": "012",
            "id": "1e3",
            "topic": None,
            "url": None,
            "tags": ["on", "null"],
        }

    def test_blocks_keep_what_looks_like_an_item(self) -> None:
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
    def test_a_bad_item_costs_one_row(self, item: str, reason: str) -> None:
        found = rows("a.yaml", f"- question: a\n- {item}\n- question: b\n")
        assert [type(row) for row in found] == [RawRow, BadRow, RawRow]
        assert found[1].line in (2, 3)  # where the parser noticed
        assert found[1].reason.startswith(reason)

    def test_anchors_hold_within_a_row_even_in_circles(self) -> None:
        [(_, found)] = values("a.yaml", "- question: &q Q\n  answer: *q\n  tags: &t [*t]\n")
        assert (found["question"], found["answer"]) == ("Q", "Q")

    def test_control_characters_are_no_reason_to_refuse_a_row(self) -> None:
        [(_, found)] = values("a.yaml", b"- question: a\x00b\x07\n")
        assert found == {"question": "ab"}
