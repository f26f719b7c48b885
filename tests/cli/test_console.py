"""What the commands print."""

import json
import sys
from io import BytesIO, TextIOWrapper

import pytest

from bot.cli.console import print_json


def test_json_is_valid_whatever_the_terminal_can_show(monkeypatch: pytest.MonkeyPatch) -> None:
    value = {"text": "Grüße 🙂 \udcff \u2028"}
    for encoding in ("ascii", "latin-1", "utf-8"):
        written = BytesIO()
        stream = TextIOWrapper(written, encoding=encoding, errors="backslashreplace")
        monkeypatch.setattr(sys, "stdout", stream)
        print_json(value)
        stream.flush()
        assert json.loads(written.getvalue().decode(encoding)) == value
