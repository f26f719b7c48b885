"""Model versions on disk: complete or not at all, and refused when they are not as written."""

import json
import signal
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from index.errors import ModelError
from index.model.versions import MANIFEST, SERVABLE, Provenance, encoder_id, verify, write_version

VERSION = "v1"


def save_servable(folder: Path) -> None:
    """What a saved servable looks like, with small files in the place of weights."""
    encoder = folder / "encoders" / "default"
    encoder.mkdir(parents=True)
    (folder / "head").mkdir()
    (encoder / "model.safetensors").write_bytes(b"weights")
    (encoder / "README.md").write_text("any text")
    (folder / "head" / "config.json").write_text("{}")
    config = {
        "encoders": [
            {"key": "default", "module": "index.model.encoder", "class": "SentenceEncoder"}
        ],
        "head": {"module": "quaterion_models.heads.empty_head", "class": "EmptyHead"},
    }
    (folder / "config.json").write_text(json.dumps(config))


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A models folder with one version."""
    folder = tmp_path / "models"
    write_version(folder, VERSION, save_servable, Provenance(base_encoder="tiny", dimension=3))
    return folder


def change_config(models: Path, change: dict[str, Any]) -> None:
    """Change the servable's config, and the manifest so that its checksum matches."""
    config = models / VERSION / SERVABLE / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | change))
    manifest = models / VERSION / MANIFEST
    values = json.loads(manifest.read_text())
    values["files"][f"{SERVABLE}/config.json"] = sha256(config.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(values))


def test_a_written_version_verifies(models: Path) -> None:
    manifest = verify(models, VERSION)

    assert (manifest.version, manifest.dimension, manifest.base_encoder) == (VERSION, 3, "tiny")


def test_a_changed_byte_is_refused(models: Path) -> None:
    weights = models / VERSION / SERVABLE / "encoders" / "default" / "model.safetensors"
    weights.write_bytes(b"Weights")

    with pytest.raises(ModelError, match=r"model\.safetensors does not match its checksum"):
        verify(models, VERSION)


def test_a_missing_file_is_refused(models: Path) -> None:
    (models / VERSION / SERVABLE / "head" / "config.json").unlink()

    with pytest.raises(ModelError, match=r"head/config\.json is missing"):
        verify(models, VERSION)


def test_an_extra_file_is_refused(models: Path) -> None:
    (models / VERSION / SERVABLE / "head" / "weights.bin").write_bytes(b"a pickle")

    with pytest.raises(ModelError, match=r"weights\.bin is not in the manifest"):
        verify(models, VERSION)


def test_a_missing_version_says_what_to_do(models: Path) -> None:
    with pytest.raises(ModelError, match="faqbot init"):
        verify(models, "v2")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"unknown": 1}'])
def test_a_damaged_manifest_is_one_clear_line(models: Path, text: str) -> None:
    (models / VERSION / MANIFEST).write_text(text)

    with pytest.raises(ModelError, match="is damaged") as raised:
        verify(models, VERSION)

    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("index.modelled", "Encoder"),
        ("index.store", "Store"),
        ("quaterion_models.headsman", "Head"),
    ],
)
@pytest.mark.parametrize("part", ["head", "encoders"])
def test_a_foreign_class_is_refused(models: Path, part: str, module: str, name: str) -> None:
    named = {"key": "default", "module": module, "class": name}
    change_config(models, {part: named if part == "head" else [named]})

    with pytest.raises(ModelError, match=rf"{module}\.{name}"):
        verify(models, VERSION)


def test_a_refused_class_is_not_imported(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from index.model.served import ServedModel

    (tmp_path / "trap.py").write_text("raise AssertionError('the trap was imported')")
    monkeypatch.syspath_prepend(tmp_path)
    change_config(models, {"head": {"module": "trap", "class": "Head"}})

    with pytest.raises(ModelError, match=r"is refused: it names the class trap\.Head"):
        ServedModel.load(models, VERSION, "cpu")


@pytest.mark.parametrize("change", [{"head": None}, {"encoders": [{}]}, {"encoders": 3}])
def test_a_config_that_names_no_class_is_refused(models: Path, change: dict[str, Any]) -> None:
    change_config(models, change)

    with pytest.raises(ModelError, match="does not say what to load"):
        verify(models, VERSION)


def test_a_version_is_not_written_twice(models: Path) -> None:
    before = (models / VERSION / MANIFEST).read_bytes()

    with pytest.raises(ModelError, match="exists already"):
        write_version(models, VERSION, save_servable, Provenance(base_encoder="other", dimension=5))

    assert (models / VERSION / MANIFEST).read_bytes() == before


def test_an_interrupted_build_leaves_nothing(tmp_path: Path) -> None:
    def interrupted(folder: Path) -> None:
        save_servable(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_version(tmp_path, VERSION, interrupted, Provenance(base_encoder="tiny", dimension=3))

    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []
    assert write_version(
        tmp_path, VERSION, save_servable, Provenance(base_encoder="tiny", dimension=3)
    )


def test_what_a_killed_build_left_goes_with_the_next_build(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from index.model.versions import *\n"
        "def save(folder):\n"
        "    folder.mkdir(); (folder / 'half').write_text('x')\n"
        "    print('half-way', flush=True); time.sleep(60)\n"
        f"write_version(Path({str(tmp_path)!r}), 'v1', save, Provenance('tiny', 3))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as builder:
        assert builder.stdout
        assert builder.stdout.readline() == b"half-way\n"
        builder.send_signal(signal.SIGKILL)
    assert not (tmp_path / VERSION).exists()
    assert [path for path in tmp_path.iterdir() if path.is_dir()], "the build was under way"

    write_version(tmp_path, VERSION, save_servable, Provenance(base_encoder="tiny", dimension=3))

    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [VERSION]


def test_the_encoder_id_follows_the_encoders_files_alone(models: Path) -> None:
    files = verify(models, VERSION).files
    weights = f"{SERVABLE}/encoders/default/model.safetensors"

    other_head = files | {f"{SERVABLE}/head/config.json": "0" * 64}
    other_readme = files | {f"{SERVABLE}/encoders/default/README.md": "0" * 64}
    other_weights = files | {weights: "0" * 64}

    assert encoder_id(other_head) == encoder_id(files)
    assert encoder_id(other_readme) == encoder_id(files)
    assert encoder_id(other_weights) != encoder_id(files)


def test_what_else_belongs_to_a_version_is_vouched_for(tmp_path: Path) -> None:
    report = tmp_path / "anything.json"
    report.write_text("{}")
    folder = tmp_path / "models"

    manifest = write_version(
        folder,
        VERSION,
        save_servable,
        Provenance(base_encoder="tiny", dimension=3),
        extras={"report.json": report},
    )

    assert "report.json" in manifest.files
    assert verify(folder, VERSION) == manifest
    (folder / VERSION / "report.json").write_text("{ }")
    with pytest.raises(ModelError, match=r"report\.json does not match its checksum"):
        verify(folder, VERSION)
