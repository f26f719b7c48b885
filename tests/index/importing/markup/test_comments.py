"""Comments in Markdown are not published."""

import pytest

from index.importing.markup.comments import OpenComment, without_comments
from tests.support.tables import table


@table(
    [
        ("a <!-- x --> b", "a  b"),
        ("<!--\n## Old?\n\nOld.\n-->\nNew", "\n\n\n\n\nNew"),
        ("Yes. <!-- no\n\nreally\n--> End", "Yes. \n\n\n End"),
        ("a <!--> b <!---> c", "a  b  c"),
        ("<!-- a --><!-- b -->c", "c"),
        ("<!--\n```\nx\n```\n-->", "\n\n\n\n"),
        ("a <!-- `\n--> b", "a \n b"),
        ("one ` tick <!-- x -->", "one ` tick "),
        ("- item\n\n    <!-- x -->y", "- item\n\n    y"),
    ]
)
def test_they_are_taken_out_and_the_lines_stay(text: str, visible: str) -> None:
    assert without_comments(text) == visible


@table(
    [
        "no comment",
        "```html\n<!-- x -->\n```",
        "    <!-- indented -->",
        "`<!-- x -->` and ``a ` <!-- y -->``",
        "`two\nlines <!-- x -->`",
        "a --> b",
        "\\<!-- x -->",
    ]
)
def test_code_is_kept(text: str) -> None:
    assert without_comments(text) == text


def test_one_that_is_not_closed_is_refused() -> None:
    with pytest.raises(OpenComment, match="not closed") as caught:
        without_comments("a\n\nb <!-- c\nd")
    assert caught.value.line == 2
