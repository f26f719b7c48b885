"""The settings of training: what was removed is refused in a line that says what to do."""

from pathlib import Path

import pytest

from index.errors import SettingsError
from train.settings import TrainSettings


@pytest.mark.parametrize("head", ["gated", "widening", "stacked"])
def test_a_head_that_is_no_longer_trained_is_refused_by_name(head: str, tmp_path: Path) -> None:
    config = tmp_path / "faqbot.toml"
    config.write_text(f'[train]\nhead = "{head}"\n')

    with pytest.raises(SettingsError) as refused:
        TrainSettings.load(config)

    said = str(refused.value)
    assert f"[train] head (FAQBOT_TRAIN_HEAD): {head} is no longer trained; take the key" in said
    assert "\n" not in said


def test_the_head_that_is_left_may_be_named(tmp_path: Path) -> None:
    config = tmp_path / "faqbot.toml"
    config.write_text('[train]\nhead = "skip"\n')

    assert TrainSettings.load(config) == TrainSettings()


def test_a_head_that_never_was_is_refused_as_any_wrong_value(tmp_path: Path) -> None:
    config = tmp_path / "faqbot.toml"
    config.write_text('[train]\nhead = "deep"\n')

    with pytest.raises(SettingsError, match="should be 'skip'"):
        TrainSettings.load(config)
