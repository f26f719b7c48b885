"""Data sets are read from files, and what is wrong with one is said by its line."""

from pathlib import Path

import pytest

from index.errors import FaqbotError
from index.evaluation.datasets import LabelledQuery, read_pairs, read_queries


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


PAIR = '{"id": 1, "question": "q", "answer": "a"}'


def test_files_are_read_as_rows(tmp_path: Path) -> None:
    pairs = write(
        tmp_path / "p.jsonl",
        "\ufeff" + PAIR,
        "",
        '{"id": "b", "question": " two\\nlines ", "answer": "x\\ny", "group": "ignored", '
        '"phrasings": ["or so", " "]}',
    )
    queries = write(
        tmp_path / "q.jsonl",
        '{"query": "?", "relevant": [1, "b"]}',
        '{"query": "", "relevant": []}',
    )

    read = read_pairs(pairs)

    assert [(d.external_id, d.question, d.answer) for d in read] == [
        ("1", "q", "a"),
        ("b", "two lines", "x\ny"),
    ]
    assert [[phrasing.text for phrasing in d.phrasings] for d in read] == [[], ["or so"]]
    assert read_queries(queries, {"1", "b"}) == [
        LabelledQuery("?", frozenset({"1", "b"})),
        LabelledQuery("", frozenset()),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ('{"id": 2, "question": "q"}', "expected"),
        ('{"question": "q", "answer": "a"}', "expected"),
        ('{"id": 2, "question": 3, "answer": "a"}', "expected"),
        ('{"id": 2, "question": "q", "answer": "a", "phrasings": "p"}', "a list of texts"),
        (PAIR, "was used before"),
    ],
)
def test_a_wrong_pair_is_named_by_file_and_line(tmp_path: Path, line: str, reason: str) -> None:
    path = write(tmp_path / "p.jsonl", PAIR, "", line)

    with pytest.raises(FaqbotError, match=reason) as raised:
        read_pairs(path)

    assert str(raised.value).startswith(f"{path}:3: ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"query": "q"}', "expected"),
        ('{"query": "q", "relevant": "1"}', "expected"),
        ('{"query": null, "relevant": []}', "expected"),
        ('{"query": "q", "relevant": ["1", "nowhere"]}', "'nowhere' is not among the pairs"),
    ],
)
def test_a_wrong_query_is_named_by_file_and_line(tmp_path: Path, line: str, reason: str) -> None:
    path = write(tmp_path / "q.jsonl", '{"query": "q", "relevant": []}', line)

    with pytest.raises(FaqbotError, match=reason) as raised:
        read_queries(path, {"1"})

    assert str(raised.value).startswith(f"{path}:2: ")


def test_a_missing_or_undecodable_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "latin.jsonl").write_bytes(b'{"id": "\xfc"}')

    for name, why in (("none", "No such file"), ("latin", "it is not UTF-8 text")):
        with pytest.raises(FaqbotError, match=rf"{name}.jsonl cannot be read: {why}") as raised:
            read_pairs(tmp_path / f"{name}.jsonl")
        assert "\n" not in str(raised.value)
