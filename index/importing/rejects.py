"""The rows that an import did not take, and the file they are written to."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from index.errors import ImportFailed

MAX_RAW = 2_000
_KEYS = {"file", "line", "reason", "row"}


@dataclass(frozen=True)
class Rejection:
    """A row that was not taken.

    Attributes:
        row: The row as it was read, at most `MAX_RAW` characters of it.
    """

    file: str
    line: int
    reason: str
    row: object = field(repr=False)

    def __str__(self) -> str:
        return f"{self.file} line {self.line}: {self.reason}"


def shortened(row: object) -> object:
    """A row fit to be written as JSON: itself, or where it is long the start of its text."""
    if not isinstance(row, str):
        try:
            text = json.dumps(row, default=str)
            if len(text) <= MAX_RAW:
                return row
        except (ValueError, RecursionError):
            text = repr(row)
        row = text
    # Bytes that were no text came as lone surrogates, which cannot be written.
    return row[:MAX_RAW].encode("utf-8", "replace").decode("utf-8")


class RejectsFile:
    """A JSONL file of rejections that appears, whole, when the import is over.

    Without a rejection there is no file, and one left by an earlier import is removed.
    """

    def __init__(self, path: Path) -> None:
        """Prepare to write.

        Raises:
            ImportFailed: The file could not be written.
        """
        folder = path.parent
        if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
            raise ImportFailed(f"the rejected rows cannot be written to {path}; name another file")
        self._path = path
        self._temporary = folder / f".{path.name}.{os.getpid()}.tmp"
        self._file: TextIO | None = None

    def add(self, rejection: Rejection) -> None:
        """Write a rejection; with the first one the file begins."""
        if self._file is None:
            # JSON may have brought lone surrogates, which cannot be written.
            self._file = self._temporary.open("w", encoding="utf-8", errors="replace")
        row = {
            "file": rejection.file,
            "line": rejection.line,
            "reason": rejection.reason,
            "row": rejection.row,
        }
        self._file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")

    def publish(self) -> Path | None:
        """Put the file in its place; returns where, None where nothing was rejected."""
        if self._file is None:
            if _is_ours(self._path):
                self._path.unlink()
            return None
        self._file.close()
        self._temporary.replace(self._path)
        return self._path

    def discard(self) -> None:
        """Leave nothing behind."""
        if self._file is not None:
            self._file.close()
            self._temporary.unlink(missing_ok=True)


def _is_ours(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8") as file:
            row = json.loads(file.readline(10 * MAX_RAW))
    except (OSError, ValueError):
        return False
    return isinstance(row, dict) and set(row) == _KEYS
