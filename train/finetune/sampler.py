"""Which samples share a batch: hard negatives together, false ones masked or apart."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch.distributed
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from torch.utils.data import Sampler

from index.text import fold
from index.vectors import Matrix
from train.data import Sample, Texts

Ints = npt.NDArray[np.int64]

# Rows compared at once when looking for near-duplicates: bounds the memory.
_BLOCK = 2048


def false_negative_groups(
    pairs: Sequence[Texts], questions: Matrix, answers: Matrix, cosine: float
) -> Ints:
    """A group number for each pair; pairs of one group are not each other's negatives.

    Pairs share a group if their answers are the same text, or if their answers or their questions
    are near-duplicates of each other, directly or through others.

    Args:
        questions, answers: Unit vectors of each pair's question and answer, by the parent's
            encoder; shape (pairs, dimension).
        cosine: From which on two texts are near-duplicates.
    """
    left: list[npt.NDArray[np.intp]] = []
    right: list[npt.NDArray[np.intp]] = []
    for vectors in (questions, answers):
        for start in range(0, len(vectors), _BLOCK):
            similar = vectors[start : start + _BLOCK] @ vectors.T >= cosine
            rows, columns = np.nonzero(similar)
            left.append(rows + start)
            right.append(columns)
    first: dict[str, int] = {}
    same = [first.setdefault(fold(pair.answer), i) for i, pair in enumerate(pairs)]
    left.append(np.arange(len(pairs)))
    right.append(np.asarray(same, dtype=np.intp))
    rows, columns = np.concatenate(left), np.concatenate(right)
    links = coo_array((np.ones(len(rows), dtype=bool), (rows, columns)), shape=(len(pairs),) * 2)
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)


class HardNegativeSampler(Sampler[list[int]]):
    """Batches of sample numbers, the same in every process for a seed and an epoch.

    Samples of one pair go to different rounds, so that they do not meet: each round has at most
    one of every pair, and batches are cut from a round. Of each batch a share are neighbours,
    samples about similar things, which are hard to tell apart; the rest is drawn at random.

    Each of several processes that train together gets every n-th batch.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        vectors: Matrix,
        *,
        batch_size: int,
        hard_share: float,
        passes: float,
        seed: int,
        processes: int = 1,
    ) -> None:
        """Args:
        vectors: Unit vectors of the pairs, shape (pairs, dimension): near ones are neighbours.
        hard_share: Share of a batch that are neighbours of each other, 0 to 1.
        passes: Over the samples in one of Lightning's epochs; below 1, a share of one.
        processes: How many train together.
        """
        self._pair = np.array([sample.pair for sample in samples])
        self._vectors = vectors
        self._batch_size = batch_size
        self._hard_share = hard_share
        self._seed = seed
        self._processes = processes
        self._epoch = 0
        self._drawn: tuple[int, list[list[int]]] | None = None
        sizes = [len(members) for members in self._rounds(np.random.default_rng(0))]
        self._batches = sum(_batch_count(size, batch_size) for size in sizes)
        self._per_epoch = max(1, int(self._batches * passes) // processes)
        # Lightning tells `batch_sampler.sampler` which epoch it is.
        self.sampler = self

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch, as Lightning counts them, whose batches come next."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._per_epoch

    def __iter__(self) -> Iterator[list[int]]:
        # Every epoch has the same number of batches, in every process: one pass after the other
        # is dealt out, and an epoch may begin and end within one.
        size = self._per_epoch * self._processes
        start = self._epoch * size
        for number in range(start + _rank(), start + size, self._processes):
            turn, place = divmod(number, self._batches)
            yield self._whole_pass(turn)[place]

    def _whole_pass(self, turn: int) -> list[list[int]]:
        """All batches of one pass over the samples."""
        if self._drawn is None or self._drawn[0] != turn:
            self._drawn = turn, self._draw(turn)
        return self._drawn[1]

    def _draw(self, turn: int) -> list[list[int]]:
        rng = np.random.default_rng([self._seed, turn])
        batches = []
        for members in self._rounds(rng):
            batches += self._cut(members, rng)
        return [batches[i] for i in rng.permutation(len(batches))]

    def _rounds(self, rng: np.random.Generator) -> list[Ints]:
        """The samples, in groups with at most one sample of each pair."""
        shuffled = rng.permutation(len(self._pair))
        # Position of each sample among the shuffled samples of its pair.
        by_pair = shuffled[np.argsort(self._pair[shuffled], kind="stable")]
        _, starts, counts = np.unique(self._pair[by_pair], return_index=True, return_counts=True)
        turn = np.arange(len(by_pair)) - np.repeat(starts, counts)
        return _merge_small([by_pair[turn == k] for k in range(int(turn.max()) + 1)])

    def _cut(self, members: Ints, rng: np.random.Generator) -> list[list[int]]:
        """The batches of a round."""
        count = _batch_count(len(members), self._batch_size)
        if count == 1 or self._hard_share == 0:
            return [part.tolist() for part in np.array_split(rng.permutation(members), count)]
        runs = max(count, round(count / self._hard_share))
        ordered = members[self._neighbours_together(self._pair[members], runs, rng)]
        chunks = np.array_split(ordered, runs)
        drawn = rng.permutation(runs)
        # The longest run meets the shortest filling: together never more than a batch.
        hard = sorted((chunks[i] for i in drawn[:count]), key=len)
        others = np.concatenate([ordered[:0], *(chunks[i] for i in drawn[count:])])
        filling = np.array_split(rng.permutation(others), count)
        return [np.concatenate(both).tolist() for both in zip(hard, filling, strict=True)]

    def _neighbours_together(
        self, pairs: Ints, clusters: int, rng: np.random.Generator
    ) -> npt.NDArray[np.intp]:
        """An order of samples, given by their pairs, by cluster: a few rounds of k-means."""
        vectors = self._vectors[pairs]
        centroids = vectors[rng.choice(len(pairs), clusters, replace=False)]
        for _ in range(3):
            nearest = np.argmax(vectors @ centroids.T, axis=1)
            sums = 1e-6 * centroids  # a centroid without members stays where it is
            np.add.at(sums, nearest, vectors)
            centroids = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        nearest = np.argmax(vectors @ centroids.T, axis=1)
        return np.lexsort((rng.random(len(pairs)), rng.permutation(clusters)[nearest]))


def _merge_small(rounds: list[Ints]) -> list[Ints]:
    """Join rounds that few pairs reach, or a batch of them would hold next to no negatives."""
    enough = len(rounds[0]) / 2
    merged: list[Ints] = []
    for members in rounds:
        if merged and (len(members) < enough and len(merged[-1]) < enough):
            merged[-1] = np.concatenate([merged[-1], members])
        else:
            merged.append(members)
    if len(merged) > 1 and len(merged[-1]) < enough:
        last = merged.pop()
        merged[-1] = np.concatenate([merged[-1], last])
    return merged


def _batch_count(samples: int, batch_size: int) -> int:
    return -(-samples // batch_size)


def _rank() -> int:
    """This process's number among those that train together."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank()
    return 0
