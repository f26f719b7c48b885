"""The base model, made once, and settings of a fresh data folder that uses it."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from index.model.base import BASE_VERSION
from index.model.versions import verify
from index.settings import IndexSettings
from tests.index.models import link_models, write_turned

if TYPE_CHECKING:
    from index.model.served import ServedModel

BASE_MODEL = "all-MiniLM-L6-v2"


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


@pytest.fixture(scope="session")
def two_models(base_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with the base version and a turned one; to be read only."""
    folder = tmp_path_factory.mktemp("two") / "models"
    link_models(base_models, folder)
    write_turned(folder)
    return folder


@pytest.fixture
def room(two_models: Path, tmp_path: Path) -> IndexSettings:
    """Settings of a data folder of the test's own, with two model versions."""
    data = tmp_path / "room"
    data.mkdir()
    link_models(two_models, data / "models")
    return IndexSettings(data_dir=data, device="cpu")


@pytest.fixture
def models_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each version is read from disk once in the test process: that takes a second."""
    from index.model.served import ServedModel

    load = ServedModel.load

    def load_cached(
        models_dir: Path,
        version: str,
        device: str = "auto",
        beside: "ServedModel | None" = None,
        key: SecretStr | None = None,
    ) -> "ServedModel":
        manifest = verify(models_dir, version, key)
        name = (version, manifest.encoder_id)
        if name not in _loaded:
            _loaded[name] = load(models_dir, version, device, beside, key)
        return _loaded[name]

    monkeypatch.setattr(ServedModel, "load", load_cached)


_loaded: "dict[tuple[str, str], ServedModel]" = {}
