"""The model in training: what is cached, what is trained, what is saved."""

from pathlib import Path

import numpy as np
import pytest
import torch
from quaterion_models import SimilarityModel

import train.finetune.compat  # noqa: F401
from index.model.encoder import SentenceEncoder
from index.model.served import ServedModel
from index.model.versions import SERVABLE
from train.data import Texts
from train.finetune.evaluator import DevelopmentEvaluator
from train.finetune.model import Encodings, StoredEncodings, TrainedEncoder, make_head

from quaterion.dataset import SimilarityPairSample  # isort: skip
from quaterion.eval.evaluator import Evaluator  # isort: skip
from quaterion.eval.pair import RetrievalPrecision, RetrievalReciprocalRank  # isort: skip
from quaterion.eval.samplers.pair_sampler import PairSampler  # isort: skip

TEXTS = ["VPN", "How do I reset my password?", "The printer on the second floor is offline again"]


@pytest.fixture(scope="module")
def served(base_models: Path) -> ServedModel:
    return ServedModel.load(base_models, "base", "cpu")


@pytest.fixture(scope="module")
def encoder(base_models: Path) -> SentenceEncoder:
    (encoder,) = SimilarityModel.load(str(base_models / "base" / SERVABLE)).encoders.values()
    return encoder


@pytest.mark.parametrize("name", ["none", "skip"])
def test_every_head_is_loaded_again_as_it_was(name: str, tmp_path: Path) -> None:
    head = make_head(name, 384)
    head.save(str(tmp_path))

    again = type(head).load(str(tmp_path))

    vectors = torch.randn(3, 384)
    assert type(head).__module__.startswith("quaterion_models.heads.")
    assert head(vectors).shape[0] == 3
    torch.testing.assert_close(again(vectors), head(vectors))


def test_stored_encodings_answer_by_content(encoder: SentenceEncoder) -> None:
    vectors = np.arange(9, dtype=np.float32).reshape(3, 3)
    encodings = Encodings(TEXTS, vectors)
    cached = StoredEncodings(encoder, encodings)

    keys = cached.cache_collate([encodings.row(TEXTS[2]), encodings.row(TEXTS[0])])

    assert cached.is_filled()
    assert cached(keys).tolist() == [[6, 7, 8], [0, 1, 2]]


def test_the_encoder_in_training_encodes_as_the_served_one(
    encoder: SentenceEncoder, served: ServedModel
) -> None:
    trained = TrainedEncoder(encoder, max_tokens=128)
    batch = trained.get_collate_fn()(TEXTS)
    trained.eval()

    with torch.no_grad():
        vectors = trained(batch).numpy()

    np.testing.assert_allclose(vectors, served.encode(TEXTS), atol=1e-5)
    assert trained.trainable
    assert len(batch["groups"]) > 1


def test_what_is_served_has_the_class_and_the_length_of_before(encoder: SentenceEncoder) -> None:
    length = encoder.pipeline.max_seq_length

    trained = TrainedEncoder(encoder, max_tokens=16)
    assert trained.pipeline.max_seq_length == 16

    back = trained.to_be_served()
    assert type(back) is SentenceEncoder
    assert back.pipeline.max_seq_length == length


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
