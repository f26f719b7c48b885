"""Reading a JSON array, or what is lines after all."""

import json

import pytest

from index.importing.formats.raw import BadRow, RawRow
from tests.index.importing.formats.reading import rows, values


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
