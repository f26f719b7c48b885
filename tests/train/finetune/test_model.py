"""The model in training: what is cached, what is trained, what is saved."""

from pathlib import Path

import numpy as np
import pytest
import torch
from quaterion_models import SimilarityModel

import train.finetune.compat  # noqa: F401
from index.model.encoder import SentenceEncoder
from index.model.manifest import SERVABLE
from index.model.served import ServedModel
from train.finetune.model import Encodings, StoredEncodings, TrainedEncoder, make_head

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
