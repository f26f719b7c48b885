"""Model versions on disk: complete or not at all, and refused when they are not as written."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from index.errors import ModelError
from index.model.manifest import SERVABLE
from index.model.versions import (
    MANIFEST,
    RANKING,
    Provenance,
    damaged_reports,
    read_manifest,
    sign_version,
    verify,
    write_version,
)
from tests.index.models import prepare_file, prepare_json, prepare_manifest, save_small_servable

VERSION = "v1"
SMALL = Provenance(base_encoder="tiny", dimension=3)
KEY = SecretStr("0123456789abcdef")


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A models folder with one version."""
    folder = tmp_path / "models"
    write_version(folder, VERSION, save_small_servable, SMALL)
    return folder


def change_config(models: Path, change: dict[str, Any]) -> None:
    """Change the servable's config, and the manifest so that its checksum matches."""
    prepare_json(models / VERSION, f"{SERVABLE}/config.json", change)


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
    (models / VERSION / SERVABLE / "head" / "more.bin").write_bytes(b"a pickle")

    with pytest.raises(ModelError, match=r"more\.bin is not in the manifest"):
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
        write_version(
            models, VERSION, save_small_servable, Provenance(base_encoder="other", dimension=5)
        )

    assert (models / VERSION / MANIFEST).read_bytes() == before


