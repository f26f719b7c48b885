"""Waiting for what another thread or process does."""

import time
from collections.abc import Callable
from typing import TypeVar

TIMEOUT_S = 20.0

T = TypeVar("T")


def until(condition: Callable[[], T], what: str, timeout: float = TIMEOUT_S) -> T:
    """Wait until something holds; returns the first true value."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout:g} s: {what}")
        time.sleep(0.02)
    return value
