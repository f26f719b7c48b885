"""Reading a Slack message: what its text says, without Slack's markup.

`question_text` is the whole message, to be searched. `spoken`, `pasted` and `plain` are what
`bot.intake.is_question` judges: the writer's own words, the code and quotes among them, and a
sentence in the form that patterns see. Writing markup, for what the bot posts, is in
`bot.slack.mrkdwn`.

All of it takes time linear in the length of a message, since anybody can write a long one.
"""

import re
from collections.abc import Callable, Iterator

from bot.intake.patterns.parts import LEAD_IN
from index.query.cleaning import EMOJI_CODE
from index.query.fillers import GREETING
from index.text import ends_of

# What is judged of a message, and of a sentence. The text to search is not cut.
MAX_SPOKEN = 20_000
MAX_SENTENCE = 500

# Stands for code, a link or a channel in the text that is judged: something, but not a word.
_OBJECT = "\ufffc"

WORD = re.compile(r"\w+")
URL = re.compile(r"https?://\S+", re.IGNORECASE)

_ANGLE = re.compile(r"<([^<>]*)>")
_CONTROL = re.compile(r"<[@#!][^<>]*>")
_OPENING_MARK = re.compile(r"(?<![\w*_~])[*_~]{1,3}(?=[\w\"'(])")
_CLOSING_MARK = re.compile(r"(?<=[^\W_]|[.,:!?)\"'])[*_~]{1,3}(?!\w)")
_LINE_MARK = re.compile(r"^[ \t]{0,8}(?:(?:&gt;){1,3}|>{1,3}|[\u2022\u25e6])[ \t]?", re.MULTILINE)
_QUOTED_LINE = re.compile(r"^[ \t]{0,8}&gt;.*$", re.MULTILINE)
_LEADING_PUNCTUATION = re.compile(r"^(?:[\s,;!]|[:.\u2013\u2014-](?=\s))+")

_PEOPLE = ("@", "!subteam", "!here", "!channel", "!everyone")


def question_text(text: str) -> str:
    """What a raw Slack message says, in plain text, as `index.query.cleaning.read` takes it.

    Mentions of people, emoji codes and formatting marks are dropped; links and channels are
    replaced by their names. Lines, quote marks and code fences stay: by them pastes are known.
    Takes time linear in the length of `text`.
    """
    pieces: list[str] = []
    for fence, piece in _by_code(text):
        if fence:
            pieces.append(f"{fence}{piece}{fence}")
        else:
            pieces.append(_unmarked(piece, _label))
    said = _unescaped("".join(pieces))
    return _LEADING_PUNCTUATION.sub("", said).rstrip() if WORD.search(said) else ""


def as_markup(typed: str) -> str:
    """What was typed after a command, as Slack would deliver it in a message.

    Commands come unescaped, and with mentions only where they were typed as such.
    """
    said = _CONTROL.sub(" ", typed)
    return said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def spoken(text: str) -> str:
    """The writer's own words: no quotes, and code, links and channels as a placeholder.

    Of more than `MAX_SPOKEN` characters the middle is left out.
    """
    pieces: list[str] = []
    for fence, piece in _by_code(text):
        if fence:
            pieces.append(f"\n{_OBJECT}\n" if "\n" in piece or len(piece) > 200 else _OBJECT)
        else:
            piece = _LINE_MARK.sub("", _QUOTED_LINE.sub("", piece))
            pieces.append(_unmarked(piece, _placeholder))
    said = URL.sub(_OBJECT, _unescaped("".join(pieces)))
    # The end begins within a sentence, and must not be judged by the beginning of one.
    return ends_of(said, MAX_SPOKEN, f"\n{_OBJECT} ")


def pasted(text: str) -> str:
    """The code and quotes in a message."""
    code = [piece for fence, piece in _by_code(text) if fence]
    return "\n".join(code + _QUOTED_LINE.findall(text))


def plain(sentence: str) -> str:
    """The form that patterns see: lower case, no apostrophes, single spaces, no lead-ins.

    Of a longer sentence it is of the first `MAX_SENTENCE` characters.
    """
    form = sentence[:MAX_SENTENCE].lower()
    for apostrophe in ("'", "\u2019", "\u2018", "\u00b4"):
        form = form.replace(apostrophe, "")
    form = " ".join(form.split())
    for _ in range(4):
        found = GREETING.match(form) or LEAD_IN.match(form)
        if not found or found.end() == 0:
            break
        form = form[found.end() :]
    return form


def _by_code(text: str) -> Iterator[tuple[str, str]]:
    """The stretches of a message in order, each with what fences it: nothing, if no code."""
    for fence, block in _alternating(text, "```"):
        if fence:
            yield fence, block
        else:
            yield from _alternating(block, "`")


def _alternating(text: str, fence: str) -> Iterator[tuple[str, str]]:
    parts = text.split(fence)
    for number, part in enumerate(parts):
        if number % 2 == 0:
            yield "", part
        elif number < len(parts) - 1:
            yield fence, part
        else:  # a fence that is never closed opens nothing
            yield "", fence + part


def _unmarked(text: str, shown: Callable[[str], str]) -> str:
    """Text (not code) without Slack's markup; `&amp;` and its like are left."""
    text = _ANGLE.sub(lambda found: shown(found[1]), text)
    text = EMOJI_CODE.sub(" ", text)
    return _CLOSING_MARK.sub("", _OPENING_MARK.sub("", text))


def _label(control: str) -> str:
    """What Slack shows for the content of `<...>`; nothing for people and groups."""
    target, _, label = control.partition("|")
    if target.startswith(_PEOPLE):
        return " "
    if target.startswith(("#", "!")):
        return label or " "
    return label or target.removeprefix("mailto:")


def _placeholder(control: str) -> str:
    """A link's label is not the writer's words, so it is not judged."""
    return " " if control.startswith(_PEOPLE) else _OBJECT


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
