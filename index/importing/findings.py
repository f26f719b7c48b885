"""What an import took and a person should look at, because it may not be what was meant."""

from dataclasses import dataclass

from index.importing.markup.tags import tags_in
from index.importing.rows import FaqRow
from index.text import counted

# Longer than answers are; several questions were probably taken for one.
LONG_ANSWER = 5_000


@dataclass(frozen=True)
class Finding:
    """Something about a row that was taken."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file} line {self.line}: {self.message}"


def found_in(row: FaqRow, file: str, line: int) -> list[Finding]:
    """What is to be said of a row."""
    messages: list[str] = []
    if len(row.answer) > LONG_ANSWER:
        messages.append(f"one pair of {len(row.answer):,} characters; is it several questions?")
    if "<" in row.question and (names := _tags(row.question)):
        messages.append(f"the question shows {names}")
    return [Finding(file, line, message) for message in messages]


def _tags(text: str) -> str:
    try:
        tokens = tags_in(text)
    except ValueError:
        return "a comment that is not closed"
    return counted(len(tokens), "tag") if tokens else ""
