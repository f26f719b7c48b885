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

# Lists in lists or objects in objects; what is nested deeper is no FAQ, and would exhaust the
# stack of whatever walks through it later.
MAX_DEPTH = 20


def is_too_deep(value: object) -> bool:
    """Whether a decoded value is nested deeper than `MAX_DEPTH`."""
    level: list[object] = [value]
    for _ in range(MAX_DEPTH):
        inner: list[object] = []
        for holder in level:
            if isinstance(holder, Mapping):
                inner += holder.values()
            elif isinstance(holder, list):
                inner += holder
        if not inner:
            return False
        level = inner
    return any(isinstance(item, Mapping | list) for item in level)
