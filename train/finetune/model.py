"""The model in training: our encoder and a head inside Quaterion's trainable model."""

import math
from collections.abc import Hashable, Sequence
from typing import Any

import torch
from quaterion_models.encoders import Encoder
from quaterion_models.heads import EmptyHead, EncoderHead, SkipConnectionHead
from torch import Tensor

import train.finetune.compat  # noqa: F401
from index.model.encoder import SentenceEncoder
from index.vectors import Matrix
from train.errors import TrainingFailed
from train.finetune.hyperparameters import Hyperparameters
from train.finetune.losses import RankingLoss

from quaterion import TrainableModel  # isort: skip
from quaterion.train.cache import CacheConfig, CacheEncoder, CacheType  # isort: skip

# Groups of like length a batch of texts is encoded in: short ones are not padded to long ones.
_LENGTH_GROUPS = 4


def make_head(name: str, size: int) -> EncoderHead:
    """A head as it is before training.

    Args:
        name: "skip", as in the settings; "none" for a head that changes nothing.
        size: Length of the encoder's vectors.
    """
    if name == "none":
        return EmptyHead(size)
    assert name == "skip", name
    return SkipConnectionHead(size)


class Encodings:
    """What the frozen encoder puts out for texts, each text once."""

    def __init__(self, texts: Sequence[str], vectors: Matrix) -> None:
        """Args:
        texts: Different texts.
        vectors: Shape (len(texts), encoder dimension).
        """
        self._row = {text: row for row, text in enumerate(texts)}
        self.vectors = vectors

    def row(self, text: str) -> int:
        """The row of a text among the vectors."""
        return self._row[text]

    def of(self, texts: Sequence[str]) -> Matrix:
        """Shape (len(texts), encoder dimension)."""
        chosen: Matrix = self.vectors[[self._row[text] for text in texts]]
        return chosen


class StoredEncodings(CacheEncoder):  # type: ignore[misc]
    """Quaterion's cache of a frozen encoder, filled from the store instead of by encoding.

    Its keys are the texts' rows in the table, so what it gives depends on a text's content and
    on nothing else, such as the order of the data.
    """

    def __init__(self, encoder: Encoder, encodings: Encodings) -> None:
        super().__init__(encoder)
        self.table = torch.from_numpy(encodings.vectors)

    def is_filled(self) -> bool:
        return True

    def cache_collate(self, batch: list[Hashable]) -> Tensor:
        return torch.tensor(batch)

    def cache_extract_meta(self, batch: list[Any]) -> list[dict[str, Any]]:
        return [{} for _ in batch]

    def forward(self, batch: Tensor) -> Tensor:
        """Shape (batch size, embedding size), on the batch's device."""
        if self.table.device != batch.device:
            self.table = self.table.to(batch.device)
        return self.table[batch]


class TrainedEncoder(SentenceEncoder):
    """Our encoder while it is trained: a batch is encoded in groups of texts of like length."""

    def __init__(self, encoder: SentenceEncoder, max_tokens: int) -> None:
        super().__init__(encoder.pipeline, trainable=True)
        # It was loaded to be served: frozen. The pooling of BERT itself takes no part in ours, and
        # weights without gradients would make several processes wait for each other.
        for name, weight in self.pipeline.named_parameters():
            weight.requires_grad_(".pooler." not in name)
        self._whole_length = self.pipeline.max_seq_length
        if self._whole_length is not None:
            self.pipeline.max_seq_length = min(self._whole_length, max_tokens)

    def _collate(self, texts: list[str]) -> dict[str, Any]:
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        size = max(1, math.ceil(len(texts) / _LENGTH_GROUPS))
        groups = [order[start : start + size] for start in range(0, len(order), size)]
        back = torch.empty(len(order), dtype=torch.long)
        back[torch.tensor(order)] = torch.arange(len(order))
        preprocess = super()._collate
        return {"groups": [preprocess([texts[i] for i in g]) for g in groups], "back": back}

    def forward(self, batch: dict[str, Any]) -> Tensor:
        parts = [super(TrainedEncoder, self).forward(group) for group in batch["groups"]]
        return torch.cat(parts)[batch["back"]]

    def to_be_served(self) -> SentenceEncoder:
        """The same weights as the class that serving loads, at full length."""
        self.pipeline.max_seq_length = self._whole_length
        return SentenceEncoder(self.pipeline)


