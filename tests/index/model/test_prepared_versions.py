"""Versions prepared by somebody who can write into the models folder: refused, nothing executed.

Each is consistent: its manifest vouches for every file, as a careful attacker would see to. What
would run leaves a canary behind: a file that says so.
"""

import io
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from quaterion_models import SimilarityModel

from index.errors import ModelError
from index.model.base import BASE_VERSION
from index.model.manifest import SERVABLE
from index.model.served import ServedModel, load_head, load_servable
from index.model.versions import MANIFEST, verify
from tests.index.models import link_models, prepare_file, prepare_json, prepare_manifest

ENCODER = f"{SERVABLE}/encoders/default"
CONFIG = f"{SERVABLE}/config.json"
HEAD = f"{SERVABLE}/head/config.json"
Prepare = Callable[[Path, Path], None]


@pytest.fixture
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is there as soon as anything of a prepared version was executed.

    A module `trap` on the path makes it when imported; a prepared version may also bring one.
    """
    path = tmp_path / "canary"
    (tmp_path / "trap").mkdir()
    (tmp_path / "trap" / "trap.py").write_text(trap(path))
    monkeypatch.syspath_prepend(tmp_path / "trap")
    return path


@pytest.fixture
def models(base_models: Path, tmp_path: Path) -> Path:
    """A models folder of the test's own."""
    link_models(base_models, tmp_path / "models")
    return tmp_path / "models"


def trap(canary: Path) -> str:
    return f"open({str(canary)!r}, 'w').close()\nclass Trap: pass\n"


def head_of(module: str, name: str, **config: Any) -> Prepare:
    def prepare(version: Path, canary: Path) -> None:
        head = {"module": f"quaterion_models.heads.{module}", "class": name}
        prepare_json(version, CONFIG, {"head": head})
        prepare_file(version, HEAD, json.dumps({"input_embedding_size": 384} | config).encode())

    return prepare


def switch_head(version: Path, canary: Path) -> None:
    options = {"a": {"class": popen(), "config": {"args": ["touch", str(canary)]}}}
    head_of("switch_head", "SwitchHead", heads=options)(version, canary)


def popen() -> dict[str, str]:
    return {"module": "subprocess", "class": "Popen"}


