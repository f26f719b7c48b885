"""The base model, made once, and settings of a fresh data folder that uses it."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from index.model.base import BASE_VERSION, ensure_base_version
from index.settings import IndexSettings

if TYPE_CHECKING:
    from index.model.served import ServedModel

BASE_MODEL = "all-MiniLM-L6-v2"


@pytest.fixture(scope="session")
def base_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with the base version in it; to be read only."""
    folder = tmp_path_factory.mktemp("base") / "models"
    ensure_base_version(folder, BASE_MODEL)
    return folder


@pytest.fixture(scope="session")
def served(base_models: Path) -> "ServedModel":
    """The base version, loaded."""
    import torch

    from index.model.served import ServedModel

    torch.set_num_threads(1)  # the tests' few short texts gain nothing by more
    return ServedModel.load(base_models, BASE_VERSION, "cpu")


@pytest.fixture
def settings(base_models: Path, tmp_path: Path) -> IndexSettings:
    """Settings of a data folder that has the base model and nothing else."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "models").symlink_to(base_models)
    return IndexSettings(data_dir=data, device="cpu")
