"""Tests of one function on many examples: one test a table, not one an example."""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest


def table(cases: Iterable[Any]) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Make a check of one example into a test of them all.

    The test fails with every example for which the check fails, not only with the first.

    Args:
        cases: The examples; tuples where the check takes more than one argument.
    """
    rows = list(cases)

    def decorate(check: Callable[..., None]) -> Callable[[], None]:
        single = len(inspect.signature(check).parameters) == 1

        @functools.wraps(check)
        def test() -> None:
            failed = []
            for row in rows:
                try:
                    check(row) if single else check(*row)
                except (Exception, pytest.fail.Exception) as error:
                    failed.append(f"{_short(row)}\n    {type(error).__name__}: {error}")
            if failed:
                listed = "\n".join(failed)
                pytest.fail(f"{len(failed)} of {len(rows)} fail:\n{listed}", pytrace=False)

        # pytest would take the check's arguments for fixtures.
        del test.__wrapped__  # type: ignore[attr-defined]
        return test

    return decorate


def _short(row: object) -> str:
    text = repr(row)
    return text if len(text) <= 500 else f"{text[:500]}..."
