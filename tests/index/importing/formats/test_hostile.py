"""Every reader of the registry takes any text in bounded time and memory, and never fails."""

import io
import resource
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.errors import ImportFailed
from index.importing.formats.raw import BadRow
from index.importing.formats.registry import FORMATS
from index.importing.rejects import shortened

# Of processor time for all examples of a format, and of memory, the interpreter's own included.
SECONDS = 60
BYTES = 2 << 30

PIECES = st.sampled_from(
    [
        "question,answer\n", "- question: q\n  answer: ", "- &a [*a, *b]\n", "&b [*b]\n", "a: *a\n",
        "? *a\n", "---\n", "{", "[", "]", "}", '{"question": ', '"', "'", ",", ":", "\n", "\n\n",
        "# How?\n", "### How?\n", "> ", "- ", "  ", "`", "```\n", "<!--", "-->", "<p>", "<i>q</i>",
        "<div>", "</div>", "[a](", "![", "*", "_", "**a", "|a|b|\n", "===\n", "&amp;", "\t", "\\",
        "\x00", "\u2028", "\udc80", "9" * 50, "word ",
    ]
)  # fmt: skip
TEXTS = st.lists(st.tuples(PIECES, st.sampled_from([1, 1, 2, 10, 3_000])), max_size=8)


def fuzz(name: str) -> None:
    """Read made-up texts in this process, within the limits."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    [form] = [form for form in FORMATS if form.name == name]

    @settings(
        max_examples=150,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(TEXTS)
    def read(pieces: list[tuple[str, int]]) -> None:
        content = "".join(piece * count for piece, count in pieces)
        lines = content.count("\n") + content.count("\u2028") + 2
        try:
            for row in form.read(io.StringIO(content)):
                assert 1 <= row.line <= lines
                assert row.reason if isinstance(row, BadRow) else True
                # What the importer does with a row that it does not take.
                shortened(row.text if isinstance(row, BadRow) else row.values)
        except ImportFailed:
            pass

    read()


@pytest.mark.slow
@pytest.mark.parametrize("name", [form.name for form in FORMATS])
def test_a_reader_takes_any_text_within_bounds(name: str) -> None:
    code = f"from {__name__} import fuzz; fuzz({name!r})"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=600
    )
    assert ended.returncode == 0, ended.stderr[-3_000:]
