"""Reading a control request."""

from __future__ import annotations

from typing import Any

from playground.errors import ControlError

Json = dict[str, Any]


class Body:
    """The JSON body of a control request, with readable complaints."""

    def __init__(self, values: Json) -> None:
        self.values = values

    def text(self, name: str) -> str:
        """A string that must be there."""
        value = self.values.get(name)
        if not isinstance(value, str) or not value:
            raise ControlError(f"Give {name!r} as a string.")
        return value

    def maybe(self, name: str) -> str | None:
        """A string or nothing."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, str):
            raise ControlError(f"{name!r} has to be a string.")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean."""
        value = self.values.get(name, default)
        if not isinstance(value, bool):
            raise ControlError(f"{name!r} has to be true or false.")
        return value

    def number(self, name: str, default: float) -> float:
        """A number that is not negative."""
        value = self.values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise ControlError(f"{name!r} has to be a number, 0 or more.")
        return float(value)

    def strings(self, name: str) -> list[str]:
        """A list of strings."""
        value = self.values.get(name, [])
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise ControlError(f"{name!r} has to be a list of strings.")
        return value
