"""Cutting mrkdwn into chunks that a section holds, where a reader would cut it."""

import re
from collections.abc import Iterator

from bot.slack.mrkdwn import FENCE, LINK, SECTION_LIMIT, unbroken

SPLIT_MINIMUM = 20
"""The least `limit` of `split`: a code fence around one escape, with room to go on."""

_PIECE = re.compile(r"```|&(?:amp|lt|gt);|<[^<>\n]*>|`[^`\n]{1,200}`|\n+|[^\S\n]+|[^\s&<`]+|[&<`]")
# Full-width stops and commas: text written without spaces breaks after them.
_WIDE_STOP = re.compile(r"[\u3001\u3002\uff01\uff0c\uff1b\uff1f]")
_SENTENCE_END = re.compile(r"[.!?\u2026\u3002\uff01\uff1f]['\")\]\u2019\u201d*_]*$")

# How good a place to break is, best last.
_ANYWHERE, _WORD, _SENTENCE, _CODE_LINE, _LINE, _PARAGRAPH = range(6)


def split(text: str, limit: int = SECTION_LIMIT) -> list[str]:
    """Cut mrkdwn into chunks of at most `limit` characters; none is blank.

    Breaks at paragraph, line, sentence, then word borders, the best that fills at least half a
    chunk, and drops the white space there. Never breaks inside an escape, a link or inline code
    that fits a chunk; a link that does not fit becomes plain text. A code fence that spans
    chunks is closed and opened again.

    Raises:
        ValueError: `limit` is below `SPLIT_MINIMUM`.
    """
    if limit < SPLIT_MINIMUM:
        raise ValueError(f"limit must be at least {SPLIT_MINIMUM} characters, not {limit}")
    if len(text) <= limit:
        return [text] if text.strip() else []
    opening, closing = FENCE + "\n", "\n" + FENCE
    spare = len(opening) + len(closing) if text.count(FENCE) > 1 else 0
    pieces = list(_pieces(text, limit - spare))
    fences = _fences(pieces)
    chunks: list[str] = []
    start, fenced = 0, False
    while start < len(pieces):
        end, fenced_after = _chunk_end(pieces, fences, start, fenced, limit)
        body = "".join(pieces[start:end])
        if fenced_after:
            body = body.rstrip("\n") + closing
        elif end < len(pieces):
            body = body.rstrip()
        if body.strip():
            chunks.append((opening if fenced else "") + body)
        start, fenced = _past_border(pieces, end, fenced_after), fenced_after
        if fenced and start in fences:  # closed already, at the end of this chunk
            start, fenced = _past_border(pieces, start + 1, False), False
    return chunks


def _pieces(text: str, room: int) -> Iterator[str]:
    """`text` as pieces of at most `room` characters, none of which should be broken."""
    for found in _PIECE.finditer(text):
        piece = found[0]
        if len(piece) > room and (as_link := LINK.fullmatch(piece)):
            piece = f"{as_link[2]} ({as_link[1]})" if as_link[2] else as_link[1]
        start = 0
        while len(piece) - start > room:
            end = unbroken(piece, start, start + room)
            for sentence in reversed(list(_WIDE_STOP.finditer(piece, start + room // 2, end))):
                end = sentence.end()
                break
            yield piece[start:end]
            start = end
        yield piece[start:]


def _fences(pieces: list[str]) -> set[int]:
    """Indices of the pieces that open or close a code block; one without a partner is text."""
    marks = [index for index, piece in enumerate(pieces) if piece == FENCE]
    return set(marks[: len(marks) // 2 * 2])


def _past_border(pieces: list[str], start: int, fenced: bool) -> int:
    """Where the next chunk begins: past the border's white space, not past an indentation."""
    while start < len(pieces):
        after_line = start > 0 and pieces[start - 1].endswith("\n")
        if not pieces[start].startswith("\n") and (
            fenced or after_line or not pieces[start].isspace()
        ):
            break
        start += 1
    return start


def _chunk_end(
    pieces: list[str], fences: set[int], start: int, fenced: bool, limit: int
) -> tuple[int, bool]:
    """The end of the chunk that begins at piece `start`, and whether it ends inside a fence."""
    overhead = len(FENCE) + 1
    size = overhead if fenced else 0
    borders: dict[int, tuple[int, int, bool]] = {}  # rank -> last (end, size, fenced) there
    empty = False  # inside a fence that has nothing in it yet: no place to break
    for index in range(start, len(pieces)):
        was_fenced = fenced
        if index in fences:
            fenced = empty = not fenced
        elif not pieces[index].isspace():
            empty = False
        size += len(pieces[index])
        if size + (overhead if fenced else 0) > limit:
            break
        if not empty:
            borders[_rank(pieces, index, fenced)] = (index + 1, size, fenced)
    else:
        return len(pieces), False
    for rank in range(_PARAGRAPH, _ANYWHERE, -1):
        if rank in borders and borders[rank][1] >= limit // 2:
            return borders[rank][0], borders[rank][2]
    soft = [border for rank, border in borders.items() if rank != _ANYWHERE]
    if soft or borders:
        end, _, fenced_after = max(soft or borders.values())
        return end, fenced_after
    return index, was_fenced  # a fence that opens with more blank lines than a chunk holds


def _rank(pieces: list[str], index: int, fenced: bool) -> int:
    """How good a place to break the end of this piece is."""
    piece = pieces[index]
    if not piece.isspace():
        return _ANYWHERE
    if piece[0] == "\n":
        if fenced:
            return _CODE_LINE
        return _PARAGRAPH if len(piece) > 1 else _LINE
    if not fenced and index and _SENTENCE_END.search(pieces[index - 1][-8:]):
        return _SENTENCE
    return _WORD
