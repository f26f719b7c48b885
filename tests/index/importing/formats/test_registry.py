"""What holds for every format, and how a new one is taken up."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from index.errors import FaqbotError, ImportFailed
from index.importing.exporter import export_pairs
from index.importing.files import MAX_ROW, lines
from index.importing.formats import registry
from index.importing.formats.base import Format, WriteRow
from index.importing.formats.raw import BadRow, Raw, RawRow
from index.importing.formats.registry import export_format_of, exported, format_of, titles
from index.importing.importer import import_files
from index.store import Store
from tests.index.importing.formats.reading import only_bad, rows, values


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


@pytest.fixture
def parcel(monkeypatch: pytest.MonkeyPatch) -> Format:
    """A format that nobody but this test knows."""

    def read(text: TextIO) -> Iterator[Raw]:
        for number, line in lines(text):
            question, answer = line.rstrip("\n").split("=")
            yield RawRow(number, {"question": question, "answer": answer})

    def write(out: TextIO) -> WriteRow:
        return lambda row: print(row["question"], row["answer"], sep="=", file=out)

    made = Format(
        name="parcel",
        title="Parcel",
        extensions=(".parcel",),
        read=read,
        write=write,
        exported_as=(".parcel",),
    )
    monkeypatch.setattr(registry, "FORMATS", [*registry.FORMATS, made])
    return made


@pytest.mark.usefixtures("parcel")
def test_a_format_of_the_registry_is_imported_and_exported(sqlite_store: Store) -> None:
    file = Path("faq.parcel")
    file.write_text("How?=So.\nWhy?=Because.\n")

    assert import_files(sqlite_store, [file]).added == 2

    out = io.StringIO()
    assert export_pairs(sqlite_store, out, format="parcel").written == 2
    assert sorted(out.getvalue().splitlines()) == ["How?=So.", "Why?=Because."]


@pytest.mark.usefixtures("parcel")
def test_a_format_of_the_registry_is_offered(sqlite_store: Store) -> None:
    assert list(exported()) == ["jsonl", "csv", "yaml", "md", "parcel"]
    assert export_format_of(Path("FAQ.parcel")) == "parcel"
    assert export_format_of(None) == export_format_of(Path("backup")) == "jsonl"
    for unknown in ("faq.docx", "faq.json", "faq.tsv"):
        with pytest.raises(FaqbotError, match=r"written as \.jsonl, .*\.parcel; use one of these"):
            export_format_of(Path(unknown))
    assert titles() == "JSONL, CSV, YAML, Markdown or Parcel"
    with pytest.raises(ImportFailed, match=r"must be one of \.jsonl, .*, \.parcel$"):
        format_of(Path("faq.docx"))
    with pytest.raises(FaqbotError, match=r"csv, yaml, md, parcel$"):
        export_pairs(sqlite_store, io.StringIO(), format="docx")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.csv", "csv"),
        ("a.YML", "yaml"),
        ("a.yaml", "yaml"),
        ("a.md", "md"),
        ("a.jsonl", "jsonl"),
        ("a", "jsonl"),
    ],
)
def test_an_export_is_in_the_format_of_its_file_s_name(name: str, expected: str) -> None:
    assert export_format_of(Path(name)) == expected
    assert export_format_of(None) == "jsonl"