class FaqModel(TrainableModel):  # type: ignore[misc]
    """An encoder and a head, of which the head or both are trained."""

    def __init__(
        self,
        encoder: SentenceEncoder,
        head: EncoderHead,
        hyperparameters: Hyperparameters,
        *,
        encodings: Encodings | None,
    ) -> None:
        """Args:
        encodings: The texts' encodings where the encoder is frozen; None trains it too.
        """
        # In a tuple: Quaterion asks for the modules before there is a module to put them in.
        self._given = (encoder, head)
        self._hyperparameters = hyperparameters
        self._encodings = encodings
        super().__init__()

    def configure_encoders(self) -> Encoder:
        encoder = self._given[0]
        return (
            encoder
            if self._encodings
            else TrainedEncoder(encoder, self._hyperparameters.max_tokens)
        )

    def configure_head(self, input_embedding_size: int) -> EncoderHead:
        return self._given[1]

    def configure_loss(self) -> RankingLoss:
        return RankingLoss(self._hyperparameters.scale, same_side=self._hyperparameters.same_side)

    def configure_caches(self) -> CacheConfig | None:
        if self._encodings is None:
            return None
        return CacheConfig(CacheType.AUTO, key_extractors=self._encodings.row)

    def setup_cache(self, *args: Any, **kwargs: Any) -> bool:
        if self._encodings is not None:
            self.model.encoders = {
                name: StoredEncodings(encoder, self._encodings)
                for name, encoder in self.model.encoders.items()
            }
        return bool(super().setup_cache(*args, **kwargs))

    @classmethod
    def _fill_cache(cls, **_: Any) -> None:
        """Nothing to do: the stored encodings are there from the beginning."""

    def configure_optimizers(self) -> dict[str, Any]:
        trained = [p for p in self.model.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(
            trained,
            lr=self._hyperparameters.learning_rate,
            weight_decay=self._hyperparameters.weight_decay,
        )
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: _rate(step, steps, self._hyperparameters.warm_up)
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def training_step(self, batch: Any, batch_idx: int, **kwargs: Any) -> Tensor:
        loss: Tensor = super().training_step(batch, batch_idx, **kwargs)
        if not torch.isfinite(loss):
            raise TrainingFailed(
                f"training failed: the loss is {float(loss)} at step {self.global_step + 1}; "
                'set [train] precision to "32", or look for broken texts among the newest pairs'
            )
        return loss

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        # A frozen encoder is 90 MB that anybody who resumes has already.
        if self._encodings is not None:
            state = checkpoint["state_dict"]
            checkpoint["state_dict"] = {k: v for k, v in state.items() if ".head." in k}

    @property
    def strict_loading(self) -> bool:
        return self._encodings is None

    def embed(self, texts: Sequence[str], batch_size: int = 64) -> Tensor:
        """The vectors of texts by the weights as they are now, shape (len(texts), dimension)."""
        was_training = self.training
        self.eval()
        device = self.device
        with torch.no_grad():
            if self._encodings is not None:
                inputs = torch.from_numpy(self._encodings.of(texts)).to(device)
            else:
                (encoder,) = self.model.encoders.values()
                inputs = _encode(encoder, texts, batch_size, device)
            vectors: Tensor = self.model.head(inputs)
        self.train(was_training)
        return vectors

    def trained_weights(self) -> dict[str, Tensor]:
        """The weights that training changes, by name."""
        part = self.model.head if self._encodings is not None else self.model
        return {name: value.detach().cpu() for name, value in part.state_dict().items()}

    def load_trained_weights(self, weights: dict[str, Tensor]) -> None:
        """Take over what `trained_weights` gave."""
        part = self.model.head if self._encodings is not None else self.model
        part.load_state_dict(weights)

    def save_servable(self, path: str) -> None:
        """Write what serving loads, to a folder that does not exist yet."""
        self.unwrap_cache()
        self.cpu()
        self.eval()
        self.model.encoders = {
            name: encoder.to_be_served() if isinstance(encoder, TrainedEncoder) else encoder
            for name, encoder in self.model.encoders.items()
        }
        super().save_servable(path)


def _rate(step: int, steps: int, warm_up: float) -> float:
    """Share of the highest learning rate at a step: a linear rise, then half a cosine."""
    rise = round(warm_up * steps)
    if step < rise:
        return (step + 1) / (rise + 1)
    share = (step - rise) / max(1, steps - rise)
    return (1 + math.cos(math.pi * min(1.0, share))) / 2


def _encode(
    encoder: Encoder, texts: Sequence[str], batch_size: int, device: torch.device
) -> Tensor:
    from pytorch_lightning.utilities import move_data_to_device

    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    collate = encoder.get_collate_fn()
    parts = []
    for start in range(0, len(order), batch_size):
        batch = collate([texts[i] for i in order[start : start + batch_size]])
        parts.append(encoder(move_data_to_device(batch, device)).float())
    vectors = torch.empty_like(joined := torch.cat(parts))
    vectors[torch.tensor(order, device=device)] = joined
    return vectors
