"""Comments in Markdown: taken out wherever they stand but in code, so that none is published."""

from markdown_it import MarkdownIt

OPEN, CLOSE = "<!--", "-->"

_blocks = MarkdownIt("commonmark").disable(["inline", "text_join"])


class OpenComment(ValueError):
    """A comment that nothing closes.

    Attributes:
        line: Where it begins, from 0.
    """

    def __init__(self, line: int) -> None:
        super().__init__(
            f"a comment is opened by {OPEN} and not closed; close it, or put {OPEN} in backticks"
        )
        self.line = line


def without_comments(text: str) -> str:
    """A Markdown text without its comments; the lines keep their numbers.

    A comment ends where it says, even behind a blank line, where Markdown would publish the
    rest of it.

    Raises:
        OpenComment: A comment is not closed.
    """
    if OPEN not in text:
        return text
    lines = text.split("\n")
    code = _code_lines(text)
    kept: list[str] = []
    opened: int | None = None
    ticks = 0  # of the inline code that is open
    for number, line in enumerate(lines):
        if opened is None and number in code:
            kept.append(line)
            ticks = 0
            continue
        if not line.strip():
            ticks = 0
        shown: list[str] = []
        at = 0
        while at < len(line):
            if opened is not None:
                end = line.find(CLOSE, at)
                if end < 0:
                    break
                opened, at = None, end + len(CLOSE)
                continue
            tick, start = line.find("`", at), _opening(line, at)
            if tick >= 0 and (ticks or start < 0 or tick < start):
                stop = tick
                while stop < len(line) and line[stop] == "`":
                    stop += 1
                run = stop - tick
                if ticks == run:
                    ticks = 0
                elif not ticks and _is_closed(lines, number, stop, run):
                    ticks = run
                shown.append(line[at:stop])
                at = stop
            elif ticks or start < 0:
                shown.append(line[at:])
                break
            else:
                shown.append(line[at:start])
                # `<!-->` is a whole comment.
                short = next((s for s in ("<!-->", "<!--->") if line.startswith(s, start)), None)
                opened = None if short else number
                at = start + len(short or OPEN)
        kept.append("".join(shown))
    if opened is not None:
        raise OpenComment(opened)
    return "\n".join(kept)


def _opening(line: str, at: int) -> int:
    """Where the next comment begins that no backslash makes plain text; -1 for none."""
    while (start := line.find(OPEN, at)) >= 0:
        first = start
        while first > at and line[first - 1] == "\\":
            first -= 1
        if (start - first) % 2 == 0:
            break
        at = start + 1
    return start


def _code_lines(text: str) -> set[int]:
    found: set[int] = set()
    for token in _blocks.parse(text):
        if token.type in ("fence", "code_block") and token.map is not None:
            found.update(range(*token.map))
    return found


def _is_closed(lines: list[str], number: int, at: int, run: int) -> bool:
    """Whether backticks in a row stand again, as many, before the paragraph ends."""
    while number < len(lines) and (line := lines[number]).strip():
        while (start := line.find("`", at)) >= 0:
            stop = start
            while stop < len(line) and line[stop] == "`":
                stop += 1
            if stop - start == run:
                return True
            at = stop
        number, at = number + 1, 0
    return False