def test_an_interrupted_build_leaves_nothing(tmp_path: Path) -> None:
    def interrupted(folder: Path) -> None:
        save_small_servable(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_version(tmp_path, VERSION, interrupted, SMALL)

    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []
    assert write_version(tmp_path, VERSION, save_small_servable, SMALL)


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

    write_version(tmp_path, VERSION, save_small_servable, SMALL)

    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [VERSION]


@pytest.fixture
def with_extras(tmp_path: Path) -> Path:
    """A models folder with a version that has a ranking and reports."""
    folder = tmp_path / "models"
    extras = {}
    for name in (RANKING, "report.json", "report.md", "flips.png"):
        extras[name] = tmp_path / name
        extras[name].write_text("{}")
    write_version(folder, VERSION, save_small_servable, SMALL, extras)
    return folder


def test_what_else_belongs_to_a_version_is_vouched_for(with_extras: Path) -> None:
    manifest = verify(with_extras, VERSION)

    assert {RANKING, "report.json", "report.md", "flips.png"} <= manifest.files.keys()
    (with_extras / VERSION / RANKING).write_text("{ }")
    with pytest.raises(ModelError, match=r"ranking\.json does not match its checksum"):
        verify(with_extras, VERSION)


def test_a_damaged_or_missing_report_is_told_and_does_not_disable_a_model(
    with_extras: Path,
) -> None:
    assert damaged_reports(with_extras, verify(with_extras, VERSION)) == []

    (with_extras / VERSION / "flips.png").write_bytes(b"half a pict")
    (with_extras / VERSION / "report.md").unlink()

    assert damaged_reports(with_extras, verify(with_extras, VERSION)) == ["flips.png", "report.md"]


def test_what_would_be_refused_is_not_written(tmp_path: Path) -> None:
    def save(folder: Path) -> None:
        save_small_servable(folder)
        (folder / "encoders" / "default" / "modeling.py").write_text("raise SystemExit")

    with pytest.raises(ModelError, match=r"modeling\.py is no file that faqbot writes"):
        write_version(tmp_path, VERSION, save, SMALL)

    assert not (tmp_path / VERSION).exists()


@pytest.mark.parametrize("inside", ["servable/head", "servable/head/config.json", "report.md"])
def test_a_link_inside_a_version_is_refused(models: Path, tmp_path: Path, inside: str) -> None:
    path = models / VERSION / inside
    moved = tmp_path / "elsewhere"
    if path.exists():
        path.rename(moved)
    else:
        moved.write_text("a report")
        prepare_file(models / VERSION, inside, b"a report")
        path.unlink()
    path.symlink_to(moved)

    with pytest.raises(ModelError, match="is a link") as raised:
        verify(models, VERSION)

    assert "\n" not in str(raised.value)


def test_the_folder_of_a_version_may_be_a_link(models: Path, tmp_path: Path) -> None:
    (models / VERSION).rename(tmp_path / "other-disk")
    (models / VERSION).symlink_to(tmp_path / "other-disk")

    assert verify(models, VERSION).version == VERSION


@pytest.mark.parametrize("name", [MANIFEST, f"{SERVABLE}/head/config.json"])
def test_a_named_pipe_is_refused_and_not_waited_for(models: Path, name: str) -> None:
    (models / VERSION / name).unlink()
    os.mkfifo(models / VERSION / name)

    with pytest.raises(ModelError, match=r"no file|no plain file"):
        verify(models, VERSION)


def test_folders_nested_without_end_are_refused(models: Path) -> None:
    (models / VERSION / "/".join("d" * 100)).mkdir(parents=True)

    with pytest.raises(ModelError, match="nested too deeply"):
        verify(models, VERSION)


def test_a_version_under_another_name_is_refused(models: Path) -> None:
    (models / VERSION).rename(models / "v2")

    with pytest.raises(ModelError, match="v2 is refused: its manifest is that of v1"):
        verify(models, "v2")


def test_a_manifest_with_another_dimension_than_the_model_is_refused(models: Path) -> None:
    prepare_manifest(models / VERSION, dimension=4)

    with pytest.raises(ModelError, match="says vectors of length 4, its model 3"):
        verify(models, VERSION)


def test_a_version_written_with_a_key_is_signed(tmp_path: Path) -> None:
    manifest = write_version(tmp_path, VERSION, save_small_servable, SMALL, key=KEY)

    assert len(manifest.signature) == 64
    assert verify(tmp_path, VERSION, KEY) == manifest
    assert verify(tmp_path, VERSION) == manifest, "who has no key checks no signature"


def test_with_a_key_an_unsigned_version_is_refused_and_told_what_to_do(models: Path) -> None:
    for check in (read_manifest, verify):
        with pytest.raises(ModelError, match=r"is not signed, and .* model_key is set") as raised:
            check(models, VERSION, KEY)

        assert f"faqbot models sign {VERSION}" in str(raised.value)
        assert "\n" not in str(raised.value)
        assert KEY.get_secret_value() not in str(raised.value)


def test_a_version_signed_with_another_key_is_refused(tmp_path: Path) -> None:
    write_version(tmp_path, VERSION, save_small_servable, SMALL, key=SecretStr("another key"))

    with pytest.raises(ModelError, match=r"its signature is not of .* model_key"):
        verify(tmp_path, VERSION, KEY)


def test_a_signed_version_changed_consistently_is_refused(tmp_path: Path) -> None:
    write_version(tmp_path, VERSION, save_small_servable, SMALL, key=KEY)
    weights = f"{SERVABLE}/encoders/default/model.safetensors"

    prepare_file(tmp_path / VERSION, weights, b"other weights")

    assert verify(tmp_path, VERSION), "but for the signature all is consistent"
    with pytest.raises(ModelError, match="its signature is not of"):
        verify(tmp_path, VERSION, KEY)


def test_a_version_from_before_the_key_can_be_signed(models: Path) -> None:
    assert sign_version(models, VERSION, KEY)
    assert not sign_version(models, VERSION, KEY), "nothing to do the second time"

    assert verify(models, VERSION, KEY).version == VERSION
    assert [path.name for path in models.iterdir() if path.is_dir()] == [VERSION]


def test_a_damaged_version_is_not_signed(models: Path) -> None:
    (models / VERSION / SERVABLE / "head" / "weights.bin").write_text("other")

    with pytest.raises(ModelError, match="does not match its checksum"):
        sign_version(models, VERSION, KEY)

    assert read_manifest(models, VERSION).signature == ""
