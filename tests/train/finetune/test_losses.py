"""The ranking loss: partners before all others, false negatives left out."""

import json

import pytest
import torch
import torch.nn.functional as F

from train.finetune.losses import RankingLoss

N, SIZE = 6, 8
PAIRS = torch.tensor([[i, i + N] for i in range(N)])
LABELS = torch.ones(N)
ALL_APART = torch.arange(N).repeat(2).float()


@pytest.fixture
def embeddings() -> torch.Tensor:
    return 3 * torch.randn(2 * N, SIZE, generator=torch.Generator().manual_seed(1))


def by_hand(embeddings: torch.Tensor, groups: torch.Tensor, scale: float, same: float) -> float:
    unit = F.normalize(embeddings, dim=1)
    total = 0.0
    for mine, other in ((unit[:N], unit[N:]), (unit[N:], unit[:N])):
        for i in range(N):
            allowed = [j for j in range(N) if groups[j] != groups[i]]
            right = (scale * mine[i] @ other[i]).exp()
            wrong = sum((scale * mine[i] @ other[j]).exp() for j in allowed)
            alike = sum((scale * mine[i] @ mine[j]).exp() for j in allowed)
            total -= float((right / (right + wrong + same * alike)).log())
    return total / (2 * N)


@pytest.mark.parametrize("same_side", [0.0, 0.3, 1.0])
def test_the_loss_is_the_cross_entropy_of_scaled_cosines(
    embeddings: torch.Tensor, same_side: float
) -> None:
    loss = RankingLoss(20, same_side=same_side)(embeddings, PAIRS, LABELS, ALL_APART)

    assert float(loss) == pytest.approx(by_hand(embeddings, ALL_APART, 20, same_side), rel=1e-5)


@pytest.mark.parametrize("same_side", [0.0, 0.3, 1.0])
def test_texts_of_one_group_are_no_negatives_of_each_other(
    embeddings: torch.Tensor, same_side: float
) -> None:
    groups = torch.tensor([0.0, 0, 1, 2, 2, 2]).repeat(2)

    loss = RankingLoss(20, same_side=same_side)(embeddings, PAIRS, LABELS, groups)

    assert float(loss) == pytest.approx(by_hand(embeddings, groups, 20, same_side), rel=1e-5)


def test_a_duplicate_answer_pushes_nothing_away(embeddings: torch.Tensor) -> None:
    embeddings[N + 1] = embeddings[N]  # the answers of pairs 0 and 1 are the same
    embeddings.requires_grad_()
    groups = torch.tensor([0.0, 0, 1, 2, 3, 4]).repeat(2)
    only_two = torch.tensor([[0, N], [1, N + 1]])

    loss = RankingLoss(20)(embeddings, only_two, LABELS[:2], groups[[0, 1, 6, 7]])
    loss.backward()

    assert float(loss.detach()) == 0
    assert float(embeddings.grad.abs().max()) == 0


def test_a_batch_of_one_group_gives_no_loss_and_no_nan(embeddings: torch.Tensor) -> None:
    loss = RankingLoss(20, same_side=1.0)(embeddings, PAIRS, LABELS, torch.zeros(2 * N))

    assert float(loss) == 0


def test_the_length_of_vectors_does_not_matter(embeddings: torch.Tensor) -> None:
    loss = RankingLoss(20)

    assert float(loss(embeddings, PAIRS, LABELS, ALL_APART)) == pytest.approx(
        float(loss(embeddings * 7, PAIRS, LABELS, ALL_APART)), rel=1e-5
    )


def test_it_is_quaterions_loss_at_twice_the_scale(embeddings: torch.Tensor) -> None:
    from quaterion.loss import MultipleNegativesRankingLoss

    theirs = MultipleNegativesRankingLoss(scale=40, symmetric=True)
    expected = theirs(embeddings, PAIRS, LABELS, ALL_APART)

    assert float(RankingLoss(20)(embeddings, PAIRS, LABELS, ALL_APART)) == pytest.approx(
        float(expected), rel=1e-4
    )


def test_half_precision_around_it_costs_no_digits(embeddings: torch.Tensor) -> None:
    exact = RankingLoss(20)(embeddings, PAIRS, LABELS, ALL_APART)

    with torch.autocast("cpu", torch.bfloat16):
        loss = RankingLoss(20)(embeddings, PAIRS, LABELS, ALL_APART)

    assert float(loss) == float(exact)


def test_its_configuration_can_be_written_as_json() -> None:
    config = json.loads(json.dumps(RankingLoss(20, same_side=1.0).get_config_dict()))

    assert config == {
        "distance_metric_name": "cosine",
        "scale": 20,
        "symmetric": True,
        "same_side": 1.0,
    }
