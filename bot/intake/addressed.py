"""What somebody wants who addressed the bot with few words or none."""

import re

from bot.intake.is_question import is_question
from bot.intake.markup import WORD, question_text
from index.query.fillers import GREETING

# Words of those who point at something instead of saying it: "any idea?", "can you answer this?".
_POINTING_WORDS = """
    a above any anyone anything answer at can could do for have help here him her how idea ideas in
    is it know look me one please pls question see take that the them this thoughts us what with
    would you your
"""
_POINTING = frozenset(_POINTING_WORDS.split())
_MOST_POINTING = 8
# Alone, these ask whether the bot is there.
_CALLS = frozenset({"help", "test", "ping", "bot", "there", "please"})
_ANGLE = re.compile(r"<[^<>]*>")
_ONLY_MARKS = re.compile(r"[\s?!^.\u2026\u2191\u261d]*")


def points_elsewhere(text: str) -> bool:
    """Whether a message to the bot has no words of its own, or only such as "any idea?".

    Args:
        text: A raw Slack message.
    """
    if is_bare(text):
        return True
    words = WORD.findall(question_text(text).lower())
    return 0 < len(words) <= _MOST_POINTING and _POINTING.issuperset(words)


def is_bare(text: str) -> bool:
    """Whether a message holds nothing but mentions and marks such as "?"."""
    return bool(_ONLY_MARKS.fullmatch(_ANGLE.sub("", text)))


def is_greeting(text: str) -> bool:
    """Whether a message to the bot only greets it, or asks whether it is there."""
    said = question_text(text).lower()
    words = WORD.findall(said)
    if words and _CALLS.issuperset(words):
        return True
    left = said
    while (found := GREETING.match(left)) and found.end():
        left = left[found.end() :]
    return bool(words) and not WORD.search(left)


def is_heard(text: str, *, with_files: bool = False) -> bool:
    """Whether a message to the bot asks something, or at least waits for a word.

    Thanks, agreement, goodbyes and the like wait for none.
    """
    return (
        is_question(text, addressed=True)
        or is_bare(text)
        or points_elsewhere(text)
        or is_greeting(text)
        or question_text(text).rstrip(" .!)").endswith("?")
        or with_files
    )
