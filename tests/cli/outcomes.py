"""What the tests of the commands share: running one, and reading how it ended."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# Runs `faqbot ARGS...` in this process; gives `code`, `out` and `err`.
Run = Callable[..., Any]
# Puts a script in the place of the processes that do the work.
Children = Callable[[str], None]


def one_json(result: Any, code: int = 0) -> Any:
    """The one line of JSON that standard output holds and nothing else."""
    assert result.code == code, result.err
    assert result.out.endswith("\n")
    assert result.out.count("\n") == 1
    return json.loads(result.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def refusal(result: Any, code: int = 1) -> str:
    """The one line on standard error that a failure is."""
    line = failure(result, code)
    assert result.err.splitlines() == [line]
    return line


def failure(result: Any, code: int = 1) -> str:
    """The one line that says how a job failed, below those on its progress."""
    assert result.code == code, result
    assert result.out == ""
    assert "Traceback" not in result.err
    (line,) = [line for line in result.err.splitlines() if line.startswith("faqbot: ")]
    return str(line)


def files_in(folder: Path) -> set[str]:
    """The paths of everything below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
