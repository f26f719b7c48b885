"""Running the command line in this process, in a data folder that has the base model."""

import json
import os
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.cli import main
from index.generations.setup import open_engine
from index.jobs import registry
from index.settings import IndexSettings
from index.store import Store
from index.store.types import PairDraft
from tests.cli.outcomes import Children, Run
from tests.support.logs import logging_as_it_was


@dataclass(frozen=True)
class Result:
    """What a command wrote, and its exit status."""

    code: int
    out: str
    err: str


CHILD = """
import json, os, signal, sys, time
order = json.loads(sys.stdin.buffer.readline())
say = lambda **what: print(json.dumps(what), flush=True)
done = lambda detail="done", **result: say(state="done", detail=detail, result=result)
{body}
"""
# Two answers that are equally good for whoever leaves out the system.
TWINS = (
    {"id": "portal", "question": "How do I reset my portal password?", "answer": "Ask the desk."},
    {"id": "wiki", "question": "How do I reset my wiki password?", "answer": "Use the form."},
)


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
    folder.mkdir(mode=0o700)
    (folder / "models").symlink_to(base_models)
    return folder


@contextmanager
def umask_as_it_was() -> Iterator[None]:
    before = os.umask(0o022)
    os.umask(before)
    try:
        yield
    finally:
        os.umask(before)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs `faqbot ARGS...` in this process."""

    def run_it(*args: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["faqbot", *map(str, args)])
        capfd.readouterr()
        try:
            with logging_as_it_was(), umask_as_it_was():
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


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """The commands' store: two pairs, two generations, the second one live. No model, no index."""
    store = Store.open(IndexSettings(data_dir=tmp_path / "faqbot-data").store_url)
    store.pairs.upsert([PairDraft("kb", "1", "How?", "So."), PairDraft("kb", "2", "Why?", "Thus.")])
    for number in (1, 2):
        generation = store.generations.add(f"m{number}", f"faq-{number}")
        store.generations.make_live(generation.id)
    yield store
    store.close()


@pytest.fixture
def trainable(store: Store) -> Store:
    """The same store, with enough pairs for a retrain."""
    store.pairs.upsert([PairDraft("it", str(i), f"Question {i}?", "Yes.") for i in range(150)])
    return store


@pytest.fixture
def both_kept(store: Store) -> Store:
    """The same store, with a model and an index for each of its generations."""
    settings = IndexSettings(data_dir=Path("faqbot-data"))
    with closing(open_engine(settings)) as engine:
        for generation in store.generations.all():
            engine.create(generation.collection, dimension=4).close()
            (settings.models_dir / generation.model_version).mkdir(parents=True)
    return store


@pytest.fixture
def children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Children:
    def put(body: str) -> None:
        script = tmp_path / "child.py"
        script.write_text(CHILD.format(body=textwrap.dedent(body)))
        for kind, known in registry.JOB_TYPES.items():
            stand_in = replace(known, command=(sys.executable, str(script)))
            monkeypatch.setitem(registry.JOB_TYPES, kind, stand_in)

    return put


@pytest.fixture
def imported(run: Run, data_dir: Path, faq: Path) -> Path:
    """The small FAQ with the twins, imported."""
    with faq.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in TWINS)
    assert run("import", faq).code == 0
    return faq
