"""A pattern knows whole words: what is only the beginning of a longer one is another word."""

import importlib
import pkgutil
import re
from collections.abc import Iterator, Sequence
from typing import Any

from bot.intake import patterns
from bot.intake.patterns.parts import phrases
from tests.support.tables import table

# How Python reads a pattern: the one exact account of its alternatives and how they end.
_parser: Any = importlib.import_module("re._parser")
_constants: Any = importlib.import_module("re._constants")

# Where one sentence ends, at punctuation and not at a word.
_OF_PUNCTUATION = {"SENTENCE_END", "CLAUSE_END"}


def every_pattern() -> Iterator[tuple[str, re.Pattern[str]]]:
    for module in pkgutil.iter_modules(patterns.__path__):
        written = importlib.import_module(f"{patterns.__name__}.{module.name}")
        for name, value in vars(written).items():
            if isinstance(value, re.Pattern) and name not in _OF_PUNCTUATION:
                yield f"{module.name}.{name}", value


def may_stop_within_a_word(pattern: str) -> bool:
    """Whether an alternative can end with a letter or digit that another may follow.

    It cannot where it ends in `(?!\\w)`, `\\b`, `$`, what is no letter, or `\\w*`, which says that
    the word may go on.
    """
    return not _is_closed(_parser.parse(pattern))


def exclusions_that_may_stop_within_a_word(pattern: str) -> list[Any]:
    """Its `(?!...)` that exclude longer words too: `(?!is)` would exclude "issues"."""
    return [
        excluded
        for excluded in _exclusions(_parser.parse(pattern))
        if not _is_word(excluded) and not _is_closed(excluded)
    ]


def _exclusions(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for kind, argument in items:
        name = str(kind)
        inner: list[Sequence[Any]] = []
        if name == "BRANCH":
            inner = argument[1]
        elif name == "SUBPATTERN":
            inner = [argument[3]]
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            inner = [argument[2]]
        elif name in ("ASSERT", "ASSERT_NOT"):
            inner = [argument[1]]
            if name == "ASSERT_NOT" and argument[0] == 1:
                yield argument[1]
        for part in inner:
            yield from _exclusions(part)


def _is_closed(items: Sequence[Any]) -> bool:
    for kind, argument in reversed(list(items)):
        name = str(kind)
        if name == "AT" or (name == "ASSERT_NOT" and argument[0] == 1 and _is_word(argument[1])):
            return True
        if name in ("ASSERT", "ASSERT_NOT"):
            continue
        if name == "LITERAL":
            return not _may_be_in_word(chr(argument))
        if name in ("IN", "CATEGORY"):
            return not any(map(_has_word, argument))
        if name == "SUBPATTERN":
            return _is_closed(argument[3])
        if name == "BRANCH":
            return all(map(_is_closed, argument[1]))
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            least, most, repeated = argument
            if most == _constants.MAXREPEAT and _is_word(repeated):
                return True
            if least == 0 and _is_closed(repeated):
                continue
            return least > 0 and _is_closed(repeated)
        return False
    return False


def _is_word(items: Sequence[Any]) -> bool:
    """Whether it is one character of a set that every letter and digit is in."""
    if len(items) != 1 or str(items[0][0]) != "IN":
        return False
    return any(str(argument) == "CATEGORY_WORD" for _, argument in items[0][1])


def _has_word(item: tuple[Any, Any]) -> bool:
    kind, argument = str(item[0]), item[1]
    if kind == "LITERAL":
        return _may_be_in_word(chr(argument))
    if kind == "CATEGORY":
        return str(argument) not in ("CATEGORY_SPACE", "CATEGORY_NOT_WORD")
    first, last = argument if kind == "RANGE" else (0, 0)
    return any(_may_be_in_word(chr(code)) for code in range(first, last + 1))


def _may_be_in_word(character: str) -> bool:
    return bool(re.match(r"\w", character))


@table(every_pattern())
def test_no_pattern_stops_within_a_word(name: str, pattern: re.Pattern[str]) -> None:
    assert not may_stop_within_a_word(pattern.pattern)


@table(every_pattern())
def test_no_exclusion_stops_within_a_word(name: str, pattern: re.Pattern[str]) -> None:
    assert not exclusions_that_may_stop_within_a_word(pattern.pattern)


def test_an_exclusion_that_stops_within_a_word_is_found() -> None:
    assert exclusions_that_may_stop_within_a_word(r"who (?!is|was)\w+")
    assert not exclusions_that_may_stop_within_a_word(r"who (?!(?:is|was)(?!\w))\w+")


@table(["my train", "(?:my bus(?!\\w)|my cat)", "a(?: b)?", "a(?!\\w)(?:b|c)?", "my \\w{3}"])
def test_what_stops_within_a_word_is_found(pattern: str) -> None:
    assert may_stop_within_a_word(pattern)


@table(["my train(?!\\w)", "my train\\b", "my train\\w*", "my train$", "(?:a\\b|b\\w*)", "a\\?"])
def test_what_ends_with_a_word_is_not(pattern: str) -> None:
    assert not may_stop_within_a_word(pattern)


def test_phrases_hold_whole_words_only() -> None:
    found = phrases(
        r"""
        my (?:train|bus)
        crash\w*
        """
    )
    assert [bool(found.search(text)) for text in ("my train", "my training", "my business")] == [
        True, False, False,
    ]  # fmt: skip
    assert found.search("it crashed")
    assert not found.search("the uncrashable")
