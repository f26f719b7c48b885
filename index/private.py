"""Files that their owner alone may read: what a team asks and answers is nobody else's business."""

import os
from pathlib import Path

OWNER_ONLY = 0o077
"""The bits of a mode that let others in; also the umask that keeps them out."""


_umask_before: int | None = None


def keep_files_private() -> None:
    """Let this process and its children create files and folders that only the owner can read."""
    global _umask_before
    before = os.umask(OWNER_ONLY)
    _umask_before = before if _umask_before is None else _umask_before


def share_as_usual(path: Path) -> None:
    """Give a file that a person asked for the mode that their own files have."""
    if _umask_before is not None:
        path.chmod(0o666 & ~_umask_before)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, for the owner alone; what exists stays as it is."""
    for missing in [path for path in (*reversed(folder.parents), folder) if not path.exists()]:
        missing.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(exist_ok=True)  # says so where it is no folder


def make_file(path: Path) -> None:
    """Make an empty file for the owner alone; one that exists stays as it is."""
    path.touch(mode=0o600, exist_ok=True)


def lets_others_in(path: Path) -> bool:
    """Whether other users of this machine may look into a folder or a file."""
    return bool(path.stat().st_mode & OWNER_ONLY)
