"""Jobs in a store and a data folder of a test's own."""

from pathlib import Path

import pytest

from index.settings import IndexSettings
from index.store import Store
from tests.index.jobs.runs import Runs


@pytest.fixture
def settings(tmp_path: Path) -> IndexSettings:
    return IndexSettings(data_dir=tmp_path)


@pytest.fixture
def run(sqlite_store: Store, settings: IndexSettings, tmp_path: Path) -> Runs:
    return Runs(sqlite_store, settings, tmp_path)
