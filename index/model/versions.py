"""Model versions on disk: a folder with the servable and a manifest that vouches for it.

    <version>/manifest.json
    <version>/servable/config.json, head/, encoders/
    <version>/ranking.json, report.json, ...    what else belongs to it

A version is built in a folder beside its own and renamed into place when complete, so one that
exists is whole. One whose files do not match the manifest, or name what training never writes, is
refused before anything of it is loaded. With a key, so is one that the key did not sign.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from index.errors import ModelError
from index.model.files import files_below, read_text, sha256_of
from index.model.manifest import (
    SERVABLE,
    VERSION_NAME,
    Manifest,
    encoder_id,
    parse_manifest,
    shown,
)
from index.model.servable import check_servable, is_servable_file
from index.private import make_folder

MANIFEST = "manifest.json"
# Beside the servable, and read to serve; whatever else stands there is a report.
RANKING = "ranking.json"
_BUILDING = ".building-"


@dataclass(frozen=True)
class Provenance:
    """Where a model version comes from, as its manifest records it.

    Attributes:
        base_encoder: Name of the published encoder that it began with.
        dimension: Of its vectors.
        parent: The version that it was trained from; None for a first one.
        data_revision: The store's revision that it was trained on; 0 where on none.
        metrics: What was measured of it, by name.
    """

    base_encoder: str
    dimension: int
    parent: str | None = None
    data_revision: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)


def write_version(
    models_dir: Path,
    version: str,
    save_servable: Callable[[Path], None],
    provenance: Provenance,
    extras: Mapping[str, Path] | None = None,
    key: SecretStr | None = None,
) -> Manifest:
    """Write a new model version, complete or not at all.

    Args:
        save_servable: Writes the servable to the folder it is given, which does not exist yet.
        extras: Further files by the name they get in the version's folder, such as "ranking.json";
            they are copied, and the manifest vouches for them too.
        key: Signs the manifest.

    Raises:
        ModelError: The version exists already, or would be refused when it is loaded.
    """
    target = models_dir / version
    with _scratch(models_dir) as folder:
        if target.exists():
            raise ModelError(f"model version {version} exists already in {models_dir}")
        save_servable(folder / SERVABLE)
        for name, source in (extras or {}).items():
            assert Path(name).name == name, name
            assert name not in (MANIFEST, SERVABLE), name
            shutil.copyfile(source, folder / name)
        files = {name: sha256_of(folder / name) for name in files_below(folder)}
        manifest = Manifest(
            version=version,
            parent=provenance.parent,
            base_encoder=provenance.base_encoder,
            encoder_id=encoder_id(files),
            dimension=provenance.dimension,
            data_revision=provenance.data_revision,
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            metrics=dict(provenance.metrics),
            files=files,
        )
        try:
            _check(folder, parse_manifest(manifest.to_json()))
        except (ModelError, ValueError) as error:
            raise ModelError(f"model version {version} cannot be written: {error}") from None
        _write_manifest(folder, manifest, key)
        _sync(folder)
        os.rename(folder, target)
    return read_manifest(models_dir, version, key)


def sign_version(models_dir: Path, version: str, key: SecretStr) -> bool:
    """Sign a version as it is, after all checks but that of its signature.

    Returns:
        Whether its manifest was changed: False where the key had signed it before.

    Raises:
        ModelError: The version is missing, damaged or not trusted.
    """
    manifest = verify(models_dir, version)
    if manifest.is_signed_with(key):
        return False
    home = (models_dir / version).resolve()
    with _scratch(home.parent) as folder:
        _write_manifest(folder, manifest, key)
        _sync(folder)
        os.replace(folder / MANIFEST, home / MANIFEST)
    return True


def read_manifest(models_dir: Path, version: str, key: SecretStr | None = None) -> Manifest:
    """Read a version's manifest, without checking its files.

    Args:
        key: Must have signed it; None takes any.

    Raises:
        ModelError: There is no such version, or its manifest cannot be read or is not signed.
    """
    if not VERSION_NAME.fullmatch(version):
        raise ModelError(f"{shown(version)!r} is no name of a model version")
    path = models_dir / version / MANIFEST
    try:
        manifest = parse_manifest(read_text(path))
    except FileNotFoundError:
        raise ModelError(
            f"model version {version} is missing ({path} does not exist); run `faqbot init`, "
            "or restore the folder from a backup"
        ) from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is damaged ({error}); restore it from a backup") from None
    if manifest.version != version:
        raise ModelError(
            f"model version {version} is refused: its manifest is that of {manifest.version}; "
            "restore the folder from a backup"
        )
    if key is not None and not manifest.is_signed_with(key):
        problem = (
            "its signature is not of [index] model_key: it was changed, or the key was"
            if manifest.signature
            else "it is not signed, and [index] model_key is set"
        )
        raise ModelError(
            f"model version {version} is refused: {problem}; if you know where its files come "
            f"from, run `faqbot models sign {version}`, else restore the folder from a backup"
        )
    return manifest


def verify(models_dir: Path, version: str, key: SecretStr | None = None) -> Manifest:
    """Check all that serving reads of a version: against its manifest, and against exact lists.

    A report that is damaged or missing is not read to serve and is no reason to refuse: see
    `damaged_reports`.

    Args:
        key: Must have signed it; None takes any.

    Raises:
        ModelError: A file is missing, changed or not listed, there is a link, or the servable
            names what training never writes.
    """
    manifest = read_manifest(models_dir, version, key)
    try:
        _check(models_dir / version, manifest)
    except (ModelError, OSError) as error:
        raise ModelError(
            f"model version {version} is refused: {error}; "
            "restore the folder from a backup, or delete it and run `faqbot init`"
        ) from None
    return manifest


def damaged_reports(models_dir: Path, manifest: Manifest) -> list[str]:
    """The reports of a version that are not as they were written; nothing needs them to serve."""
    folder = models_dir / manifest.version
    reports = sorted(name for name in manifest.files if _is_report(name))
    return [name for name in reports if not _matches(folder / name, manifest.files[name])]


def _check(folder: Path, manifest: Manifest) -> None:
    """Check a version's files.

    Raises:
        ModelError: They are not as they must be; without the name of the version.
    """
    present = set(files_below(folder)) - {MANIFEST}
    for name in sorted(present ^ manifest.files.keys()):
        if name in present:
            raise ModelError(f"{shown(name)} is not in the manifest")
        if not _is_report(name):
            raise ModelError(f"{shown(name)} is missing")
    for name, expected in manifest.files.items():
        if _is_report(name):
            continue
        if name != RANKING and not is_servable_file(name):
            raise ModelError(f"{shown(name)} is no file that faqbot writes")
        if not _matches(folder / name, expected):
            raise ModelError(f"{name} does not match its checksum")
    dimension = check_servable(folder / SERVABLE)
    if dimension != manifest.dimension:
        raise ModelError(
            f"its manifest says vectors of length {manifest.dimension}, its model {dimension}"
        )


def _is_report(name: str) -> bool:
    return "/" not in name and name != RANKING


def _matches(path: Path, expected: str) -> bool:
    try:
        return sha256_of(path) == expected
    except OSError:
        return False


def _write_manifest(folder: Path, manifest: Manifest, key: SecretStr | None) -> None:
    manifest = replace(manifest, signature="") if key is None else manifest.signed(key)
    (folder / MANIFEST).write_text(manifest.to_json(), "utf-8")


def remove_versions(models_dir: Path, keep: Collection[str]) -> list[str]:
    """Remove the model versions that are not to be kept, and what killed processes left.

    Returns:
        The names of those removed.
    """
    if not models_dir.is_dir():
        return []
    with _scratch(models_dir) as folder:
        stale = sorted(
            path.parent.name
            for path in models_dir.glob(f"*/{MANIFEST}")
            if path.parent.name not in keep and VERSION_NAME.fullmatch(path.parent.name)
        )
        for name in stale:
            # Moved first: a version that is there is whole, at every moment.
            os.rename(models_dir / name, folder / name)
    return stale


@contextmanager
def _scratch(parent: Path) -> Iterator[Path]:
    """A folder to build in. One process builds at a time; what a killed one left is removed."""
    make_folder(parent)
    with (parent / ".building.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for stale in parent.glob(f"{_BUILDING}*"):
            shutil.rmtree(stale, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=_BUILDING, dir=parent))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Make a folder's files durable before it is renamed into place."""
    for name in files_below(folder):
        with (folder / name).open("rb") as file:
            os.fsync(file.fileno())
