"""Reading JSON lines."""

import pytest

from index.importing.formats.raw import BadRow, RawRow
from tests.index.importing.formats.reading import rows, values


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON: Expecting property name"),
        ("nonsense", "not JSON: Expecting value"),
        ("[1]", "a row must be an object"),
        ('"text"', "a row must be an object"),
        ("[" * 100_000, "not JSON: nested too deeply"),
        *[('{"a": [' * n + "]}" * n, "not JSON: nested too deeply") for n in (11, 300, 480, 490)],
        ('{"id": ' + "9" * 10_000 + "}", "not JSON: a number is too long"),
    ],
)
def test_a_bad_line_costs_one_row(line: str, reason: str) -> None:
    found = rows("a.jsonl", f'{{"question": "a"}}\n{line}\n{{"question": "b"}}\n')
    assert [type(row) for row in found] == [RawRow, BadRow, RawRow]
    assert found[1].line == 2
    assert found[1].reason.startswith(reason)


def test_control_characters_are_no_reason_to_refuse_a_line() -> None:
    [(_, found)] = values("a.jsonl", b'{"question": "a\x00\x07\tb"}')
    assert found == {"question": "a\x00\x07\tb"}


def test_values_may_be_nested_as_deep_as_anybody_needs() -> None:
    [(_, found)] = values("a.jsonl", '{"a": ' + "[" * 19 + "]" * 19 + "}")
    assert list(found) == ["a"]
