"""Model versions on disk: a folder with the servable and a manifest that vouches for it.

    <version>/manifest.json
    <version>/servable/config.json, head/, encoders/
    <version>/ranking.json, report.json, ...    what else belongs to it

A version is built in a folder beside its own and renamed into place when complete, so one that
exists is whole. One whose files do not match the manifest is refused.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from index.errors import ModelError

MANIFEST = "manifest.json"
SERVABLE = "servable"
_BUILDING = ".building-"

# A servable names the classes it is loaded with; only these packages may be imported for it.
TRUSTED_PACKAGES = ("index.model.", "quaterion_models.heads.")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
# Written by the library at every save with its own version in it; says nothing of the weights.
_NOT_PART_OF_ENCODER = frozenset({"README.md", "config_sentence_transformers.json"})


@dataclass(frozen=True)
class Manifest:
    """What a model version is and what its files must be.

    Attributes:
        parent: The version it was trained from; None for the base version.
        encoder_id: Content key of the encoder: equal ids give equal embeddings.
        dimension: Length of the vectors the model puts out.
        data_revision: The store's revision it was trained at; 0 for the base version.
        files: Path below the version's folder -> SHA-256 in hex.
    """

    version: str
    parent: str | None
    base_encoder: str
    encoder_id: str
    dimension: int
    data_revision: int = 0
    created_at: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


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
) -> Manifest:
    """Write a new model version, complete or not at all.

    Args:
        save_servable: Writes the servable to the folder it is given, which does not exist yet.
        extras: Further files by the name they get in the version's folder, such as "ranking.json";
            they are copied, and the manifest vouches for them too.

    Raises:
        ModelError: The version exists already.
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
        files = {name: _sha256(folder / name) for name in _files(folder)}
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
        (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2) + "\n", "utf-8")
        _sync(folder)
        os.rename(folder, target)
    return manifest


def read_manifest(models_dir: Path, version: str) -> Manifest:
    """Read a version's manifest, without checking its files.

    Raises:
        ModelError: There is no such version, or its manifest cannot be read.
    """
    if not _VERSION.fullmatch(version):
        raise ModelError(f"{version!r} is no name of a model version")
    path = models_dir / version / MANIFEST
    try:
        return Manifest(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        raise ModelError(
            f"model version {version} is missing ({path} does not exist); run `faqbot init`, "
            "or restore the folder from a backup"
        ) from None
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"{path} is damaged ({error}); restore it from a backup") from None


def verify(models_dir: Path, version: str) -> Manifest:
    """Check every file of a version against its manifest.

    Raises:
        ModelError: A file is missing, changed or not listed, or the servable names a class from
            a package that is not trusted.
    """
    folder = models_dir / version
    manifest = read_manifest(models_dir, version)
    present = set(_files(folder)) - {MANIFEST}
    for name in sorted(present ^ manifest.files.keys()):
        problem = "is missing" if name in manifest.files else "is not in the manifest"
        raise ModelError(f"model version {version} is refused: {name} {problem}")
    for name, expected in manifest.files.items():
        if _sha256(folder / name) != expected:
            raise ModelError(
                f"model version {version} is refused: {name} does not match its checksum; "
                "restore the folder from a backup, or delete it and run `faqbot init`"
            )
    for module, name in _classes(folder / SERVABLE / "config.json"):
        if not f"{module}.".startswith(TRUSTED_PACKAGES):
            raise ModelError(
                f"model version {version} is refused: it names the class {module}.{name}, "
                "which faqbot does not load"
            )
    return manifest


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
            if path.parent.name not in keep and _VERSION.fullmatch(path.parent.name)
        )
        for name in stale:
            # Moved first: a version that is there is whole, at every moment.
            os.rename(models_dir / name, folder / name)
    return stale


def _classes(config: Path) -> list[tuple[str, str]]:
    """The (module, class) of a servable's head and encoders."""
    try:
        servable = json.loads(config.read_text("utf-8"))
        named = [servable["head"], *servable["encoders"]]
        return [(str(entry["module"]), str(entry["class"])) for entry in named]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{config} does not say what to load ({error})") from None


def encoder_id(files: dict[str, str]) -> str:
    """Content key of a servable's encoders, from its files' checksums."""
    digest = hashlib.sha256()
    for name in sorted(files):
        path = Path(name)
        if path.parts[:2] == (SERVABLE, "encoders") and path.name not in _NOT_PART_OF_ENCODER:
            digest.update(f"{name}\0{files[name]}\n".encode())
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _scratch(parent: Path) -> Iterator[Path]:
    """A folder to build in. One process builds at a time; what a killed one left is removed."""
    parent.mkdir(parents=True, exist_ok=True)
    with (parent / ".building.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for stale in parent.glob(f"{_BUILDING}*"):
            shutil.rmtree(stale, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=_BUILDING, dir=parent))
        try:
            folder.chmod(0o755)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Make a folder's files durable before it is renamed into place."""
    for name in _files(folder):
        with (folder / name).open("rb") as file:
            os.fsync(file.fileno())
