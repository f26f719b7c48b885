"""Model versions for tests: as good as the base, and useless with each other's collections."""

import json
import os
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

from index.model.base import BASE_VERSION
from index.model.manifest import SERVABLE, Manifest, encoder_id
from index.model.versions import MANIFEST, Provenance, write_version

TURNED = "turned"
SMALL_DIMENSION = 3


def write_turned(models_dir: Path, version: str = TURNED, seed: int = 1) -> Manifest:
    """Write a version with the base encoder and a head that turns the space by a random rotation.

    Cosines among its vectors are the base's; to another version's vectors they are about 0.
    """
    import torch
    from quaterion_models import SimilarityModel
    from quaterion_models.heads import SkipConnectionHead

    from index.model.encoder import SentenceEncoder

    servable = models_dir / BASE_VERSION / SERVABLE
    encoder = SentenceEncoder.load(str(servable / "encoders" / "default"))
    size = encoder.embedding_size
    head = SkipConnectionHead(size)
    generator = torch.Generator().manual_seed(seed)
    rotation, _ = torch.linalg.qr(torch.randn(size, size, generator=generator))
    with torch.no_grad():
        # The head adds its input, so it is taken off; its gate is opened.
        head.fc_0.weight.copy_(rotation - torch.eye(size))
        head.fc_0.bias.zero_()
        head.gates_0.fill_(20.0)

    def save(folder: Path) -> None:
        folder.mkdir()
        SimilarityModel(encoders=encoder, head=head).save(str(folder))

    return write_version(
        models_dir,
        version,
        save,
        Provenance(base_encoder="turned", dimension=size, parent=BASE_VERSION),
    )


def link_models(source: Path, target: Path) -> None:
    """Copy a models folder without copying its files; replace a file, never write into one."""
    shutil.copytree(source, target, copy_function=os.link)


def damage(path: Path) -> None:
    """Replace a file by one that is not what the manifest vouches for."""
    path.unlink()
    path.write_text("{}", "utf-8")


def save_small_servable(folder: Path) -> None:
    """What a saved servable looks like, with a few bytes in the place of weights."""
    encoder = folder / "encoders" / "default"
    texts = {
        encoder / "README.md": "any text",
        encoder / "model.safetensors": "weights",
        folder / "head" / "weights.bin": "weights",
    }
    values: dict[Path, Any] = {
        folder / "config.json": {
            "encoders": [
                {"key": "default", "module": "index.model.encoder", "class": "SentenceEncoder"}
            ],
            "head": {"module": "quaterion_models.heads.empty_head", "class": "EmptyHead"},
        },
        folder / "head" / "config.json": {"input_embedding_size": SMALL_DIMENSION, "dropout": 0.0},
        encoder / "config.json": {"model_type": "bert", "architectures": ["BertModel"]},
        encoder / "1_Pooling" / "config.json": {
            "embedding_dimension": SMALL_DIMENSION,
            "pooling_mode": "mean",
        },
        encoder / "modules.json": [
            {
                "idx": 0,
                "name": "0",
                "path": "",
                "type": "sentence_transformers.base.modules.transformer.Transformer",
            },
            {
                "idx": 1,
                "name": "1",
                "path": "1_Pooling",
                "type": "sentence_transformers.sentence_transformer.modules.pooling.Pooling",
            },
        ],
    }
    for path, text in texts.items() | {(p, json.dumps(v)) for p, v in values.items()}:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def prepare_file(version: Path, name: str, content: bytes) -> None:
    """Put a file into a version as somebody would who can write there: the manifest agrees."""
    path = version / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    prepare_manifest(version, files={name: sha256(content).hexdigest()})


def prepare_json(version: Path, name: str, change: dict[str, Any]) -> None:
    """Change values of a JSON file of a version; the manifest agrees."""
    values = json.loads((version / name).read_text("utf-8"))
    prepare_file(version, name, json.dumps(values | change).encode())


def prepare_manifest(folder: Path, /, files: dict[str, str] | None = None, **change: Any) -> None:
    """Change a manifest's values; it is consistent afterwards, but for a signature."""
    path = folder / MANIFEST
    values = json.loads(path.read_text("utf-8"))
    values["files"] |= files or {}
    values["encoder_id"] = encoder_id(values["files"])
    path.unlink()
    path.write_text(json.dumps(values | change), "utf-8")
