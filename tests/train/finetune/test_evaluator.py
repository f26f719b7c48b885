"""The development side is measured as Quaterion's evaluator measures it."""

from pathlib import Path

import pytest
import torch
from quaterion_models import SimilarityModel

import train.finetune.compat  # noqa: F401
from index.model.served import ServedModel
from train.data import Texts
from train.finetune.evaluator import DevelopmentEvaluator
from train.finetune.model import make_head

from quaterion.dataset import SimilarityPairSample  # isort: skip
from quaterion.eval.evaluator import Evaluator  # isort: skip
from quaterion.eval.pair import RetrievalPrecision, RetrievalReciprocalRank  # isort: skip
from quaterion.eval.samplers.pair_sampler import PairSampler  # isort: skip


@pytest.fixture(scope="module")
def served(base_models: Path) -> ServedModel:
    return ServedModel.load(base_models, "base", "cpu")


def test_the_development_metrics_are_those_of_quaterions_evaluator(served: ServedModel) -> None:
    pairs = [Texts(str(i), (q,), a, "") for i, (q, a) in enumerate(FAQ)]
    samples = [SimilarityPairSample(pair.wordings[0], pair.answer) for pair in pairs]
    served_model = SimilarityModel(encoders=served._encoder, head=make_head("none", 384))
    # Per row, of which the first half are questions in the sampler's order of sampling.
    sampler = InOrder(encode_batch_size=2 * len(samples), log_progress=False)
    expected = Evaluator(
        {
            "mrr": RetrievalReciprocalRank(reduce_func=None),
            "p": RetrievalPrecision(reduce_func=None),
        },
        sampler,
    ).evaluate(samples, served_model)

    development = DevelopmentEvaluator(pairs)
    mrr, precision = development.evaluate(torch.from_numpy(served.encode(development.texts)))

    n = len(pairs)
    assert mrr == pytest.approx(float(expected["mrr"][:n].mean()), abs=1e-6)
    assert precision == pytest.approx(float(expected["p"][:n].mean()), abs=1e-6)
    assert 0 < precision < 1


def test_a_further_wording_or_the_same_answer_is_right_too() -> None:
    pairs = [
        Texts("1", ("a", "b"), "x", ""),
        Texts("2", ("c",), "y", ""),
        Texts("3", ("d",), "Y", ""),
    ]
    east, north, west = [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]
    # a and b point the same way, away from their answer; c and d too, away from theirs.
    vectors = torch.tensor([east, east, north, north, west, west, west])

    assert DevelopmentEvaluator(pairs).evaluate(vectors) == (1.0, 1.0)


def test_ranks_count_the_texts_before_the_right_one() -> None:
    pairs = [Texts("1", ("a",), "x", ""), Texts("2", ("b",), "y", "")]
    angles = torch.tensor([0.0, 0.1, 0.4, 0.2])  # of a, b, x, y
    vectors = torch.stack([angles.cos(), angles.sin()], dim=1)

    mrr, precision = DevelopmentEvaluator(pairs).evaluate(vectors)

    # a: b, y, then x; b: a and y are as near, y before or after it.
    assert mrr == pytest.approx((1 / 3 + 1 / 2) / 2, abs=0.26)
    assert precision in (0.0, 0.5)


class InOrder(PairSampler):
    """Takes the samples in their order, so that rows can be told apart."""

    def sample(self, dataset: object, metric: object, model: object) -> object:
        import random
        from unittest import mock

        with mock.patch.object(random, "sample", lambda population, k: list(population)[:k]):
            return super().sample(dataset, metric, model)


FAQ = [
    ("How do I reset my password?", "Open the portal and choose Forgot."),
    ("Where do I change my password?", "In your profile."),
    ("Why does the VPN disconnect?", "Update the client."),
    ("Why is the printer offline?", "Switch it on again."),
    ("How do I add a mail signature?", "Settings, then Signature."),
    ("How do I connect to the VPN?", "Start the client and sign in."),
    ("Can I print from home?", "No."),
    ("Who answers my mails while I am away?", "Whoever you name in Settings."),
]
