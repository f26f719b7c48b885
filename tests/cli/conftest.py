"""Running the command line in this process, in a data folder that has the base model."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.cli import main
from index.model.base import ensure_base_version


@dataclass(frozen=True)
class Result:
    """What a command wrote, and its exit status."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture(scope="session")
def base_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with the base version in it; to be read only."""
    folder = tmp_path_factory.mktemp("base") / "models"
    ensure_base_version(folder, "all-MiniLM-L6-v2")
    return folder


@pytest.fixture(autouse=True)
def _bare_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder of its own, and no setting from outside."""
    for name in os.environ:
        if name.startswith(("FAQBOT_", "SLACK_")) and not name.startswith("FAQBOT_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("FAQBOT_INDEX_DEVICE", "cpu")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def data_dir(base_models: Path, tmp_path: Path) -> Path:
    """The data folder of the commands, with the base model and nothing else."""
    folder = tmp_path / "faqbot-data"
    folder.mkdir()
    (folder / "models").symlink_to(base_models)
    return folder


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs `faqbot ARGS...` in this process."""

    def run_it(*args: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["faqbot", *map(str, args)])
        capfd.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        return Result(code, *capfd.readouterr())

    return run_it


@pytest.fixture
def faq(tmp_path: Path) -> Path:
    """A small FAQ file."""
    path = tmp_path / "faq.jsonl"
    path.write_text(
        '{"id": "vpn", "question": "Why does the VPN disconnect?", "answer": "Update it: "}\n'
        '{"id": "mail", "question": "How do I add a mail signature?", "answer": "Grüße [bold]🙂"}\n'
        '{"id": "code", "question": "What is 0x80070057?", "answer": "Clear the cache."}\n',
        encoding="utf-8",
    )
    return path
