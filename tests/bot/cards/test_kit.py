"""The parts of cards keep to what Slack carries."""

import pytest

from bot.cards.kit import button_value


def test_what_no_button_can_carry_is_refused() -> None:
    assert button_value("q1") == "q1"
    assert button_value("q1", "p1") == "q1 p1"
    with pytest.raises(ValueError, match="question_id"):
        button_value("q" * 1990, "p" * 36)
