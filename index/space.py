"""Room on the disk: looked for before the embedded engine writes."""

import shutil
from collections.abc import Callable
from pathlib import Path

from index.errors import DiskFull

# The engine maps its files into memory: where the disk has no room for what it writes there, the
# system ends the process. So this much must be free before it writes: an empty collection takes
# nine megabytes, and others write to the disk, too.
RESERVE_BYTES = 32 << 20

FreeSpace = Callable[[Path], int]


def free_space(folder: Path) -> int:
    """Bytes that may still be written to the disk that a folder is on, or will be."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def require_space(folder: Path, free: FreeSpace = free_space, more: int = 0) -> None:
    """Check that there is room to write.

    Args:
        more: Bytes that are needed beyond the reserve.

    Raises:
        DiskFull: There is not.
    """
    needed = RESERVE_BYTES + more
    if free(folder) < needed:
        raise DiskFull(
            f"disk full: the index in {folder} needs {-(-needed >> 20)} MB free to be written; "
            "make room on that disk"
        )
