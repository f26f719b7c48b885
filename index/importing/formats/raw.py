"""What every reader yields: a row as the file holds it, or a place that cannot be read."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RawRow:
    """A mapping of keys to values, unchecked, and the line on which it starts."""

    line: int
    values: Mapping[object, object]


@dataclass(frozen=True, slots=True)
class BadRow:
    """Something that is no row: its line, why, and its text."""

    line: int
    reason: str
    text: str


Raw = RawRow | BadRow
