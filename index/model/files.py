"""A version's files: listed without following links, read within limits."""

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index.errors import ModelError
from index.model.manifest import shown

# Far more than any file that is parsed here has: manifests and configurations.
MAX_JSON = 1 << 20
# Folders within folders; a version has four.
MAX_DEPTH = 8


def files_below(folder: Path, depth: int = MAX_DEPTH) -> Iterator[str]:
    """The paths of all files below a folder, in order; the folder itself may be a link.

    Raises:
        ModelError: There is a link, or what is neither a file nor a folder: neither is ever
            written there, and a link could lead out of the folder.
    """
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            if not depth:
                raise ModelError(f"its folders are nested too deeply, at {shown(entry.name)}")
            for name in files_below(Path(entry.path), depth - 1):
                yield f"{entry.name}/{name}"
        elif entry.is_file(follow_symlinks=False):
            yield entry.name
        else:
            what = "a link" if entry.is_symlink() else "no file"
            raise ModelError(f"{shown(entry.name)} is {what}; only plain files and folders may be")


def read_text(path: Path) -> str:
    """The text of a small file.

    Raises:
        FileNotFoundError: There is none.
        OSError: It is no plain file, or cannot be read.
        ValueError: It is too long, or not UTF-8.
    """
    # Not blocking: a named pipe would keep us waiting without end.
    with open(path, "rb", opener=_open_plain) as file:
        content = file.read(MAX_JSON + 1)
    if len(content) > MAX_JSON:
        raise ValueError(f"it is larger than {MAX_JSON} bytes")
    return content.decode()


def read_json(path: Path) -> Any:
    """What a small JSON file holds.

    Raises:
        ModelError: It cannot be read, or is no JSON.
    """
    name = f"{path.parent.name}/{path.name}"
    try:
        return json.loads(read_text(path))
    except FileNotFoundError:
        raise ModelError(f"{name} is missing") from None
    except RecursionError:
        raise ModelError(f"{name} does not say what to load (it is nested too deeply)") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{name} does not say what to load ({error})") from None


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's content, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _open_plain(path: str, flags: int) -> int:
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("it is no plain file")
    return descriptor
