"""How well vectors find their own among the development pairs: what early stopping goes by."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

import train.finetune.compat  # noqa: F401
from index.text import fold
from train.data import Texts

from quaterion.eval.pair import RetrievalPrecision, RetrievalReciprocalRank  # isort: skip


class DevelopmentEvaluator:
    """Measures how well the development pairs' wordings find a text of their own pair.

    Each wording is searched for among all other wordings and all answers; right is the pair's
    answer or another of its wordings, and whatever has the same answer. That is how the index is
    searched.
    Pairs with one wording each make this the question half of Quaterion's `Evaluator` metrics.
    """

    def __init__(self, pairs: Sequence[Texts]) -> None:
        self.wordings = [text for pair in pairs for text in pair.wordings]
        self.texts = [*self.wordings, *(pair.answer for pair in pairs)]
        keys: dict[str, int] = {}
        of_pair = [keys.setdefault(fold(pair.answer), len(keys)) for pair in pairs]
        of_wording = [key for key, pair in zip(of_pair, pairs, strict=True) for _ in pair.wordings]
        self._owner = torch.tensor([*of_wording, *of_pair])

    def evaluate(self, vectors: Tensor) -> tuple[float, float]:
        """The mean reciprocal rank and the precision at 1.

        Args:
            vectors: Shape (len(texts), dimension), of any length, on any device.
        """
        asked = len(self.wordings)
        unit = F.normalize(vectors.float(), dim=1)
        distances = 1 - unit[:asked] @ unit.T
        owner = self._owner.to(vectors.device)
        right = owner[:asked, None] == owner[None, :]
        itself = torch.arange(asked, device=vectors.device)
        right[itself, itself] = False
        # Quaterion's metrics expect one right text for each; the nearest decides the rank.
        nearest = distances.masked_fill(~right, torch.inf).argmin(dim=1)
        farthest = distances.max() + 1
        distances = distances.masked_fill(right, farthest)
        distances[itself, itself] = farthest
        labels = torch.zeros_like(distances)
        labels[itself, nearest] = 1.0
        distances[itself, nearest] = (1 - (unit[:asked] * unit[nearest]).sum(dim=1)).float()
        reciprocal_rank = RetrievalReciprocalRank().raw_compute(distances, labels)
        precision = RetrievalPrecision(k=1).raw_compute(distances, labels)
        return float(reciprocal_rank), float(precision)
