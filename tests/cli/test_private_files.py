"""What the commands leave on the disk can be read by its owner only."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from index.settings import IndexSettings
from index.store import Store

Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def _a_generous_umask() -> Any:
    before = os.umask(0o022)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    """Everything in a folder that other users may read, but for links."""
    found = [folder, *folder.rglob("*")]
    return [
        str(path.relative_to(folder))
        for path in found
        if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]


def test_a_new_data_folder_and_all_in_it_are_for_the_owner_alone(
    run: Run, tmp_path: Path, faq: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAQBOT_INDEX_DATA_DIR", "above/data")
    assert run("init").code == 0
    assert run("import", faq).code == 0
    assert run("reindex").code == 0
    folder = tmp_path / "above" / "data"
    assert {path.name for path in folder.iterdir()} >= {"faqbot.db", "jobs", "collections"}
    assert any(path.is_file() for path in (folder / "jobs").rglob("*")), "its log"
    assert open_to_others(tmp_path / "above") == []


def test_an_export_has_the_mode_of_its_owner_s_other_files(
    run: Run, data_dir: Path, tmp_path: Path, faq: Path
) -> None:
    assert run("import", faq).code == 0
    assert run("export", "--output", tmp_path / "out.jsonl").code == 0
    assert stat.S_IMODE((tmp_path / "out.jsonl").stat().st_mode) == 0o644


def test_the_database_is_for_the_owner_alone_whoever_opens_it(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    Store.open(IndexSettings(data_dir=folder).store_url).close()
    assert open_to_others(folder) == []


def test_an_open_data_folder_is_told_and_not_changed(run: Run, data_dir: Path, faq: Path) -> None:
    assert run("import", faq).code == 0
    assert "readable by its owner only" in run("doctor").out
    data_dir.chmod(0o755)
    told = run("doctor").out
    assert "other users of this machine can look into" in told.replace("\n", " ")
    assert "chmod -R go-rwx" in told
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o755


def test_the_child_of_a_job_keeps_its_files_private(tmp_path: Path) -> None:
    script = (
        "import io, sys, pathlib\n"
        "from index.jobs import child\n"
        "sys.stdin = io.TextIOWrapper(io.BytesIO(b'no order'))\n"
        "child.run(lambda order, report: None)\n"
        "pathlib.Path('made').write_text('x')\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, timeout=60)
    assert stat.S_IMODE((tmp_path / "made").stat().st_mode) == 0o600
