"""The loss: rank a text's partner before all other texts of the batch."""

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

import train.finetune.compat  # noqa: F401

from quaterion.loss import MultipleNegativesRankingLoss, SimilarityLoss  # isort: skip


class RankingLoss(MultipleNegativesRankingLoss):  # type: ignore[misc]
    """Multiple negatives ranking loss that knows which negatives are none.

    Cross-entropy over the scaled cosines of a text with all texts of the batch, its partner being
    the right one (Henderson et al. 2017, https://arxiv.org/abs/1705.00652; with temperature
    1 / scale), in both directions. Two texts of one subgroup are never each other's negatives.
    """

    def __init__(self, scale: float = 20.0, *, same_side: float = 0.0) -> None:
        """Args:
        scale: Factor on the true cosine, -1 to 1. (Quaterion's own cosine runs from 0 to 1, so
            its loss needs twice the scale for the same effect.)
        same_side: Weight of the batch's other questions as negatives of a question, and of the
            other answers as those of an answer; 0 leaves them out, 1 makes them count in full.
        """
        super().__init__(scale=scale, symmetric=True)
        self.scale = scale
        self.same_side = same_side

    def get_config_dict(self) -> dict[str, Any]:
        config: dict[str, Any] = SimilarityLoss.get_config_dict(self)
        return config | {
            "scale": self.scale,
            "symmetric": True,
            "same_side": self.same_side,
        }

    def forward(
        self, embeddings: Tensor, pairs: Tensor, labels: Tensor, subgroups: Tensor, **_: Any
    ) -> Tensor:
        """The mean loss of a batch.

        Args:
            embeddings: Shape (2 n, dimension), of any length.
            pairs: Shape (n, 2): positions of the partners among the embeddings.
            labels: Unused: all pairs belong together.
            subgroups: Shape (2 n,): a number for each embedding.
        """
        first, second = pairs[:, 0], pairs[:, 1]
        group = subgroups[first]
        false_negative = group[:, None] == group[None, :]
        false_negative.fill_diagonal_(False)
        # Scaled cosines lose too much in half precision.
        with torch.autocast(embeddings.device.type, enabled=False):
            unit = F.normalize(embeddings.float(), dim=1)
            a, b = unit[first], unit[second]
            across = (self.scale * a @ b.T).masked_fill(false_negative, -torch.inf)
            rows, columns = [across], [across.T]
            if self.same_side:
                false_negative = false_negative.clone().fill_diagonal_(True)
                # A weight in the sum of exponentials is a term in the exponent.
                weight = math.log(self.same_side)
                for sides, own in ((rows, a), (columns, b)):
                    cosines = self.scale * own @ own.T + weight
                    sides.append(cosines.masked_fill(false_negative, -torch.inf))
            target = torch.arange(len(pairs), device=embeddings.device)
            forward = F.cross_entropy(torch.cat(rows, dim=1), target)
            backward = F.cross_entropy(torch.cat(columns, dim=1), target)
            return (forward + backward) / 2
