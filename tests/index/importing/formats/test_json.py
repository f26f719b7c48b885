"""Reading a JSON array, or what is lines after all."""

import json

import pytest

from index.importing.formats.raw import BadRow, RawRow
from tests.index.importing.formats.reading import only_bad, rows, values
from tests.support.tables import table


def test_a_json_file_may_be_an_array() -> None:
    content = '\n[\n {"question": "1"},\n\n {"question":\n "2"} ,{"question": "3"}\n]\n'
    assert [line for line, _ in values("a.json", content)] == [3, 5, 6]


def test_a_json_file_may_be_lines() -> None:
    assert len(values("a.json", '\n{"question": "1"}\n{"question": "2"}\n')) == 2


def test_an_array_larger_than_the_buffer_is_read() -> None:
    items = [{"question": f"{n}", "answer": "x" * 5000} for n in range(200)]
    found = values("a.json", json.dumps(items))
    assert [row["question"] for _, row in found] == [str(n) for n in range(200)]


def test_a_broken_array_gives_what_came_before() -> None:
    for content in ('[{"question": "1"}, {', '[{"question": "1"}', '[{"question": "1"} 5]'):
        found = rows("a.json", content)
        assert [type(row) for row in found] == [RawRow, BadRow], content


@pytest.mark.parametrize("depth", [21, 500, 900, 950, 990])
def test_an_item_that_is_nested_too_deeply_costs_one_row(depth: int) -> None:
    nested = '{"a": ' * depth + "1" + "}" * depth
    content = f'[\n{{"question": "1"}},\n{nested},\n{{"question": "2"}}\n]'
    first, bad, *_ = rows("a.json", content)
    assert isinstance(first, RawRow)
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.reason.split(";")[0]) == (3, "not JSON: nested too deeply")


def test_brackets_without_end_are_given_up_at_once() -> None:
    [bad] = rows("a.json", '[\n\n{"a": ' + "[" * 2_000_000)
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.reason) == (3, "not JSON: nested too deeply; the rest was not read")


def test_lines_behind_many_blanks_are_counted() -> None:
    blanks = "\n" * 200_000
    assert values("a.json", f'{blanks}[{{"question": "1"}}]') == [(200_001, {"question": "1"})]


@table(
    [
        '{"faqs": [{"question": "A?", "answer": "a"}, {"question": "B?", "answer": "b"}]}',
        '{"meta": {"page": 1}, "data": {"items": [\n{"question": "A?", "answer": "a"},\n'
        '{"question": "B?", "answer": "b"}]}, "tags": ["x"]}',
        '{\n "qnaDocuments": [{"answer": "a", "questions": ["A?"]},\n'
        '{"answer": "b", "questions": ["B?"]}]}',
        '{"articles": [{"title": "A?", "body": "a"}, {"title": "B?", "body": "b"}]}',
    ]
)
def test_the_one_list_in_an_object_is_read(content: str) -> None:
    found = [row for _, row in values("a.json", content)]
    assert [(row["question"], row["answer"]) for row in found] == [("A?", "a"), ("B?", "b")]


def test_an_object_over_several_lines_is_a_row() -> None:
    assert values("a.json", '{\n  "question": "A?",\n  "answer": "a"\n}\n') == [
        (1, {"question": "A?", "answer": "a"})
    ]


@table(
    [
        ('{"a": [{"question": "A?"}], "b": [{"question": "B?"}]}', "lists stand at"),
        ('{"name": "x", "items": [1, 2]}', "none is in the object with the keys items, name"),
        ('{"faqs": [{"question": "A?", "answer": "a"}', "not JSON"),
        ('{"audience": ["C1"], "faqs": [{"question": "A?", "answer": "a"}]}', "audience"),
        ('{"articles": [{"title": "A", "body": "a", "user_segment_id": 7}]}', "restricted"),
    ]
)
def test_other_objects_say_where_rows_are_expected(content: str, reason: str) -> None:
    assert reason in only_bad("a.json", content).reason


def test_what_help_centres_say_of_an_article_is_kept() -> None:
    content = json.dumps(
        {
            "articles": [
                {
                    "id": 7,
                    "title": "A?",
                    "body": "<p>a</p>",
                    "url": "https://x.example/api/7.json",
                    "html_url": "https://x.example/7",
                    "label_names": ["it"],
                    "draft": True,
                    "locale": "en",
                }
            ]
        }
    )
    [(_, row)] = values("a.json", content)
    assert row == {
        "question": "A?",
        "answer": "<p>a</p>",
        "id": 7,
        "url": "https://x.example/7",
        "tags": ["it"],
        "status": "draft",
    }


def test_alternates_metadata_and_prompts_of_qna_maker_are_kept() -> None:
    document = {
        "answer": "a",
        "questions": ["A?", "Other A?"],
        "metadata": [{"name": "team", "value": "it"}],
        "context": {"prompts": [{"displayText": "More", "qnaId": 2}]},
    }
    [(_, row)] = values("a.json", json.dumps({"qnaDocuments": [document]}))
    assert (row["question"], row["phrasings"]) == ("A?", ["Other A?"])
    assert row["tags"] == ["team:it", "prompt:More"]


def test_times_and_states_of_others_are_understood() -> None:
    row = {"question": "A?", "answer": "a", "status": "approved", "created_at": 1700000000}
    [(_, found)] = values("a.json", json.dumps({"payload": [row]}))
    assert (found["status"], found["created_at"]) == ("active", "2023-11-14T22:13:20+00:00")
