"""The encoder of a served model: sentence-transformers modules inside a Quaterion encoder.

A saved servable names this class by its module path, and loading one imports it: renaming or
moving it makes every saved model version unreadable.
"""

from typing import Any

import torch
from quaterion_models.encoders import Encoder
from quaterion_models.types import CollateFnType
from sentence_transformers import SentenceTransformer
from torch import Tensor
from transformers.utils import logging as transformers_logging

# Loading takes a moment; its bars would be torn by our own.
transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]


class SentenceEncoder(Encoder):  # type: ignore[misc]
    """Transformer, pooling and normalisation as one encoder of texts."""

    def __init__(self, modules: SentenceTransformer, *, trainable: bool = False) -> None:
        """Wrap loaded modules.

        Args:
            modules: The sentence-transformers pipeline; its output is the text's embedding.
            trainable: Whether training may change the weights. A frozen encoder's output for a
                text never changes, which is what the embedding cache rests on.
        """
        super().__init__()
        self.pipeline = modules
        self._trainable = trainable

    @property
    def trainable(self) -> bool:
        """Whether training may change its weights."""
        return self._trainable

    @property
    def embedding_size(self) -> int:
        """How many numbers its output has."""
        size = self.pipeline.get_embedding_dimension()
        assert size is not None, "the pipeline ends in pooling, which knows its size"
        return int(size)

    def get_collate_fn(self) -> CollateFnType:
        """What makes a batch of texts ready for `forward`."""
        return self._collate

    def _collate(self, texts: list[str]) -> dict[str, Any]:
        # A plain dict: quaterion moves only those to the encoder's device.
        return dict(self.pipeline.preprocess(list(texts)))

    def forward(self, batch: dict[str, Any]) -> Tensor:
        """Embed a collated batch.

        Returns:
            Tensor of shape (batch size, `embedding_size`).
        """
        embeddings: Tensor = self.pipeline(dict(batch))["sentence_embedding"]
        return embeddings

    def vocabulary(self) -> dict[str, int]:
        """The tokenizer's pieces of words, and their ids."""
        return dict(self.pipeline.tokenizer.get_vocab())

    def save(self, output_path: str) -> None:
        """Write the modules to a folder, weights as safetensors."""
        self.pipeline.save(output_path, create_model_card=False, safe_serialization=True)

    @classmethod
    def load(cls, input_path: str) -> "SentenceEncoder":
        """Read the modules from a local folder; never from a hub, never a pickle."""
        return cls(
            SentenceTransformer(
                str(input_path),
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True, "dtype": torch.float32},
            )
        )
