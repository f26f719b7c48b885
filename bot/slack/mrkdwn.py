"""Stored text to Slack's mrkdwn: escaped, so that it can never ping anyone, and word for word.

Slack's message markup looks like Markdown and is not. Answers are kept as plain text or light
Markdown; these functions turn them into what a `verbatim` text object shows, and make the plain
line for notifications. They know nothing of blocks; `bot.slack.chunks` cuts the result to size.

General Markdown converters are not used: they rewrite plain text (`*.txt`, `2 * 3 * 4`), collapse
blank lines and leave `<!channel>` as it is. Here whatever is not clearly Markdown is left alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

SECTION_LIMIT = 3000
"""Characters a Slack text object holds, counted after escaping."""

LINK_LIMIT = 2000
"""A longer link, counted with its label, stays plain text, so that one always fits a section."""

ELLIPSIS = "…"
BULLET = "•"
FENCE = "```"

_LINE_BREAK = re.compile(r"\r\n|[\r\v\f\x85]")
# Everything in Unicode's Cc but tab and newline, and lone surrogates, which UTF-8 cannot carry.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# What would end a link or its address early, or open code around it.
_URL_ESCAPES = str.maketrans({"<": "%3C", ">": "%3E", "|": "%7C", "`": "%60", '"': "%22"})

# Named after a fence, these are no code. Slack has no such names and would show them as a line.
_LANGUAGE = re.compile(
    r"""
    bash|bat|c|cmd|conf|console|cpp|cs|csharp|css|csv|diff|dockerfile|go|graphql|groovy|hcl|html
    |http|ini|java|javascript|js|json|jsonc|jsx|kotlin|kt|log|lua|makefile|markdown|md|nginx|perl
    |php|plain|plaintext|powershell|properties|proto|ps1|py|python|r|rb|regex|ruby|rs|rust|scala
    |sh|shell|shell-session|sql|swift|terraform|text|tf|toml|ts|tsx|txt|typescript|xml|yaml|yml
    |zsh
    """,
    re.VERBOSE | re.IGNORECASE,
)

# Possessive repeats (`*+`, `++`) keep this linear: nothing that matched is given back.
_MARKDOWN = re.compile(
    r"""
      (?P<ticks>`+)
    | (?P<tilde>^~{3,}[^~`\n]*$)
    | !?\[(?P<label>(?:[^\[\]`\n]|`[^`\n]*+`|\[[^\[\]\n]*+\])*+)\]
        \((?P<url>(?:https?://|mailto:)(?:[^\s()]|\([^\s()]*+\))++)
        (?:[ \t]++(?:"[^"\n]*+"|'[^'\n]*+'))?[ \t]*+\)
    | <(?P<auto>(?:https?://|mailto:)[^\s<>|`]++)>
    | (?<![A-Z0-9_+])(?P<bare>https?://[^\W_]
        [^\s<>|`"\xab\xbb\u201c\u201d\u3001-\u3011\uff01-\uff0c\uff1a-\uff1f]*+)
    | (?P<heading>^[ ]{0,3}\#{1,6}[ \t]+(?=\S))
    | ^(?P<bullet>[ \t]*+[-*](?=[ \t]))(?![-*\ \t]*+$)
    | (?P<strong>(?<!\*)\*\*(?!\*)|(?<!_)__(?!_))
    | (?P<newline>\n)
    """,
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
_CLOSING_TILDE = re.compile(r"^~{3,}[ \t]*$", re.MULTILINE)
_INNER_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_CLOSING_HASHES = re.compile(r"[ \t]#+$")

_ESCAPE = re.compile(r"&(?:amp|lt|gt);")
LINK = re.compile(r"<([^<>|\n]*)(?:\|([^<>\n]*))?>")
# Joined to what stands before: combining marks, joiners, variation selectors, skin tones, tags.
_JOINED = re.compile(
    "[\u0300-\u036f\u200d\u20e3\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: Literal["text", "code", "link", "strong", "heading", "bullet", "newline"]
    raw: str
    url: str = ""
    label: str = ""


def escape(text: str) -> str:
    """Slack's three escapes, with control characters removed and line ends made newlines.

    No mention, link or date can come out: each needs a raw `<`.
    """
    return _clean(text).translate(_ESCAPES)


def to_mrkdwn(text: str) -> str:
    """`text` as mrkdwn for a text object sent with `verbatim: true`.

    Links, images and bare http(s) addresses become Slack links, `**bold**` and headings become
    `*bold*`, list dashes become bullets. `__bold__` does so only around several words, so that
    `__init__` stays. Code is escaped and otherwise untouched, but for the language named after an
    opening fence, which is dropped. A text with none of these comes out as `escape(text)`.
    """
    return _rendered(text, marks=True)


def plain(text: str, limit: int) -> str:
    """`text` for a notification: escaped, at most `limit` characters, cut at a word border.

    Markdown marks go, `[label](url)` becomes `label (url)`; line breaks stay.
    """
    return _shorten(_rendered(text, marks=False).strip(), limit)


def line(text: str, limit: int) -> str:
    """`text` as one escaped line of at most `limit` characters, cut at a word border.

    For questions: white space is collapsed and nothing is read as Markdown.
    """
    return _shorten(escape(" ".join(_clean(text).split())), limit)


def link(url: str, label: str = "") -> str:
    """A Slack link. Neither part can end it early, whatever it holds; the caller checks the scheme.

    A `|` in the label becomes `¦`, since Slack has no escape for it.
    """
    address = _clean(url).translate(_URL_ESCAPES).replace("&", "&amp;")
    shown = escape(" ".join(label.split())).replace("|", "¦")
    return f"<{address}|{shown}>" if shown else f"<{address}>"


def visible(mrkdwn: str) -> str:
    """What a reader sees of `mrkdwn`: links as their labels, escapes undone."""
    shown = LINK.sub(lambda found: found[2] or found[1], mrkdwn)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _clean(text: str) -> str:
    return _CONTROL.sub("", _LINE_BREAK.sub("\n", text))


def _rendered(text: str, *, marks: bool) -> str:
    """`text` escaped and its Markdown as Slack's marks, or as plain words without `marks`."""
    out: list[str] = []
    heading: list[str] | None = None
    for token in _tokens(_clean(text)):
        if heading is not None and (token.kind == "newline" or "\n" in token.raw):
            out.append(_heading("".join(heading), marks))
            heading = None
        pieces = out if heading is None else heading
        if token.kind == "heading":
            heading = []
        elif token.kind == "strong":
            pieces.append("*" if marks and heading is None else "")
        elif token.kind == "link" and marks:
            pieces.append(link(token.url, token.label))
        elif token.kind == "link" and token.label:
            pieces.append(f"{token.label} ({token.url})".translate(_ESCAPES))
        elif token.kind == "link":
            pieces.append(token.url.translate(_ESCAPES))
        else:
            pieces.append(token.raw.translate(_ESCAPES))
    if heading is not None:
        out.append(_heading("".join(heading), marks))
    return "".join(out)


def _heading(content: str, marks: bool) -> str:
    content = _CLOSING_HASHES.sub("", content.strip()).strip()
    already_bold = content.startswith("*") and content.endswith("*")
    return f"*{content}*" if marks and content and not already_bold else content


def _tokens(text: str) -> list[_Token]:
    """A cleaned text in order, with what is Markdown in it told apart."""
    runs = {found.start(): len(found[0]) for found in re.finditer(r"`+", text)}
    closers = _same_run_after(runs)
    tokens: list[_Token] = []
    strong: list[tuple[int, int]] = []  # (index in tokens, position in text) of ** and __
    tilde_open = True
    plain_from = at = 0

    def add(token: _Token, start: int, end: int) -> None:
        nonlocal plain_from, at
        if plain_from < start:
            tokens.append(_Token("text", text[plain_from:start]))
        tokens.append(token)
        plain_from = at = end

    while found := _MARKDOWN.search(text, at):
        start, at = found.span()
        kind = found.lastgroup
        raw = found[0]
        if found["ticks"]:
            end = _code_end(text, start, len(raw), closers)
            if end:
                add(_Token("code", _code(text, start, end, len(raw))), start, end)
        elif found["tilde"]:
            closer = _CLOSING_TILDE.search(text, at) if tilde_open else None
            tilde_open = closer is not None
            if closer:
                inner = text[at : closer.start()]
                info = raw.lstrip("~").strip()
                first = "" if not info or _LANGUAGE.fullmatch(info) else info
                code = f"{FENCE}{first}{inner}{FENCE}"
                add(_Token("code", code), start, closer.end())
        elif found["url"]:
            label = _INNER_LINK.sub(r"\1", found["label"]).replace("**", "").replace("`", "")
            token = _Token("link", raw, found["url"], label.strip())
            if len(link(token.url, token.label)) <= LINK_LIMIT:
                add(token, start, at)
        elif found["auto"]:
            if len(link(found["auto"])) <= LINK_LIMIT:
                add(_Token("link", raw, found["auto"]), start, at)
        elif found["bare"]:
            url = _without_trailing_marks(found["bare"])
            at = start + len(url)
            if len(link(url)) <= LINK_LIMIT:
                add(_Token("link", url, url), start, at)
        elif kind == "bullet":
            add(_Token("bullet", raw[:-1] + BULLET), start, at)
        elif kind == "strong":
            add(_Token("text", raw), start, at)
            strong.append((len(tokens) - 1, start))
        elif kind == "heading":
            add(_Token("heading", raw), start, at)
        else:
            add(_Token("newline", raw), start, at)
    if plain_from < len(text):
        tokens.append(_Token("text", text[plain_from:]))
    for index in _paired(text, strong):
        tokens[index] = _Token("strong", tokens[index].raw)
    return tokens


def _same_run_after(runs: dict[int, int]) -> dict[int, int]:
    """For each run of backticks (start -> length), where the next one of the same length starts."""
    closers: dict[int, int] = {}
    seen: dict[int, int] = {}
    for start, length in reversed(runs.items()):
        if length in seen:
            closers[start] = seen[length]
        seen[length] = start
    return closers


def _code_end(text: str, start: int, ticks: int, closers: dict[int, int]) -> int:
    """Where the code that opens at `start` ends, or 0: inline code ends on its own line."""
    closer = closers.get(start)
    if closer is None or (ticks < len(FENCE) and text.find("\n", start, closer) >= 0):
        return 0
    return closer + ticks


def _code(text: str, start: int, end: int, ticks: int) -> str:
    """Code as Slack reads it: a block gets Slack's one fence and loses its language's name."""
    if ticks < len(FENCE):
        return text[start:end]
    inner = text[start + ticks : end - ticks]
    first, newline, rest = inner.partition("\n")
    opens_line = not text[text.rfind("\n", 0, start) + 1 : start].strip()
    if newline and opens_line and _LANGUAGE.fullmatch(first.strip()):
        inner = newline + rest
    return f"{FENCE}{inner}{FENCE}"


def _without_trailing_marks(url: str) -> str:
    """A bare address without the punctuation of the sentence around it."""
    end = len(url)
    unopened = url.count(")") - url.count("(")
    while end:
        mark = url[end - 1]
        if mark == ")" and unopened > 0:
            unopened -= 1
        elif mark not in ".,;:!?'*_~]}…":
            break
        end -= 1
    return url[:end]


def _paired(text: str, marks: list[tuple[int, int]]) -> Iterator[int]:
    """Token indices of the `**` and `__` that stand around something bold on one line.

    Stricter than Markdown, for the sake of plain text: only two marks in a row make a pair, and
    none inside a word or a path does (`2**3**4`, `src/**/*.py`, `__init__`).
    """
    pending: dict[str, tuple[int, int]] = {}
    for index, start in marks:
        mark = text[start : start + 2]
        before, after = text[start - 1 : start], text[start + 2 : start + 3]
        opener, opened_at = pending.pop(mark, (-1, start))
        content = text[opened_at + 2 : start]
        if content and "\n" not in content and _is_inner(before) and _is_outer(after):
            if mark == "**" or " " in content:
                yield opener
                yield index
        elif _is_inner(after) and _is_outer(before):
            pending[mark] = (index, start)


def _is_inner(character: str) -> bool:
    """Whether this may stand just inside a bold mark; an empty string is the text's edge."""
    return bool(character) and character != "/" and not character.isspace()


def _is_outer(character: str) -> bool:
    """Whether this may stand just outside a bold mark; an empty string is the text's edge."""
    return not (character.isascii() and character.isalnum()) and character not in tuple("_*/\\")


def _shorten(escaped: str, limit: int) -> str:
    """`escaped` in at most `limit` characters, ending in an ellipsis where something is missing."""
    if limit < 1:
        raise ValueError(f"limit must be at least 1 character, not {limit}")
    if len(escaped) <= limit:
        return escaped
    end = limit - len(ELLIPSIS)
    if not escaped[end].isspace():
        border = max(escaped.rfind(" ", 0, end), escaped.rfind("\n", 0, end))
        end = border if border > end // 2 else unbroken(escaped, 0, end)
    return escaped[:end].rstrip() + ELLIPSIS


def unbroken(text: str, start: int, end: int) -> int:
    """`end`, or a little before it, so that no escape, emoji or accented letter is cut apart."""
    for back in range(end, max(start, end - 16), -1):
        if not _JOINED.match(text, back) and text[back - 1] != "\u200d":
            end = back
            break
    ampersand = text.rfind("&", max(start, end - 4), end)
    if ampersand >= start and (found := _ESCAPE.match(text, ampersand)) and found.end() > end:
        return ampersand
    return end
