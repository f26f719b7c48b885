"""`faqbot init`, where it cannot do its work."""

from pathlib import Path

import pytest

from tests.cli.outcomes import Run, refusal


def test_a_data_folder_that_is_a_file_is_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, faq: Path
) -> None:
    monkeypatch.setenv("FAQBOT_INDEX_DATA_DIR", str(faq / "data"))

    assert "faq.jsonl" in refusal(run("init"))


def test_an_unknown_base_model_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAQBOT_INDEX_BASE_MODEL", "no-such-model")

    assert "no-such-model" in refusal(run("init"))


def test_an_unreachable_qdrant_server_is_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, data_dir: Path, faq: Path
) -> None:
    monkeypatch.setenv("FAQBOT_INDEX_ENGINE", "server")
    monkeypatch.setenv("FAQBOT_INDEX_QDRANT_URL", "http://127.0.0.1:1")

    assert "http://127.0.0.1:1 cannot be used" in refusal(run("init"))
