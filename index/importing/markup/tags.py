"""Telling tags from text that merely mentions them, before a parser would take both for tags."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


INLINE = _names(
    "a abbr acronym b bdi bdo big blink cite code data del dfn em font i ins kbd label mark nobr "
    "output q rb rp rt rtc ruby s samp small span strike strong sub sup time tt u var"
)
BLOCK = _names(
    "address article aside blockquote body caption center col colgroup dd details dialog dir div "
    "dl dt fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup html "
    "legend li main menu nav ol optgroup option p picture pre search section select summary table "
    "tbody td tfoot th thead tr ul"
)
DROPPED = _names(
    "datalist head link math-annotation meta noframes noscript script style svg template title"
)
VOID = _names("area base basefont br embed frame hr img input keygen param source track wbr")
OTHER = _names("applet audio button canvas iframe map marquee math meter object progress textarea")
OTHER |= _names("video")
KNOWN = INLINE | BLOCK | DROPPED | VOID | OTHER

# Attributes that stand without a value. `<b and c>` has none of them: it is text.
_FLAGS = _names(
    "allowfullscreen async autofocus autoplay checked compact controls default defer disabled "
    "download formnovalidate hidden inert ismap itemscope loop multiple muted nohref nomodule "
    "noshade novalidate nowrap open playsinline readonly required reversed selected"
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9:._-]*")
_ATTRIBUTE = re.compile(r"[A-Za-z_:@][\w:.@-]*", re.ASCII)
_BLANKS = re.compile(r"\s*")
_UNQUOTED = re.compile(r"[^\s>\"'<]+")
# `the <br> tag` is talk about HTML.
_TALK = re.compile(r"\s+(?:tag|element)s?\b")
RENAMED = "x-inline-"
ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_COMMENT, _CLOSE = "<!--", "-->"
_CDATA, _CDATA_CLOSE = "<![CDATA[", "]]>"


@dataclass(frozen=True, slots=True)
class Token:
    """A tag, comment or other piece of markup in a text, and where it stands.

    Attributes:
        name: In lower case; "!" for a comment, declaration or CDATA.
        has_value: Whether an attribute has a value in quotes.
    """

    start: int
    end: int
    name: str
    is_closing: bool = False
    has_attributes: bool = False
    has_value: bool = False


def tags_in(text: str) -> list[Token]:
    """The real tags and comments of a text, in order.

    Raises:
        ValueError: A comment is not closed, among real tags.
    """
    found = list(_scan(text))
    tokens = _without_text(found)
    if any(token.end < 0 for token in tokens):
        tokens = [token for token in tokens if token.end >= 0]
        if tokens:
            raise ValueError("a comment is opened by <!-- and not closed")
    return tokens


def is_evident(text: str, tokens: list[Token]) -> bool:
    """Whether the tags of a text show that it is HTML."""
    opened: set[str] = set()
    for token in tokens:
        if token.is_closing:
            if token.name in opened:
                return True
        elif (
            token.name == "!"
            or token.name in VOID
            or token.has_value
            or (token.name in BLOCK | DROPPED and not text[: token.start].strip())
        ):
            return True
        else:
            opened.add(token.name)
    return False


def only_tags(text: str, tokens: list[Token]) -> str:
    """HTML in which all but the real tags is escaped, so that a parser takes it as text."""
    parts: list[str] = []
    at = 0
    for token in tokens:
        parts.append(_escaped(text[at : token.start]))
        markup = text[token.start : token.end]
        if token.name in INLINE:
            # The parser ends <b> or <a> where a paragraph begins in it; it takes other names as
            # they stand.
            at = 2 if token.is_closing else 1
            parts.append(markup[:at] + RENAMED + markup[at:])
        elif token.name != "!":
            parts.append(markup)
        elif markup.startswith(_CDATA):
            inner = markup[len(_CDATA) : -len(_CDATA_CLOSE)]
            parts.append(f"<pre>{_escaped(inner)}</pre>")
        at = token.end
    parts.append(_escaped(text[at:]))
    return "".join(parts)


def _escaped(text: str) -> str:
    text = text.replace("<", "&lt;")
    if "&" not in text:
        return text
    return "".join(_ampersands(text))


def _ampersands(text: str) -> Iterator[str]:
    at = 0
    while (start := text.find("&", at)) >= 0:
        yield text[at:start]
        found = ENTITY.match(text, start)
        yield found[0] if found else "&amp;"
        at = found.end() if found else start + 1
    yield text[at:]


def _scan(text: str) -> Iterator[Token]:
    at = 0
    is_unclosed = {_CLOSE: False, _CDATA_CLOSE: False}
    while (start := text.find("<", at)) >= 0:
        at = start + 1
        opening = next((mark for mark in (_COMMENT, _CDATA) if text.startswith(mark, start)), None)
        if opening is not None:
            close = _CLOSE if opening == _COMMENT else _CDATA_CLOSE
            if opening == _COMMENT and text.startswith(("<!-->", "<!--->"), start):
                at = text.index(">", start) + 1
                yield Token(start, at, "!")
            elif is_unclosed[close] or (end := text.find(close, start + len(opening))) < 0:
                if opening == _COMMENT and not is_unclosed[close]:
                    yield Token(start, -1, "!")
                is_unclosed[close] = True
            else:
                at = end + len(close)
                yield Token(start, at, "!")
        elif text[start : start + 9].lower() == "<!doctype" or text.startswith("<?xml", start):
            end = text.find(">", start)
            if end > 0:
                at = end + 1
                yield Token(start, at, "!")
        elif (token := _tag(text, start)) is not None:
            yield token
            at = token.end


def _tag(text: str, start: int) -> Token | None:
    is_closing = text.startswith("</", start)
    name = _NAME.match(text, start + 1 + is_closing)
    if name is None:
        return None
    lowered = name[0].lower()
    if lowered not in KNOWN and not (":" in lowered or "-" in lowered):
        return None
    at = name.end()
    has_attributes = has_value = False
    while True:
        blanks = _BLANKS.match(text, at)
        spaced = blanks is not None and blanks.end() > at
        at = blanks.end() if blanks else at
        if text.startswith(">", at):
            break
        if text.startswith("/", at):
            at += 1
            continue
        attribute = _ATTRIBUTE.match(text, at) if spaced or has_value else None
        if attribute is None:
            return None
        at = attribute.end()
        has_attributes = True
        equals = _BLANKS.match(text, at)
        if equals is not None and text.startswith("=", equals.end()):
            blanks = _BLANKS.match(text, equals.end() + 1)
            at = blanks.end() if blanks else at
            quote = text[at : at + 1]
            if quote and quote in "\"'":
                at = text.find(quote, at + 1) + 1
                if at == 0:
                    return None
                has_value = True
            else:
                value = _UNQUOTED.match(text, at)
                at = value.end() if value else at
        elif attribute[0].lower() not in _FLAGS and "-" not in attribute[0]:
            return None
    end = at + 1
    if _TALK.match(text, end):
        return None
    return Token(start, end, lowered, is_closing, has_attributes, has_value)


def _without_text(found: list[Token]) -> list[Token]:
    """The tags without those that are probably text: `a<b>c`, `<my-branch>`."""
    closing = Counter(token.name for token in found if token.is_closing)
    kept: list[Token] = []
    opened: Counter[str] = Counter()
    for token in found:
        if token.is_closing:
            closing[token.name] -= 1
            if token.name not in KNOWN and not opened[token.name]:
                continue
        elif token.name in INLINE and not token.has_attributes and not closing[token.name]:
            continue
        elif token.name not in KNOWN and token.name != "!" and not token.has_value:
            if not closing[token.name]:
                continue
            opened[token.name] += 1
        else:
            opened[token.name] += 1
        kept.append(token)
    return kept
