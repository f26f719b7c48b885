"""A bot for each test, or one that tests share which leave nothing behind."""

import functools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pydantic import SecretStr

from index.generations.live import Live
from index.generations.setup import initialise, open_engine
from index.jobs import enough
from index.model.base import BASE_VERSION
from index.model.served import ServedModel
from index.settings import IndexSettings
from index.store import Store
from playground.client import Playground
from playground.testing import running_playground
from tests.bot.desk import Desk, Mode, drafts
from tests.support.once import made_once

BOTH_MODES = ("socket", "http")


@pytest.fixture(autouse=True, scope="session")
def _no_proxies_at_all() -> Iterator[None]:
    """The shared bots start before any fixture of a single test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.lower().endswith("_proxy"):
                patch.delenv(name)
        yield


_loaded: dict[tuple[str, str], ServedModel] = {}


@pytest.fixture(autouse=True, scope="module")
def _one_model_in_memory() -> Iterator[None]:
    """The real model, but read from disk once: checking and loading it takes a second."""
    load = ServedModel.load

    def load_cached(
        models_dir: Path,
        version: str,
        device: str = "auto",
        beside: ServedModel | None = None,
        key: SecretStr | None = None,
    ) -> ServedModel:
        if version != BASE_VERSION or key is not None:
            return load(models_dir, version, device, beside, key)
        if (version, device) not in _loaded:
            _loaded[version, device] = load(models_dir, version, device)
        return _loaded[version, device]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ServedModel, "load", load_cached)
        yield


@pytest.fixture(scope="session")
def template(base_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the base model and the FAQ, to be copied."""

    def make(folder: Path) -> None:
        settings = IndexSettings(data_dir=folder)
        (folder / "models").symlink_to(base_models)
        store = Store.open(settings.store_url)
        store.pairs.upsert(drafts())
        engine = open_engine(settings)
        initialise(settings, store, engine)
        live = Live.open(settings, store, engine)
        live.catch_up()  # fills the embedding cache
        live.close()
        store.close()

    return made_once(tmp_path_factory, "faq-of-the-bots", make)


@pytest.fixture(scope="session")
def new_data_dir(template: Path) -> Callable[[Path], Path]:
    """Makes a data folder; the bot builds the index again from its embedding cache."""

    def make(folder: Path) -> Path:
        folder.mkdir(parents=True)
        (folder / "models").symlink_to(template / "models")
        shutil.copyfile(template / "faqbot.db", folder / "faqbot.db")
        return folder

    return make


@pytest.fixture
def enough_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The desk's dozen of pairs is enough for a retrain that is only asked for."""
    for side in ("TRAIN", "DEVELOP", "HELD_OUT"):
        monkeypatch.setattr(enough, f"MIN_{side}_PAIRS", 0)


@pytest.fixture
def slack() -> Iterator[Playground]:
    """A workspace of the test's own."""
    with running_playground() as playground:
        yield playground


@pytest.fixture
def data_dir(tmp_path: Path, new_data_dir: Callable[[Path], Path]) -> Path:
    return new_data_dir(tmp_path / "data")


@pytest.fixture
def desk(slack: Playground, data_dir: Path) -> Iterator[Desk]:
    """A bot of the test's own, in Socket Mode; the test starts it."""
    desk = Desk.create(slack, "socket", data_dir)
    yield desk
    desk.stop()


@pytest.fixture
def http_desk(slack: Playground, data_dir: Path) -> Iterator[Desk]:
    """A bot of the test's own, over HTTP; the test starts it."""
    desk = Desk.create(slack, "http", data_dir)
    yield desk
    desk.stop()


@pytest.fixture(params=BOTH_MODES)
def either_desk(
    request: pytest.FixtureRequest, slack: Playground, data_dir: Path
) -> Iterator[Desk]:
    """A bot of the test's own, in each mode; the test starts it."""
    desk = Desk.create(slack, request.param, data_dir)
    yield desk
    desk.stop()


@pytest.fixture(scope="session")
def _shared_desks(
    tmp_path_factory: pytest.TempPathFactory, new_data_dir: Callable[[Path], Path]
) -> Iterator[Callable[[Mode], Desk]]:
    """Starts the bot of a mode when it is first asked for."""
    with ExitStack() as running:

        @functools.cache
        def get(mode: Mode) -> Desk:
            slack = running.enter_context(running_playground())
            folder = new_data_dir(tmp_path_factory.mktemp("shared") / mode)
            desk = Desk.create(slack, mode, folder).start()
            running.callback(desk.stop)
            return desk

        yield get


@pytest.fixture(params=BOTH_MODES)
def shared(request: pytest.FixtureRequest, _shared_desks: Callable[[Mode], Desk]) -> Desk:
    """A running bot that several tests use, in each mode; they make channels of their own."""
    return _shared_desks(request.param)
