"""A loaded model version: texts to vectors, encoder and head apart.

The encoder's output depends on the text alone as long as the encoder is frozen, so it can be
cached (see `embedder.py`); the head is one small matrix product.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from pydantic import SecretStr
from quaterion_models import SimilarityModel
from quaterion_models.heads import (
    EmptyHead,
    EncoderHead,
    GatedHead,
    SkipConnectionHead,
    StackedProjectionHead,
    WideningHead,
)

from index.errors import ModelError, SettingsError
from index.model.encoder import SentenceEncoder
from index.model.files import read_json
from index.model.manifest import SERVABLE, Manifest
from index.model.servable import ENCODER_KEY, check_servable, classes_of
from index.model.versions import verify
from index.vectors import Matrix

ENCODE_BATCH = 64

# The heads that were ever trained. A servable names its head, and nothing is imported by name.
_HEADS: dict[str, type[EncoderHead]] = {
    head.__name__: head
    for head in (EmptyHead, SkipConnectionHead, GatedHead, WideningHead, StackedProjectionHead)
}


class ServedModel:
    """The model that answers. Threads may share it.

    Attributes:
        manifest: What the loaded version is.
    """

    def __init__(self, model: SimilarityModel, manifest: Manifest, device: torch.device) -> None:
        self.manifest = manifest
        self._device = device
        self._model = model.to(device)
        self._model.eval()
        (self._encoder,) = model.encoders.values()
        self._collate = self._encoder.get_collate_fn()

    @classmethod
    def load(
        cls,
        models_dir: Path,
        version: str,
        device: str = "auto",
        beside: "ServedModel | None" = None,
        key: SecretStr | None = None,
    ) -> "ServedModel":
        """Load a version after checking its files.

        Args:
            device: "auto" takes the best there is; else a torch device name.
            beside: A loaded model; where its encoder is the same, the two share it.
            key: Must have signed the version; None takes any.

        Raises:
            ModelError: The version is missing, damaged or not trusted.
            SettingsError: There is no such device here.
        """
        chosen = pick_device(device)
        manifest = verify(models_dir, version, key)
        servable = models_dir / version / SERVABLE
        same = (
            beside is not None
            and beside.manifest.encoder_id == manifest.encoder_id
            and beside._device == chosen
        )
        try:
            model = load_servable(servable, beside._encoder if beside and same else None)
            loaded = cls(model, manifest, chosen)
            length = loaded.apply_head(loaded._encode_batch(["length"])).shape[1]
        except Exception as error:  # whatever the libraries make of a servable they cannot read
            reason = " ".join(str(error).split())[:300]
            raise ModelError(f"model version {version} cannot be loaded: {reason}") from error
        if length != manifest.dimension:
            raise ModelError(
                f"model version {version} is refused: its manifest says vectors of length "
                f"{manifest.dimension}, its weights make {length}; restore the folder from a backup"
            )
        return loaded

    @property
    def version(self) -> str:
        """The name of the model version."""
        return self.manifest.version

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return self.manifest.dimension

    def vocabulary(self) -> dict[str, int]:
        """The pieces of words that the encoder knows, and their ids."""
        vocabulary: dict[str, int] = self._encoder.vocabulary()
        return vocabulary

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Matrix:
        """The encoder's output.

        Args:
            progress: Called with the number of texts done since the last call.

        Returns:
            Array of shape (len(texts), encoder dimension), in the order of `texts`.
        """
        # Texts of like length share a batch, so little is spent on padding.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]), reverse=True)
        rows: list[Matrix] = []
        for start in range(0, len(order), ENCODE_BATCH):
            chosen = order[start : start + ENCODE_BATCH]
            rows.append(self._encode_batch([texts[i] for i in chosen]))
            if progress is not None:
                progress(len(chosen))
        if not rows:
            return np.empty((0, self._encoder.embedding_size), dtype=np.float32)
        encoded = np.empty((len(texts), rows[0].shape[1]), dtype=np.float32)
        encoded[order] = np.concatenate(rows)
        return encoded

    def _encode_batch(self, texts: list[str]) -> Matrix:
        with torch.inference_mode():
            batch = {
                key: value.to(self._device) if isinstance(value, torch.Tensor) else value
                for key, value in self._collate(texts).items()
            }
            encoded: Matrix = self._encoder(batch).float().cpu().numpy()
            return encoded

    def apply_head(self, encoded: Matrix) -> Matrix:
        """The model's vectors for encoder outputs.

        Args:
            encoded: Array of shape (n, encoder dimension).

        Returns:
            Array of shape (n, `dimension`) of unit length: a head's outputs are not.
        """
        if not len(encoded):
            return np.empty((0, self.dimension), dtype=np.float32)
        with torch.inference_mode():
            inputs = torch.from_numpy(np.ascontiguousarray(encoded)).to(self._device)
            outputs = torch.nn.functional.normalize(self._model.head(inputs), dim=1)
            result: Matrix = outputs.float().cpu().numpy()
            return result

    def embed(self, text: str) -> Matrix:
        """The vector of one text, of shape (`dimension`,)."""
        vector: Matrix = self.apply_head(self.encode([text]))[0]
        return vector


def load_servable(folder: Path, encoder: SentenceEncoder | None = None) -> SimilarityModel:
    """The model of a servable's folder.

    Args:
        encoder: Its encoder, where that is loaded already.

    Raises:
        ModelError: It names what training never writes.
    """
    check_servable(folder)
    if encoder is None:
        encoder = SentenceEncoder.load(str(folder / "encoders" / ENCODER_KEY))
    return SimilarityModel(encoders=encoder, head=load_head(folder))


def load_head(servable: Path) -> EncoderHead:
    """The head of a servable, its weights read as numbers alone.

    Raises:
        ModelError: It names what training never writes.
    """
    check_servable(servable)
    (_, name), _ = classes_of(servable)
    folder = servable / "head"
    head = _HEADS[name](**read_json(folder / "config.json"))
    weights = torch.load(folder / "weights.bin", map_location="cpu", weights_only=True)
    head.load_state_dict(weights)
    return head


def pick_device(name: str) -> torch.device:
    """The torch device for a setting; "auto" prefers an accelerator where there is one.

    Raises:
        SettingsError: There is no such device here.
    """
    if name != "auto":
        try:
            device = torch.device(name)
            torch.empty(1, device=device)
        except (RuntimeError, AssertionError, NotImplementedError):
            raise SettingsError(
                f'[index] device {name!r} cannot be used here; set it to "auto" or "cpu"'
            ) from None
        return device
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    return accelerator if accelerator is not None else torch.device("cpu")
