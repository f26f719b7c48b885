"""Reading a Slack message: what its text says, without Slack's markup.

`question_text` is the whole message as it is embedded. `spoken`, `pasted` and `plain` are what
`bot.questions` judges: the writer's own words, the code and quotes among them, and a sentence in
the form that patterns see. Writing markup, for what the bot posts, is in `bot.mrkdwn`.

All of it takes time linear in the length of a message, since anybody can write a long one.
"""

import re
from collections.abc import Callable, Iterator

from bot.question_patterns import GREETING, LEAD_IN

# What is judged of a message, and of a sentence. The text to embed is not cut.
MAX_SPOKEN = 2_000
MAX_SENTENCE = 500

# Stands for code, a link or a channel in the text that is judged: something, but not a word.
_OBJECT = "\ufffc"

WORD = re.compile(r"\w+")
URL = re.compile(r"https?://\S+", re.IGNORECASE)

_ANGLE = re.compile(r"<([^<>]*)>")
# Not after a letter or digit: `arn:aws:s3` and 10:30:45 are no emoji.
_EMOJI = re.compile(r"(?<![\w:])(?::[\w+'-]{1,100}:)+")
_OPENING_MARK = re.compile(r"(?<![\w*_~])[*_~]{1,3}(?=[\w\"'(])")
_CLOSING_MARK = re.compile(r"(?<=[^\W_]|[.,:!?)\"'])[*_~]{1,3}(?!\w)")
_LINE_MARK = re.compile(r"^[ \t]{0,8}(?:(?:&gt;){1,3}|>{1,3}|[\u2022\u25e6])[ \t]?", re.MULTILINE)
_QUOTED_LINE = re.compile(r"^[ \t]{0,8}&gt;.*$", re.MULTILINE)
_LEADING_PUNCTUATION = re.compile(r"^(?:[\s,;!]|[:.\u2013\u2014-](?=\s))+")

_PEOPLE = ("@", "!subteam", "!here", "!channel", "!everyone")


def question_text(text: str) -> str:
    """What a raw Slack message says, on one line, as it should be embedded.

    Mentions of people, emoji codes, formatting marks and a leading greeting are dropped; links and
    channels are replaced by their names; code keeps its content. A message that is only a greeting
    stays as it is. Takes time linear in the length of `text`.
    """
    pieces = [piece if is_code else _unmarked(piece, _label) for is_code, piece in _by_code(text)]
    said = " ".join(_unescaped("".join(pieces)).split())
    said = _LEADING_PUNCTUATION.sub("", said) if WORD.search(said) else ""
    return _without_greeting(said)


def spoken(text: str) -> str:
    """The writer's own words: no quotes, and code, links and channels as a placeholder."""
    pieces: list[str] = []
    for is_code, piece in _by_code(text):
        if is_code:
            pieces.append(f"\n{_OBJECT}\n" if "\n" in piece or len(piece) > 200 else _OBJECT)
        else:
            pieces.append(_unmarked(_QUOTED_LINE.sub("", piece), _placeholder))
    said = URL.sub(_OBJECT, _unescaped("".join(pieces)))
    return said[:MAX_SPOKEN]


def pasted(text: str) -> str:
    """The code and quotes in a message."""
    code = [piece for is_code, piece in _by_code(text) if is_code]
    return "\n".join(code + _QUOTED_LINE.findall(text))


def plain(sentence: str) -> str:
    """The form that patterns see: lower case, no apostrophes, single spaces, no lead-ins."""
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


def _by_code(text: str) -> Iterator[tuple[bool, str]]:
    """The stretches of a message in order, each with whether it is code."""
    for fenced, block in _alternating(text, "```"):
        if fenced:
            yield True, f" {block} "
        else:
            yield from _alternating(block, "`")


def _alternating(text: str, fence: str) -> Iterator[tuple[bool, str]]:
    parts = text.split(fence)
    for number, part in enumerate(parts):
        if number % 2 == 0:
            yield False, part
        elif number < len(parts) - 1:
            yield True, part
        else:  # a fence that is never closed opens nothing
            yield False, fence + part


def _unmarked(text: str, shown: Callable[[str], str]) -> str:
    """Text (not code) without Slack's markup; `&amp;` and its like are left."""
    text = _ANGLE.sub(lambda found: shown(found[1]), text)
    text = _EMOJI.sub(" ", text)
    text = _LINE_MARK.sub("", text)
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


def _without_greeting(said: str) -> str:
    rest = said
    for _ in range(3):
        found = GREETING.match(rest)
        if not found:
            break
        rest = rest[found.end() :]
    return rest if WORD.search(rest) else said
