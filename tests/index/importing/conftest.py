"""What the import and export tests share: a folder to work in and short ways to write files."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from index.store import Store
from index.store.types import Pair

WriteFile = Callable[..., Path]


@pytest.fixture(autouse=True)
def _work_in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)


@pytest.fixture
def write_file() -> WriteFile:
    """Writes a file: text, bytes, or objects as JSON lines."""

    def write(name: str, content: object) -> Path:
        path = Path(name)
        if isinstance(content, list):
            content = "".join(json.dumps(row) + "\n" for row in content)
        path.write_bytes(content if isinstance(content, bytes) else str(content).encode())
        return path

    return write


@pytest.fixture
def stored(sqlite_store: Store) -> Callable[[], dict[str, Pair]]:
    """The store's pairs by question."""

    def pairs() -> dict[str, Pair]:
        return {pair.question: pair for window in sqlite_store.pairs.walk() for pair in window}

    return pairs
