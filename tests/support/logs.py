"""Logging belongs to the whole process: what a test sets up there it takes down again."""

import logging
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog
from structlog.testing import capture_logs


@contextmanager
def logging_as_it_was() -> Iterator[None]:
    """For code that sets up logging, as a process does at its start: afterwards it is undone."""
    root = logging.getLogger()
    handlers, root_level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in list(root.manager.loggerDict)}
    try:
        yield
    finally:
        structlog.reset_defaults()
        root.handlers[:] = handlers
        root.setLevel(root_level)
        for name in list(root.manager.loggerDict):
            logging.getLogger(name).setLevel(levels.get(name, logging.NOTSET))


def left_behind() -> list[str]:
    """What somebody has set up and not taken down; pytest's own handlers come and go."""
    root = logging.getLogger()
    left = [
        repr(handler)
        for handler in root.handlers
        if not type(handler).__module__.startswith("_pytest.")
    ]
    return [*left, "structlog's configuration"] if structlog.is_configured() else left


@contextmanager
def captured() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged meanwhile, as structlog's own `capture_logs` has it, but leaving nothing."""
    try:
        with capture_logs() as logs:
            yield logs
    finally:
        structlog.reset_defaults()
