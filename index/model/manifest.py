"""The manifest of a model version: what the version is, what its files must be, and who says so.

It is read before anything else of a version, so every field of it is checked here, and one that
is not as `write_version` writes it is refused. With a key it carries a signature.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import PurePosixPath
from typing import Any

from pydantic import SecretStr

SERVABLE = "servable"
# The servable's one encoder, which training calls so.
ENCODER_FOLDER = f"{SERVABLE}/encoders/default"
# No model's vectors are longer; a greater number would only reserve memory.
MAX_DIMENSION = 8192

VERSION_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SIGNED_AS = b"faqbot model manifest 1\n"
_MAX_TEXT = 1000
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
        signature: HMAC-SHA256 in hex of all else; empty where it was written without a key.
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
    signature: str = ""

    def to_json(self) -> str:
        """The text of the manifest's file."""
        return json.dumps(asdict(self), indent=2) + "\n"

    def signed(self, key: SecretStr) -> "Manifest":
        """The same manifest with the key's signature."""
        return replace(self, signature=self._signature(key))

    def is_signed_with(self, key: SecretStr) -> bool:
        """Whether it carries the key's signature of what it says."""
        return hmac.compare_digest(self.signature.encode(), self._signature(key).encode())

    def _signature(self, key: SecretStr) -> str:
        values = asdict(self)
        del values["signature"]
        content = json.dumps(values, sort_keys=True, separators=(",", ":")).encode()
        return hmac.digest(key.get_secret_value().encode(), _SIGNED_AS + content, "sha256").hex()


def parse_manifest(text: str) -> Manifest:
    """The manifest that a file holds.

    Raises:
        ValueError: It is not what `Manifest.to_json` writes; says where, in one line.
    """
    try:
        values = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(values, dict):
        raise ValueError("it is no table")
    known = {of.name for of in fields(Manifest)}
    if unknown := values.keys() - known:
        raise ValueError(f"it has no field {shown(min(unknown))}")
    for name, is_right in _FIELDS.items():
        if name in values and not is_right(values[name]):
            raise ValueError(f"its field {name} has a value that is never written there")
    try:
        manifest = Manifest(**values)
    except TypeError:
        missing = min(_FIELDS.keys() - values.keys() - _OPTIONAL)
        raise ValueError(f"its field {missing} is missing") from None
    if manifest.encoder_id != encoder_id(manifest.files):
        raise ValueError("its encoder_id is not that of its files")
    return manifest


def encoder_id(files: Mapping[str, str]) -> str:
    """Content key of a servable's encoders, from its files' checksums."""
    digest = hashlib.sha256()
    for name in sorted(files):
        path = PurePosixPath(name)
        if path.parts[:2] == (SERVABLE, "encoders") and path.name not in _NOT_PART_OF_ENCODER:
            digest.update(f"{name}\0{files[name]}\n".encode())
    return digest.hexdigest()


def shown(name: object) -> str:
    """A name out of a file, fit for one line of a message."""
    text = str(name)
    if text.isascii() and text.isprintable() and len(text) <= 120:
        return text
    return ascii(text[:120])


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _MAX_TEXT and value.isprintable()


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63


def _is_parent(value: Any) -> bool:
    return value is None or (isinstance(value, str) and bool(VERSION_NAME.fullmatch(value)))


def _is_dimension(value: Any) -> bool:
    return type(value) is int and 0 < value <= MAX_DIMENSION


def _are_metrics(value: Any) -> bool:
    return isinstance(value, dict) and all(
        _is_text(name) and type(number) in (int, float) for name, number in value.items()
    )


def _are_files(value: Any) -> bool:
    return isinstance(value, dict) and all(
        _is_path(path) and _is_sha256(digest) for path, digest in value.items()
    )


def _is_path(value: str) -> bool:
    inside = all(part not in ("", ".", "..") for part in value.split("/"))
    return inside and _is_text(value) and "\\" not in value


def _is_sha256(value: Any) -> bool:
    return isinstance(value, str) and bool(_SHA256.fullmatch(value))


_FIELDS: dict[str, Callable[[Any], bool]] = {
    "version": lambda value: isinstance(value, str) and bool(VERSION_NAME.fullmatch(value)),
    "parent": _is_parent,
    "base_encoder": _is_text,
    "encoder_id": _is_sha256,
    "dimension": _is_dimension,
    "data_revision": _is_count,
    "created_at": _is_text,
    "metrics": _are_metrics,
    "files": _are_files,
    "signature": lambda value: value == "" or _is_sha256(value),
}
_OPTIONAL = frozenset({"data_revision", "created_at", "metrics", "files", "signature"})