class Runs:
    """What a pickle can do: call anything with anything when it is read."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.canary,))


def pickled(canary: Path) -> bytes:
    content = io.BytesIO()
    torch.save({"gates": Runs(canary)}, content)
    return content.getvalue()


def sequential_head(version: Path, canary: Path) -> None:
    head_of("sequential_head", "SequentialHead", output_size=384)(version, canary)
    prepare_file(version, f"{SERVABLE}/head/weights.bin", pickled(canary))


def changed(name: str, **change: Any) -> Prepare:
    return lambda version, canary: prepare_json(version, name, change)


def encoder_class(version: Path, canary: Path) -> None:
    encoder = {"key": "default", "module": "trap", "class": "Trap"}
    prepare_json(version, CONFIG, {"encoders": [encoder]})


def encoder_beside(version: Path, canary: Path) -> None:
    encoder = {"key": "../../x", "module": "index.model.encoder", "class": "SentenceEncoder"}
    prepare_json(version, CONFIG, {"encoders": [encoder]})


def two_encoders(version: Path, canary: Path) -> None:
    encoder = {"key": "default", "module": "index.model.encoder", "class": "SentenceEncoder"}
    prepare_json(version, CONFIG, {"encoders": [encoder, encoder | {"key": "other"}]})


def module_of(name: str, path: str = "1_Pooling") -> Prepare:
    def prepare(version: Path, canary: Path) -> None:
        modules = json.loads((version / ENCODER / "modules.json").read_text())
        modules[1] |= {"type": name, "path": path}
        prepare_file(version, f"{ENCODER}/modules.json", json.dumps(modules).encode())

    return prepare


def dense_with(activation: str) -> Prepare:
    def prepare(version: Path, canary: Path) -> None:
        modules = json.loads((version / ENCODER / "modules.json").read_text())
        kind = "sentence_transformers.base.modules.dense.Dense"
        modules.append({"idx": 3, "name": "3", "path": "3_Dense", "type": kind})
        prepare_file(version, f"{ENCODER}/modules.json", json.dumps(modules).encode())
        dense = {"in_features": 384, "out_features": 384, "activation_function": activation}
        prepare_file(version, f"{ENCODER}/3_Dense/config.json", json.dumps(dense).encode())

    return prepare


def code_of_its_own(version: Path, canary: Path) -> None:
    prepare_file(version, f"{ENCODER}/modeling_own.py", trap(canary).encode())
    auto_map = {"AutoConfig": "modeling_own.Trap", "AutoModel": "modeling_own.Trap"}
    prepare_json(version, f"{ENCODER}/config.json", {"model_type": "own", "auto_map": auto_map})


def pickled_encoder(version: Path, canary: Path) -> None:
    prepare_file(version, f"{ENCODER}/pytorch_model.bin", pickled(canary))


def modality(**change: str) -> Prepare:
    text = {"method": "forward", "method_output_name": "last_hidden_state"} | change
    return changed(f"{ENCODER}/sentence_bert_config.json", modality_config={"text": text})


def text_of(name: str, text: str) -> Prepare:
    return lambda version, canary: prepare_file(version, name, text.encode())


def manifest_text(text: str) -> Prepare:
    return lambda version, canary: replace(version / MANIFEST, text)


def replace(path: Path, text: str) -> None:
    path.unlink()
    path.write_text(text)


def linked_encoder(version: Path, canary: Path) -> None:
    shutil.move(version / ENCODER, version.parent.parent / "outside")
    (version / ENCODER).symlink_to(version.parent.parent / "outside")


PREPARED: dict[str, Prepare] = {
    "SwitchHead": switch_head,
    "SequentialHead": sequential_head,
    "SoftmaxHead": head_of("softmax_head", "SoftmaxEmbeddingsHead"),
    "abstract head": head_of("encoder_head", "EncoderHead"),
    "a head's name in another module": head_of("switch_head", "EmptyHead"),
    "another name in a head's module": head_of("empty_head", "EncoderHead"),
    "foreign head": changed(CONFIG, head={"module": "trap", "class": "Trap"}),
    "command for a head": changed(CONFIG, head=popen()),
    "foreign encoder": encoder_class,
    "head for an encoder": changed(
        CONFIG,
        encoders=[
            {
                "key": "default",
                "module": "quaterion_models.heads.empty_head",
                "class": "EmptyHead",
            }
        ],
    ),
    "encoder in another folder": encoder_beside,
    "two encoders": two_encoders,
    "argument that the head never has": changed(HEAD, heads={"a": {"class": popen()}}),
    "head of a size that takes all memory": changed(HEAD, input_embedding_size=10**9),
    "head of another size than the encoder": changed(HEAD, input_embedding_size=128),
    "head with text for a size": changed(HEAD, input_embedding_size="384"),
    "layers without end": head_of("skip_connection_head", "SkipConnectionHead", n_layers=10**6),
    "function for a head's activation": head_of(
        "stacked_projection_head",
        "StackedProjectionHead",
        output_sizes=[384],
        activation_fn="handle_torch_function",
    ),
    "foreign module": module_of("trap.Trap"),
    "command for a module": module_of("subprocess.Popen"),
    "module of the library that routes to others": module_of(
        "sentence_transformers.base.modules.router.Router"
    ),
    "module in a folder outside": module_of(
        "sentence_transformers.models.Pooling", "../../../../x"
    ),
    "module without a type": lambda version, canary: prepare_file(
        version, f"{ENCODER}/modules.json", b'[{"idx": 0}]'
    ),
    "foreign activation": dense_with("trap.Trap"),
    "activation that loads files": dense_with("torch.hub.load"),
    "code of its own": code_of_its_own,
    "auto_map": changed(f"{ENCODER}/config.json", auto_map={"AutoModel": "trap.Trap"}),
    "model of an unknown type": changed(f"{ENCODER}/config.json", model_type="trap"),
    "architecture of another kind": changed(f"{ENCODER}/config.json", architectures=["Trap"]),
    "kernels from the hub": changed(
        f"{ENCODER}/config.json", _attn_implementation="kernels-community/any"
    ),
    "quantization": changed(f"{ENCODER}/config.json", quantization_config={"quant_method": "trap"}),
    "tokenizer with code": changed(
        f"{ENCODER}/tokenizer_config.json", auto_map={"AutoTokenizer": ["trap.Trap", None]}
    ),
    "foreign tokenizer": changed(f"{ENCODER}/tokenizer_config.json", tokenizer_class="Trap"),
    "tokenizer from elsewhere": changed(
        f"{ENCODER}/tokenizer_config.json", tokenizer_file="/etc/passwd"
    ),
    "arguments for the library": changed(
        f"{ENCODER}/sentence_bert_config.json",
        config_kwargs={"trust_remote_code": True},
    ),
    "another method for a text": modality(method="push_to_hub"),
    "another kind of model": changed(
        f"{ENCODER}/config_sentence_transformers.json", model_type="CrossEncoder"
    ),
    "pickled encoder": pickled_encoder,
    "adapter": text_of(f"{ENCODER}/adapter_config.json", '{"peft_type": "LORA"}'),
    "processor": text_of(f"{ENCODER}/processor_config.json", '{"processor_class": "Trap"}'),
    "deeply nested configuration": text_of(CONFIG, "[" * 100_000),
    "deeply nested head": text_of(HEAD, '{"a":' * 100_000),
    "deeply nested model": text_of(f"{ENCODER}/config.json", '{"a":' * 100_000),
    "huge configuration": text_of(CONFIG, json.dumps({"a": "x" * 3_000_000})),
    "configuration that is no table": text_of(CONFIG, "[]"),
    "head that is no table": text_of(HEAD, "[]"),
    "modules that are no list": text_of(f"{ENCODER}/modules.json", '{"type": "trap.Trap"}'),
    "modules that are numbers": text_of(f"{ENCODER}/modules.json", "[1, 2]"),
    "linked encoder": linked_encoder,
    "deeply nested manifest": manifest_text("[" * 100_000),
    "huge manifest": manifest_text('{"a": "' + "x" * 3_000_000 + '"}'),
    "manifest that lists files": lambda version, canary: replace(
        version / MANIFEST,
        json.dumps(json.loads((version / MANIFEST).read_text()) | {"files": ["servable"]}),
    ),
    "manifest of another version": lambda version, canary: prepare_manifest(
        version, version="other"
    ),
    "manifest with another dimension": lambda version, canary: prepare_manifest(
        version, dimension=128
    ),
}


@pytest.mark.parametrize("prepare", PREPARED.values(), ids=PREPARED.keys())
def test_a_prepared_version_is_refused_in_one_line_and_nothing_is_executed(
    models: Path, canary: Path, prepare: Prepare
) -> None:
    prepare(models / BASE_VERSION, canary)

    with pytest.raises(ModelError, match=r"refused|damaged") as raised:
        ServedModel.load(models, BASE_VERSION, "cpu")

    assert not canary.exists()
    message = str(raised.value)
    assert message.isprintable()
    assert len(message) < 600
    assert "faqbot init" in message or "backup" in message


@pytest.mark.parametrize("name", ["SwitchHead", "SequentialHead", "foreign head"])
def test_the_library_alone_would_have_executed_it(
    models: Path, canary: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Older releases of torch read pickles in full unless told otherwise.
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    PREPARED[name](models / BASE_VERSION, canary)

    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever it makes of it afterwards
        SimilarityModel.load(str(models / BASE_VERSION / SERVABLE))

    assert waited_for(canary), "so the table above would notice"


def waited_for(path: Path) -> bool:
    """Whether a file appears: a command that was started may take a moment."""
    import time

    end = time.monotonic() + 10
    while not path.exists() and time.monotonic() < end:
        time.sleep(0.01)
    return path.exists()


def test_a_pickle_in_the_place_of_a_heads_weights_is_not_executed(
    models: Path, canary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    prepare_file(models / BASE_VERSION, f"{SERVABLE}/head/weights.bin", pickled(canary))

    with pytest.raises(ModelError, match="cannot be loaded") as raised:
        ServedModel.load(models, BASE_VERSION, "cpu")

    assert "\n" not in str(raised.value)
    assert not canary.exists()
    with pytest.raises((pickle.UnpicklingError, RuntimeError)):
        load_head(models / BASE_VERSION / SERVABLE)
    assert not canary.exists()


def test_what_training_loads_is_checked_like_what_serving_loads(models: Path, canary: Path) -> None:
    switch_head(models / BASE_VERSION, canary)

    for load in (load_servable, load_head):
        with pytest.raises(ModelError, match="SwitchHead"):
            load(models / BASE_VERSION / SERVABLE)

    assert not canary.exists()


def test_weights_of_another_length_than_all_files_say_are_refused(models: Path) -> None:
    version = models / BASE_VERSION
    prepare_json(version, f"{ENCODER}/1_Pooling/config.json", {"embedding_dimension": 128})
    prepare_json(version, HEAD, {"input_embedding_size": 128})
    prepare_manifest(version, dimension=128)
    assert verify(models, BASE_VERSION).dimension == 128, "its files agree with each other"

    with pytest.raises(ModelError, match="its weights make 384"):
        ServedModel.load(models, BASE_VERSION, "cpu")
