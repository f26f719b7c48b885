"""`faqbot models`: signing what was made before there was a key."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from index.errors import ModelError
from index.model.versions import verify
from tests.cli.outcomes import Run, refusal
from tests.index.models import link_models

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def models(base_models: Path, tmp_path: Path) -> Path:
    """The models folder of the commands, to be written to."""
    folder = tmp_path / "faqbot-data" / "models"
    link_models(base_models, folder)
    return folder


def test_a_version_from_before_the_key_is_told_signed_and_taken(
    run: Run, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")  # no line of the doctor's is broken
    assert run("init").code == 0
    monkeypatch.setenv("FAQBOT_INDEX_MODEL_KEY", KEY)
    assert "run `faqbot models sign base`" in refusal(run("init"))
    assert "run `faqbot models sign base`" in run("doctor").out

    signed = run("models", "sign", "base")

    assert (signed.code, signed.err) == (0, "Model version base is signed.\n")
    assert run("models", "sign", "base").err == "Model version base was signed before.\n"
    assert run("init").code == 0
    assert "signed with model_key" in run("doctor").out
    assert verify(models, "base", SecretStr(KEY))


def test_the_base_version_is_signed_by_init_where_there_is_a_key(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAQBOT_INDEX_MODEL_KEY", KEY)

    assert run("init").code == 0

    assert verify(tmp_path / "faqbot-data" / "models", "base", SecretStr(KEY))
    monkeypatch.setenv("FAQBOT_INDEX_MODEL_KEY", "another key")
    assert "its signature is not of" in refusal(run("init"))


def test_nothing_is_signed_without_a_key(run: Run, models: Path) -> None:
    assert "FAQBOT_INDEX_MODEL_KEY" in refusal(run("models", "sign", "base"))


def test_nothing_is_signed_where_one_of_the_names_is_wrong(
    run: Run, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAQBOT_INDEX_MODEL_KEY", KEY)

    assert "v9 is missing" in refusal(run("models", "sign", "base", "v9"))

    with pytest.raises(ModelError, match="it is not signed"):
        verify(models, "base", SecretStr(KEY))
