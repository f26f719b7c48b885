"""The embedded engine on a disk that is full: it says so, and is never killed by it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from index.engines.base import Point, Retriever
from index.engines.edge import EdgeEngine
from index.errors import DiskFull
from index.space import RESERVE_BYTES, free_space
from tests.index.engines.conftest import DIMENSION

NAME = "faq"

MakePoint = Callable[..., Point]


@dataclass
class Disk:
    """How much room a disk has, as a test says."""

    free: int = 1 << 40

    def __call__(self, folder: Path) -> int:
        return self.free


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def engine(tmp_path: Path, disk: Disk) -> EdgeEngine:
    return EdgeEngine(tmp_path / "collections", disk)


def test_nothing_is_made_on_a_full_disk(engine: EdgeEngine, disk: Disk, tmp_path: Path) -> None:
    disk.free = RESERVE_BYTES - 1
    with pytest.raises(DiskFull, match=r"^disk full: .* needs 32 MB free .*; make room") as error:
        engine.create(NAME, DIMENSION)
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []
    disk.free += 1
    engine.create(NAME, DIMENSION).close()


def test_a_collection_is_not_opened_on_a_full_disk_and_is_let_go(
    engine: EdgeEngine, disk: Disk
) -> None:
    engine.create(NAME, DIMENSION).close()
    disk.free = 0
    with pytest.raises(DiskFull):
        engine.open(NAME)
    disk.free = RESERVE_BYTES
    engine.open(NAME).close()


def test_what_is_there_is_found_while_nothing_more_is_written(
    engine: EdgeEngine, disk: Disk, point: MakePoint, lookup: Callable[..., object]
) -> None:
    opened = engine.create(NAME, DIMENSION)
    opened.replace(["a"], [point("a", "a?", 1)])
    disk.free = 0
    with pytest.raises(DiskFull):
        opened.replace(["b"], [point("b", "b?", 1)])
    with pytest.raises(DiskFull):
        opened.replace(["a"], [])
    assert opened.count() == 1
    (hits,) = opened.search([lookup(Retriever.QUESTION, 1)], place=None)  # type: ignore[list-item]
    assert [hit.pair_id for hit in hits] == ["a"]
    disk.free = 1 << 40
    opened.replace(["b"], [point("b", "b?", 1)])
    assert opened.count() == 2
    opened.close()


def test_much_needs_more_room(engine: EdgeEngine, disk: Disk, point: MakePoint) -> None:
    opened = engine.create(NAME, DIMENSION)
    disk.free = RESERVE_BYTES + 100_000
    points = [point(str(number), f"{number}?", 1) for number in range(1000)]
    with pytest.raises(DiskFull):
        opened.replace([p.pair_id for p in points], points)
    opened.replace([p.pair_id for p in points[:5]], points[:5])
    opened.close()


def test_the_room_of_a_folder_that_is_not_there_yet_is_that_of_its_disk(tmp_path: Path) -> None:
    assert free_space(tmp_path / "not" / "yet") > 0


# -- a real disk ---------------------------------------------------------------------------

# Writes until it is refused, and goes on searching.
WRITER = """
import sys, uuid
from pathlib import Path
import numpy as np
from index.engines.base import Lookup, Point, Retriever
from index.engines.edge import EdgeEngine
from index.errors import DiskFull

folder = Path(sys.argv[1])
collection = EdgeEngine(folder / "collections").create("faq", 384)
random = np.random.default_rng(1)
full = 0
for number in range(0, 100_000, 100):
    points = [
        Point(
            str(uuid.uuid5(uuid.NAMESPACE_DNS, str(i))), str(i),
            {Retriever.QUESTION: random.random(384, dtype=np.float32)},
            f"text {i}", ("*",), "active",
        )
        for i in range(number, number + 100)
    ]
    try:
        collection.replace([p.pair_id for p in points], points)
        collection.flush()
        written = number + 100
    except DiskFull:
        full += 1
        break
lookup = Lookup(Retriever.QUESTION, points[0].vectors[Retriever.QUESTION], 10)
assert collection.count() == written
assert len(collection.search([lookup], place=None)[0]) == 10
collection.close()
print("refused", full)
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 MB of the test's own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.slow
def test_a_real_disk_that_runs_full_ends_no_process(small_disk: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(small_disk)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "refused 1\n"), done.stderr
