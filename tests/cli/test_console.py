"""What the commands print."""

import json
import sys
from io import BytesIO, TextIOWrapper

import pytest

from bot.cli import console
from bot.cli.console import print_json, progress_bar


def test_json_is_valid_whatever_the_terminal_can_show(monkeypatch: pytest.MonkeyPatch) -> None:
    value = {"text": "Grüße 🙂 \udcff \u2028"}
    for encoding in ("ascii", "latin-1", "utf-8"):
        written = BytesIO()
        stream = TextIOWrapper(written, encoding=encoding, errors="backslashreplace")
        monkeypatch.setattr(sys, "stdout", stream)
        print_json(value)
        stream.flush()
        assert json.loads(written.getvalue().decode(encoding)) == value


def test_where_no_terminal_is_progress_is_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 100.0
    monkeypatch.setattr(console.time, "monotonic", lambda: now)

    with progress_bar("Importing") as report:
        for second in range(8):
            now = 100.0 + second
            report(1000 * second, 7000)

    assert capsys.readouterr().err.splitlines() == [
        "Importing: 3,000 of 7,000 (43%)",
        "Importing: 6,000 of 7,000 (86%)",
    ]


def test_what_is_done_soon_says_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("Importing") as report:
        report(1, 1)

    assert capsys.readouterr() == ("", "")
