"""Reading CSV."""

import time

import pytest

from index.errors import ImportFailed
from index.importing.formats.raw import BadRow, RawRow
from tests.index.importing.formats.reading import only_bad, rows, values


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    content = "id,question,answer\n1,Q;x?,A\n".replace(",", delimiter)
    if delimiter == ";":
        content = content.replace("Q;x?", '"Q;x?"')
    assert values("a.csv", content) == [(2, {"id": "1", "question": "Q;x?", "answer": "A"})]


def test_quoted_cells_hold_line_breaks_quotes_and_delimiters() -> None:
    content = 'question,answer\r\n"Say ""hi"", ok?","One\r\n\r\ntwo"\r\nQ2,A2\r\n'
    first, second = values("a.csv", content)
    assert first == (2, {"question": 'Say "hi", ok?', "answer": "One\n\ntwo"})
    assert second == (5, {"question": "Q2", "answer": "A2"})


def test_column_names_are_read_in_any_case() -> None:
    [(_, found)] = values("a.csv", " Question ,ANSWER,Created At\nQ,A,2026-01-01\n")
    assert found == {"question": "Q", "answer": "A", "created_at": "2026-01-01"}


def test_lists_are_split() -> None:
    content = 'question,answer,phrasings,tags\nQ,A,one | two|,"a, b"\nQ,A,"one\ntwo","[""a,b""]"\n'
    first, second = (row for _, row in values("a.csv", content))
    assert (first["phrasings"], first["tags"]) == (["one", "two"], ["a", "b"])
    assert (second["phrasings"], second["tags"]) == (["one", "two"], ["a,b"])


def test_short_and_blank_rows_are_read_and_long_ones_rejected() -> None:
    found = rows("a.csv", "question,answer,topic\nQ,A\n,,\n\nQ,A,T,\nQ,A,T,more\n")
    assert [type(row) for row in found] == [RawRow, RawRow, BadRow]
    assert found[2] == BadRow(6, "the row has 4 cells, the header 3", "Q,A,T,more")


def test_a_quote_left_open_costs_its_row_only() -> None:
    found = rows("a.csv", 'question,answer\nA?,"27 inches\nB?,b\nC?,"c, ""d""\ne"\nD?,"d\nE?,e\n')
    assert [(row.line, type(row)) for row in found] == [
        (2, BadRow),
        (3, RawRow),
        (4, RawRow),
        (6, BadRow),
        (7, RawRow),
    ]
    assert "a quote is left open" in only_bad("a.csv", 'question,answer\nA?,"a\nB?,b\n').reason


def test_quotes_left_open_over_and_over_take_no_time() -> None:
    start = time.perf_counter()
    lines = "".join(f'Q{n},"{"x" * 90}\n' + f"Q{n},y\n" * 50 for n in range(1000))
    found = rows("a.csv", f"question,answer\n{lines}")
    assert sum(isinstance(row, BadRow) for row in found) == 1000
    assert time.perf_counter() - start < 5


def test_a_quote_inside_a_cell_is_taken_as_it_is() -> None:
    [(_, row), _] = values("a.csv", 'question,answer\nHow wide?,27" or "more"\nB?,"b" c\n')
    assert row["answer"] == '27" or "more"'


@pytest.mark.parametrize(
    "header", ["sep=,\r\nquestion,answer", '"sep=,"\nQuestions,Answers', "Q,A", "Frage,Antwort"]
)
def test_headers_as_spreadsheets_have_them_are_understood(header: str) -> None:
    [(_, row)] = values("a.csv", f"{header}\nWhere?,Here.\n")
    assert (row["question"], row["answer"]) == ("Where?", "Here.")


def test_the_delimiter_that_excel_names_holds() -> None:
    [(_, row)] = values("a.csv", "\ufeffsep=|\r\nquestion|answer\r\nA, b?|c; d\r\n")
    assert (row["question"], row["answer"]) == ("A, b?", "c; d")


def test_rows_of_qna_maker_with_one_answer_are_one_pair() -> None:
    head = "Question\tAnswer\tMetadata\tSuggestedQuestions\tPrompts\tQnaId\n"
    more = '[{""displayText"": ""More""}]'
    first, second = values(
        "a.tsv",
        f'{head}A?\t1\\n2\tteam:it|x:y\t[]\t"{more}"\t1\nB?\t1\\n2\tteam:it|x:y\t[]\t[]\t1\n'
        "C?\tc\t\t[]\t[]\t2\n",
    )
    assert first == (
        2,
        {
            "question": "A?",
            "answer": "1\n2",
            "phrasings": ["B?"],
            "tags": ["team:it", "x:y", "prompt:More"],
        },
    )
    assert second == (4, {"question": "C?", "answer": "c"})


def test_a_column_that_stands_twice_is_refused() -> None:
    with pytest.raises(ImportFailed, match="the column answer stands twice"):
        rows("a.csv", "question,Answer,answer\nQ,A,B\n")


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "How?,So.\n", "question\nQ\n"])
def test_a_file_without_the_columns_is_refused(content: str) -> None:
    with pytest.raises(ImportFailed, match="question and answer"):
        rows("a.csv", content)


def test_a_list_nested_too_deeply_is_text() -> None:
    nested = "[" * 900 + "]" * 900
    [(_, found)] = values("a.csv", f"question,answer,tags\nQ,A,{nested}\n")
    assert found["tags"] == [nested]
