"""What somebody wants who addressed the bot with few words or none: pure functions."""

import pytest

from bot.intake.addressed import is_bare, is_greeting, is_heard, points_elsewhere

BOT = "<@U0BOT>"


@pytest.mark.parametrize("text", [BOT, f" {BOT} ", f"{BOT}?", f"{BOT} ^^", f"{BOT} <@U2>"])
def test_nothing_but_mentions_and_marks_is_bare(text: str) -> None:
    assert is_bare(text)
    assert points_elsewhere(text)
    assert is_heard(text)


@pytest.mark.parametrize(
    "text", ["any idea?", "can you answer this?", "see above", "please help", "this", "Help?"]
)
def test_words_that_only_point_ask_what_they_stand_below(text: str) -> None:
    assert points_elsewhere(f"{BOT} {text}")
    assert is_heard(f"{BOT} {text}")


@pytest.mark.parametrize("text", ["how do I reset it?", "any idea of vpn?", "thanks", ":+1:"])
def test_other_words_do_not(text: str) -> None:
    assert not points_elsewhere(f"{BOT} {text}")


@pytest.mark.parametrize("text", ["hi", "Hello there!", "good morning", "hey bot", "test", "help"])
def test_greetings_and_calls_are_heard(text: str) -> None:
    assert is_greeting(f"{BOT} {text}")
    assert is_heard(f"{BOT} {text}")


@pytest.mark.parametrize(
    "text",
    ["thanks", "thank you!", ":+1:", "👍", "ok", "never mind", "lol", "great, that works now"],
)
def test_what_ends_a_talk_waits_for_no_word(text: str) -> None:
    assert not is_heard(f"{BOT} {text}")
