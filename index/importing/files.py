"""Opening FAQ files as text: their encoding, and what may be wrong with a line."""

import codecs
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from index.errors import ImportFailed

# Characters in one row of a file. A longer one is a damaged file, not an FAQ entry; the limit
# is what keeps the memory of an import bounded.
MAX_ROW = 1_000_000

STDIN = Path("-")

# Stands in a decoded text where it was cut at MAX_ROW. It is a lone surrogate other than those
# of `surrogateescape`, so no file can hold it.
_CUT = "\udfff"
NOT_UTF8 = "the row is not valid UTF-8"
_NOT_TEXT = re.compile("[\udc80-\udcff]")


def _mark_undecodable(error: UnicodeError) -> tuple[str, int]:
    # `surrogateescape` for encodings that do not know it, such as UTF-16.
    assert isinstance(error, UnicodeDecodeError)
    return "\udc80", error.end


codecs.register_error("faqbot.mark", _mark_undecodable)


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Open a file as UTF-8 (with or without byte order mark) or as UTF-16 with one.

    Bytes that are not valid there come as lone surrogates, which `fault` finds.

    Raises:
        ImportFailed: The file is missing, a folder, or must not be read.
    """
    if path.is_dir():
        raise ImportFailed(f"{path} is a folder; name the files in it")
    try:
        with path.open("rb") as file:
            start = file.read(3)
    except FileNotFoundError:
        raise ImportFailed(f"{path} does not exist") from None
    except OSError as error:
        raise ImportFailed(f"{path} cannot be read: {error.strerror}") from None
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        encoding, errors = "utf-16", "faqbot.mark"
    elif start == codecs.BOM_UTF8:
        encoding, errors = "utf-8-sig", "surrogateescape"
    else:
        encoding, errors = "utf-8", "surrogateescape"
    with path.open(encoding=encoding, errors=errors) as text:
        yield text


@contextmanager
def on_disk(path: Path) -> Iterator[Path]:
    """The path of a file that can be read more than once: standard input is copied to one."""
    if path != STDIN:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="faqbot-") as folder:
        copy = Path(folder) / "stdin.jsonl"
        with copy.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield copy


def lines(text: TextIO) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, from 1; one longer than `MAX_ROW` comes cut, with a `fault`."""
    number = 0
    while line := text.readline(MAX_ROW):
        number += 1
        if len(line) == MAX_ROW and not line.endswith("\n"):
            while (rest := text.readline(MAX_ROW)) and not rest.endswith("\n"):
                pass
            line = line[:1000] + _CUT + "\n"
        yield number, line


def fault(text: str) -> str | None:
    """Why a decoded text cannot be used; None where it can."""
    if text.isascii():
        return None
    if _CUT in text:
        return f"the row is longer than {MAX_ROW:,} characters"
    if _NOT_TEXT.search(text):
        return NOT_UTF8
    return None
