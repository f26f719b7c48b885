"""The embedded engine alone: one process holds a collection, and a killed one loses nothing."""

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from index.engines.base import Lookup, Point, Retriever
from index.engines.edge import EdgeEngine
from index.errors import CollectionLocked, SearchIndexError

NAME = "faq"

MakePoint = Callable[..., Point]
MakeLookup = Callable[..., Lookup]

# A process that opens the collection, writes points one after another, and says which it has
# flushed; without points it only holds the collection.
HOLDER = """
import sys, time, uuid
from pathlib import Path
import numpy as np
from index.engines.base import Point, Retriever
from index.engines.edge import EdgeEngine

sys.argv = ["/usr/bin/faqbot", "serve"]
collection = EdgeEngine(Path(FOLDER)).open("faq")
print("holding", flush=True)
vector = np.array([1, 0, 0, 0], dtype=np.float32)
for i in range(POINTS):
    key = str(uuid.uuid5(uuid.NAMESPACE_DNS, str(i)))
    point = Point(key, str(i), {Retriever.QUESTION: vector}, f"text {i}", ("*",), "active")
    collection.replace([str(i)], [point])
    collection.flush()
    print(i, flush=True)
time.sleep(60)
"""


@pytest.fixture
def edge(tmp_path: Path) -> EdgeEngine:
    """An engine with one collection, closed."""
    engine = EdgeEngine(tmp_path)
    engine.create(NAME, 4).close()
    return engine


@contextmanager
def another_process(folder: Path, points: int = 0) -> Iterator["subprocess.Popen[str]"]:
    """A process that holds the collection."""
    code = f"FOLDER = {str(folder)!r}\nPOINTS = {points}\n{HOLDER}"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout
            assert child.stdout.readline() == "holding\n"
            yield child
        finally:
            child.kill()


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.stat().st_size < 1_000_000
    }


def test_a_second_process_is_told_who_holds_the_collection(
    edge: EdgeEngine, tmp_path: Path
) -> None:
    with another_process(tmp_path) as holder:
        before = files(tmp_path)

        for _ in range(2):
            with pytest.raises(CollectionLocked) as raised:
                edge.open(NAME)

        assert raised.value.owner == f"faqbot serve (pid {holder.pid})"
        assert raised.value.owner in str(raised.value)
        assert "\n" not in str(raised.value)
        assert files(tmp_path) == before, "the second one touched nothing"


def test_a_held_collection_is_neither_dropped_nor_made_anew(
    edge: EdgeEngine, tmp_path: Path
) -> None:
    with another_process(tmp_path):
        with pytest.raises(CollectionLocked):
            edge.drop(NAME)
        with pytest.raises(CollectionLocked):
            edge.create(NAME, 4)

    assert edge.exists(NAME)


def test_a_second_opener_in_this_process_is_refused_too(edge: EdgeEngine) -> None:
    first = edge.open(NAME)

    with pytest.raises(CollectionLocked):
        edge.open(NAME)

    first.close()
    edge.open(NAME).close()


def test_the_lock_ends_with_a_killed_holder(edge: EdgeEngine, tmp_path: Path) -> None:
    with another_process(tmp_path) as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait()

        edge.open(NAME).close()


@pytest.mark.slow
def test_what_was_flushed_survives_a_kill(edge: EdgeEngine, tmp_path: Path) -> None:
    with another_process(tmp_path, points=1000) as writer:
        assert writer.stdout
        while int(flushed := writer.stdout.readline()) < 25:
            pass
        writer.send_signal(signal.SIGKILL)
        last = [int(flushed), *map(int, re.findall(r"^\d+$", writer.stdout.read(), re.M))][-1]
        writer.wait()

    opened = edge.open(NAME)
    found = opened.search([lookup_all(limit=2000)], place=None)[0]
    assert {hit.pair_id for hit in found} >= {str(i) for i in range(last + 1)}
    assert opened.count() in (last + 1, last + 2)
    opened.close()


def lookup_all(limit: int) -> Lookup:
    import numpy as np

    return Lookup(Retriever.QUESTION, np.array([1, 0, 0, 0], dtype=np.float32), limit)


def test_closing_twice_is_harmless(edge: EdgeEngine) -> None:
    opened = edge.open(NAME)

    opened.close()
    opened.close()

    edge.open(NAME).close()


def test_a_closed_collection_is_one_clear_line(edge: EdgeEngine) -> None:
    opened = edge.open(NAME)
    opened.close()

    with pytest.raises(SearchIndexError, match=NAME) as raised:
        opened.search([lookup_all(1)], place=None)

    assert "\n" not in str(raised.value)


def test_a_damaged_collection_is_one_clear_line_and_is_let_go(
    edge: EdgeEngine, tmp_path: Path
) -> None:
    (tmp_path / NAME / "edge_config.json").write_text("{")

    for _ in range(2):
        with pytest.raises(SearchIndexError, match=r"cannot be opened.*faqbot init") as raised:
            edge.open(NAME)
        assert not isinstance(raised.value, CollectionLocked)
        assert "\n" not in str(raised.value)


def test_a_collection_killed_while_it_was_made_is_made_anew(
    edge: EdgeEngine, tmp_path: Path
) -> None:
    (tmp_path / NAME / "edge_config.json").unlink()
    assert not edge.exists(NAME)

    edge.create(NAME, 4).close()

    assert edge.exists(NAME)


def test_dropping_leaves_no_file(edge: EdgeEngine, tmp_path: Path) -> None:
    edge.drop(NAME)

    assert list(tmp_path.iterdir()) == []


def test_collections_do_not_lock_each_other(edge: EdgeEngine) -> None:
    first = edge.open(NAME)
    second = edge.create("other", 4)

    assert (first.count(), second.count()) == (0, 0)
    first.close()
    second.close()


def test_a_copied_folder_is_a_backup(
    edge: EdgeEngine, tmp_path: Path, point: MakePoint, lookup: MakeLookup
) -> None:
    opened = edge.open(NAME)
    opened.replace(["a"], [point("a", "a?", 1)])
    opened.flush()
    opened.close()
    shutil.copytree(tmp_path / NAME, tmp_path / "copy")

    copy = edge.open("copy")

    (hits,) = copy.search([lookup(Retriever.QUESTION, 1)], place=None)
    assert [hit.pair_id for hit in hits] == ["a"]
    copy.close()


def test_what_is_left_of_a_collection_is_listed_and_can_be_dropped(tmp_path: Path) -> None:
    engine = EdgeEngine(tmp_path)
    (tmp_path / "faq-half").mkdir()
    (tmp_path / "faq-dropped.lock").touch()

    assert engine.names() == ["faq-dropped", "faq-half"]
    for name in engine.names():
        engine.drop(name)

    assert list(tmp_path.iterdir()) == []
