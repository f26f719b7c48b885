"""Texts as they come in from files and people, made fit to store, compare and embed."""

import hashlib
import re
import unicodedata

# Longer than any answer a person reads in a thread; a row beyond it is a mistake in the file.
MAX_QUESTION = 2_000
MAX_ANSWER = 20_000

# Everything Unicode calls a control (Cc) except line feed and tab, plus the bidirectional
# overrides and the zero-width no-break space, which only serve to hide text.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")


def without_controls(text: str) -> str:
    """A text without the control characters that no question or answer needs."""
    return _CONTROL.sub("", text)


def clean(text: str) -> str:
    """A text without control characters, with `\\n` line ends, in Unicode NFC.

    Blank lines around it and spaces at the ends of lines go. All else stays, indentation and
    inner blank lines too: an answer is shown word for word and may hold code.
    """
    if text.isascii() and text.isprintable():  # most texts: one line with nothing to clean
        return text.strip()
    text = without_controls(text.replace("\r\n", "\n").replace("\r", "\n"))
    # A lone surrogate cannot be written as UTF-8 by any store.
    text = text.encode("utf-8", "replace").decode("utf-8")
    # Last, because a character taken out may have stood between two that compose; so that
    # cleaning a cleaned text changes nothing.
    text = unicodedata.normalize("NFC", text)
    lines = (line.rstrip() for line in text.split("\n"))
    text = "\n".join(lines).strip("\n")
    return text if "\n" in text else text.strip()


def one_line(text: str) -> str:
    """A cleaned text on one line: what a question or phrasing is stored as."""
    return " ".join(clean(text).split())


def ends_of(text: str, longest: int, between: str = "\n") -> str:
    """A text of at most so many characters: of a longer one its beginning and its end.

    Args:
        text: Any text.
        longest: In characters; more than `between` has.
        between: Stands for what is left out.
    """
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]}{between}{text[len(text) - (longest - half - len(between)) :]}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number with its noun, such as "1 pair" and "2 pairs".

    Args:
        plural: The noun for any number but 1; default: with an s.
    """
    return f"{count} {noun if count == 1 else plural or f'{noun}s'}"


def fold(text: str) -> str:
    """The form in which two texts count as the same: case, width and spacing folded."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def text_hash(text: str) -> bytes:
    """A 16-byte content key of a text (BLAKE2b), the same in every process."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
