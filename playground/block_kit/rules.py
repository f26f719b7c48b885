"""Rules, of which the Block Kit reference is built.

A rule takes a value, the JSON pointer to it and a list for the faults it finds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Faults = list[str]
Rule = Callable[[Any, str, Faults], None]


def fault(faults: Faults, pointer: str, message: str) -> None:
    """Notes a fault as Slack words it, with the JSON pointer to its place."""
    faults.append(f"{message} [json-pointer:{pointer}]")


def string(maximum: int | None = None, minimum: int = 1) -> Rule:
    """A string between these lengths."""

    def rule(value: Any, pointer: str, faults: Faults) -> None:
        if not isinstance(value, str):
            fault(faults, pointer, "must be a string")
        elif maximum is not None and len(value) > maximum:
            fault(faults, pointer, f"must be less than {maximum + 1} characters")
        elif len(value) < minimum:
            fault(faults, pointer, f"must be more than {minimum - 1} characters")

    return rule


def boolean(value: Any, pointer: str, faults: Faults) -> None:
    """A boolean."""
    if not isinstance(value, bool):
        fault(faults, pointer, "must be a boolean")


def integer(minimum: int, maximum: int) -> Rule:
    """An integer within these bounds."""

    def rule(value: Any, pointer: str, faults: Faults) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            fault(faults, pointer, "must be an integer")
        elif not minimum <= value <= maximum:
            fault(faults, pointer, f"must be between {minimum} and {maximum}")

    return rule


def one_of(*values: str) -> Rule:
    """One of a few strings."""

    def rule(value: Any, pointer: str, faults: Faults) -> None:
        if value not in values:
            fault(faults, pointer, f"must be one of: {', '.join(values)}")

    return rule


def anything(value: Any, pointer: str, faults: Faults) -> None:
    """Whatever it is, it is not looked into."""


def array(item: Rule, maximum: int, minimum: int = 1) -> Rule:
    """A list of so many items."""

    def rule(value: Any, pointer: str, faults: Faults) -> None:
        if not isinstance(value, list):
            fault(faults, pointer, "must be an array")
            return
        if len(value) > maximum:
            fault(faults, pointer, f"no more than {maximum} items allowed")
        if len(value) < minimum:
            fault(faults, pointer, f"no less than {minimum} items allowed")
        for index, entry in enumerate(value):
            item(entry, f"{pointer}/{index}", faults)

    return rule


def obj(required: dict[str, Rule], optional: dict[str, Rule] | None = None) -> Rule:
    """An object with these properties and no others."""
    known = required | (optional or {})

    def rule(value: Any, pointer: str, faults: Faults) -> None:
        if not isinstance(value, dict):
            fault(faults, pointer, "must provide an object")
            return
        for name in required:
            if value.get(name) is None:
                fault(faults, pointer, f"missing required field: {name}")
        for name, entry in value.items():
            if name not in known:
                fault(faults, pointer, f"invalid additional property: {name}")
            elif entry is not None:
                known[name](entry, f"{pointer}/{name}", faults)

    return rule


def typed(table: dict[str, Rule]) -> Rule:
    """An object whose ``type`` says which rule holds for it."""

    def rule(value: Any, pointer: str, faults: Faults) -> None:
        if not isinstance(value, dict):
            fault(faults, pointer, "must provide an object")
        elif "type" not in value:
            fault(faults, pointer, "missing required field: type")
        elif not isinstance(value["type"], str) or value["type"] not in table:
            fault(faults, f"{pointer}/type", f"unsupported type: {value['type']}")
        else:
            table[value["type"]](value, pointer, faults)

    return rule


def needs_one(rule: Rule, *names: str) -> Rule:
    """An object for which another rule holds, and that has at least one of these properties."""

    def checked(value: Any, pointer: str, faults: Faults) -> None:
        rule(value, pointer, faults)
        if not any(value.get(name) for name in names):
            fault(faults, pointer, f"missing required field: {' or '.join(names)}")

    return checked
