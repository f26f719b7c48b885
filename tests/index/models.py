"""Model versions for tests: as good as the base, and useless with each other's collections."""

import os
import shutil
from pathlib import Path

from index.model.base import BASE_VERSION
from index.model.versions import SERVABLE, Manifest, Provenance, write_version

TURNED = "turned"


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
