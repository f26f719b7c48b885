"""What a format is: how its files are known, read and written.

A module here for each; `registry.py` lists them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TextIO

from index.importing.formats.raw import Raw

# A pair as an import reads it: values by key, without those that are empty.
Row = Mapping[str, Any]
WriteRow = Callable[[Row], None]


@dataclass(frozen=True)
class Format:
    """A kind of file that holds pairs.

    Attributes:
        name: What `--format` takes.
        extensions: Those of files that are read so, in lower case and with their dot.
        read: The rows of an open file.
        title: How `import --help` calls it; empty where another format stands for it.
        check: Raises `ImportFailed` where nothing of an open file could be imported; it is
            asked before anything is written.
        with_columns: The format with other names for its columns, by key; None: it has no columns.
        write: Begins an open file; returns what writes a row to it. None: it is not exported.
        exported_as: The extensions for which an export chooses this format by itself.
        for_readers: Whether an export is read by people rather than imported again: it then has
            only active pairs that everybody may see, by topic.
    """

    name: str
    extensions: tuple[str, ...]
    read: Callable[[TextIO], Iterator[Raw]]
    title: str = ""
    check: Callable[[TextIO], object] | None = None
    with_columns: Callable[[Mapping[str, str]], "Format"] | None = None
    write: Callable[[TextIO], WriteRow] | None = None
    exported_as: tuple[str, ...] = ()
    for_readers: bool = False
