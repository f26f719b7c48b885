"""Markdown files of any length are read part by part, and say the same as read whole."""

import io
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.importing.formats import parts
from index.importing.formats.markdown import read_markdown
from index.importing.formats.parts import MAX_TEXT, TOO_LONG
from index.importing.formats.raw import BadRow, Raw, RawRow

MB = 1 << 20


class Stream(io.TextIOBase):
    """A text that is made while it is read."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]
        return next(self._lines, "")


def read_stream(*pieces: tuple[str, int]) -> tuple[list[Raw], int]:
    """The rows of lines, each repeated so often, and the memory that it took in bytes."""
    stream = Stream(
        line for text, count in pieces for _ in range(count) for line in text.splitlines(True)
    )
    tracemalloc.start()
    try:
        found = list(read_markdown(stream))  # type: ignore[arg-type]
        return found, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.parametrize("line", ["words " * 160 + "\n", "a\n\n", "```\n", "- a\n", "> a\n"])
def test_300_megabytes_under_one_heading_are_refused_with_their_line(line: str) -> None:
    count = (300 if len(line) > 100 else 3) * MB // len(line)
    found, memory = read_stream(
        ("# One?\nyes\n# Long?\n", 1), (line, count | 1), ("\n```\n# Three?\nyes\n", 1)
    )
    assert [row.reason for row in found if isinstance(row, BadRow)] == [TOO_LONG]
    assert [row.line for row in found if isinstance(row, BadRow)] == [3]
    assert next(row.values["question"] for row in found if isinstance(row, RawRow)) == "One?"
    assert memory < 20 * MB


@pytest.mark.slow
def test_a_file_without_any_heading_is_refused_before_it_is_held() -> None:
    found, memory = read_stream(("words " * 160 + "\n", 300 * MB // 961))
    [bad] = found
    assert isinstance(bad, BadRow)
    assert (bad.line, "hold no heading" in bad.reason) == (1, True)
    assert memory < 10 * MB


@pytest.mark.slow
@pytest.mark.parametrize(
    "question", ["### Why, {n}?\n\nyes {n}\n\n", "Why, {n}?\n---\n\nyes {n}\n\n"]
)
def test_questions_below_one_section_are_read_in_bounded_memory(
    monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    monkeypatch.setattr(parts, "PART", 10_000)
    count = 5_000
    lines = iter(["FAQ\n", "===\n", "\n", "Welcome.\n", "\n"])
    if question.startswith("#"):
        lines = iter([*lines, "## All\n", "\n"])

    def made() -> Iterator[str]:
        yield from lines
        for n in range(count):
            yield from question.format(n=n).splitlines(keepends=True)

    tracemalloc.start()
    seen = 0
    for row in read_markdown(Stream(made())):  # type: ignore[arg-type]
        assert isinstance(row, RawRow)
        assert row.values["question"] == f"Why, {seen}?"
        assert row.values["topic"] == ("All" if question.startswith("#") else "FAQ")
        seen += 1
    memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seen == count
    assert memory < 8 * MB


def test_an_answer_with_sub_headings_that_is_too_long_is_not_cut_into_questions() -> None:
    step = "### Step\n\n" + "words\n" * 1_000 + "\n"
    content = f"# Why?\nyes\n# FAQ\n## How?\n\nSo:\n\n{step * 100}\n## Else?\nno\n# Last?\nyes\n"
    found = list(read_markdown(io.StringIO(content)))
    assert [row.values["question"] for row in found if isinstance(row, RawRow)] == [
        "Why?", "Else?", "Last?",
    ]  # fmt: skip
    [bad] = [row for row in found if isinstance(row, BadRow)]
    assert (bad.line, bad.reason) == (4, TOO_LONG)


def test_a_heading_of_any_length_costs_one_row() -> None:
    content = f"# One?\nyes\n# {'[' * (MAX_TEXT // 2)}\nno\n# Three?\nyes\n"
    found = list(read_markdown(io.StringIO(content)))
    assert [type(row) for row in found] == [RawRow, BadRow, RawRow]
    assert found[1].line == 3


# None of the title's own level: if it is the title of all is told by the first part alone.
PIECES = st.sampled_from(
    [
        "## A\n", "## B\n", "## Why?\n", "### How?\n", "#### C\n", "#### Who?\n", "\n***\n",
        "## Else?\n", "\n", "text\n", "- item\n", "```\n# code\n```\n", "\n---\n", "> quoted\n",
    ]
)  # fmt: skip


@pytest.mark.parametrize("size", [1, 40])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(PIECES, max_size=25))
def test_a_file_read_in_parts_says_the_same_as_read_whole(
    monkeypatch: pytest.MonkeyPatch, pieces: list[str], size: int
) -> None:
    content = "# Title\n\n" + "\n".join(pieces)
    whole = list(read_markdown(io.StringIO(content)))
    with monkeypatch.context() as patch:
        patch.setattr(parts, "PART", size)
        cut = list(read_markdown(io.StringIO(content)))
    if not any(isinstance(row, BadRow) for row in cut):
        assert cut == whole
    # An answer that went on behind the cut is refused, never shortened.
    answers = [row.values["answer"] for row in whole if isinstance(row, RawRow)]
    assert all(row.values["answer"] in answers for row in cut if isinstance(row, RawRow))
