"""What a servable may name: exact lists of what training writes, checked before anything is loaded.

A servable's files name the classes it is built from, so whoever can prepare one could have any
code run by the process that loads it. Nothing here imports or builds what a file names.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from index.errors import ModelError
from index.model.files import read_json
from index.model.manifest import ENCODER_FOLDER, MAX_DIMENSION, SERVABLE, shown
from index.model.pipeline import check_pipeline

ENCODER = ("index.model.encoder", "SentenceEncoder")
ENCODER_KEY = "default"
# What a stack of layers may apply between them: attributes of torch.nn.functional.
_ACTIVATIONS = frozenset({"relu", "gelu", "elu", "selu", "silu", "leaky_relu", "tanh", "sigmoid"})
# The widest layer inside a head, and the most layers.
_MAX_WIDTH = 8 * MAX_DIMENSION
_MAX_LAYERS = 16

# Paths below a version's folder that serving reads, but for the ranking.
_ENCODER_FILE = re.compile(
    r"(\d_[A-Za-z]{1,20}/)?"
    r"(config\.json|model\.safetensors)"
    r"|(modules|sentence_bert_config|config_sentence_transformers|tokenizer|tokenizer_config"
    r"|special_tokens_map|added_tokens|vocab)\.json"
    r"|vocab\.txt|merges\.txt|bpe\.codes|README\.md"
    r"|sentencepiece\.bpe\.model|spiece\.model|spm\.model"
)
_SERVABLE_FILES = frozenset(
    f"{SERVABLE}/{name}" for name in ("config.json", "head/config.json", "head/weights.bin")
)


def is_servable_file(name: str) -> bool:
    """Whether training writes a file of this name: a path below a version's folder."""
    folder = f"{ENCODER_FOLDER}/"
    if name.startswith(folder):
        return bool(_ENCODER_FILE.fullmatch(name.removeprefix(folder)))
    return name in _SERVABLE_FILES


def check_servable(folder: Path) -> int:
    """Check all that a servable names, nested files too.

    Args:
        folder: The servable's folder, with its files as they are.

    Returns:
        The length of the vectors that it says it puts out.

    Raises:
        ModelError: It names what training never writes; without the name of the version.
    """
    head, _ = classes_of(folder)
    given, dimension = _check_head(folder / "head" / "config.json", head)
    encoded = check_pipeline(folder / "encoders" / ENCODER_KEY)
    if given != encoded:
        raise ModelError(f"its head takes vectors of length {given}, its encoder makes {encoded}")
    return dimension


def classes_of(folder: Path) -> tuple[tuple[str, str], tuple[str, str]]:
    """The (module, class) of a servable's head and of its one encoder.

    Raises:
        ModelError: They are not of those that training writes.
    """
    path = folder / "config.json"
    config = read_json(path)
    try:
        head = _named(config["head"])
        (entry,) = config["encoders"]
        encoder, key = _named(entry), entry["key"]
    except (KeyError, TypeError, ValueError):
        raise ModelError(f"{_short(path)} does not say what to load") from None
    for named, allowed in ((head, HEADS), (encoder, {ENCODER})):
        if named not in allowed:
            raise ModelError(
                f"it names the class {shown('.'.join(named))}, which faqbot does not load"
            )
    if key != ENCODER_KEY:
        raise ModelError(f"its encoder is called {shown(key)}, not {ENCODER_KEY}")
    return head, encoder


def _named(entry: Mapping[str, Any]) -> tuple[str, str]:
    return str(entry["module"]), str(entry["class"])


def _check_head(path: Path, head: tuple[str, str]) -> tuple[int, int]:
    """The lengths of the vectors that a head takes and gives, by its configuration."""
    config = read_json(path)
    allowed = {"input_embedding_size": _is_dimension, "dropout": _is_share} | HEADS[head]
    if not isinstance(config, dict) or "input_embedding_size" not in config:
        raise ModelError(f"{_short(path)} does not say what to load")
    for name, value in config.items():
        if name not in allowed or not allowed[name](value):
            raise ModelError(
                f"{_short(path)} says for {shown(name)} what no head of the kind {head[1]} has"
            )
    given: int = config["input_embedding_size"]
    sizes: list[int] = config.get("output_sizes", [given])
    if head[1] == "StackedProjectionHead" and "output_sizes" not in config:
        raise ModelError(f"{_short(path)} does not say what to load")
    return given, sizes[-1]


def _is_dimension(value: Any) -> bool:
    return type(value) is int and 0 < value <= MAX_DIMENSION


def _is_share(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value < 1


def _is_number_of_layers(value: Any) -> bool:
    return type(value) is int and 0 < value <= _MAX_LAYERS


def _is_factor(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value <= _MAX_WIDTH / MAX_DIMENSION


def _are_sizes(value: Any) -> bool:
    return (
        isinstance(value, list)
        and 0 < len(value) <= _MAX_LAYERS
        and all(type(size) is int and 0 < size <= _MAX_WIDTH for size in value)
        and value[-1] <= MAX_DIMENSION
    )


def _is_activation(value: Any) -> bool:
    return isinstance(value, str) and value in _ACTIVATIONS


def _short(path: Path) -> str:
    """A file as messages name it, by its folder and name."""
    return f"{path.parent.name}/{path.name}"


_STACK: dict[str, Callable[[Any], bool]] = {
    "output_sizes": _are_sizes,
    "activation_fn": _is_activation,
}
# The heads that were ever trained: (module, class) -> what else its configuration may hold.
# Others of the library build whatever their own configuration names.
HEADS: dict[tuple[str, str], dict[str, Callable[[Any], bool]]] = {
    ("quaterion_models.heads.empty_head", "EmptyHead"): {},
    ("quaterion_models.heads.skip_connection_head", "SkipConnectionHead"): {
        "skip_dropout": _is_share,
        "n_layers": _is_number_of_layers,
    },
    ("quaterion_models.heads.gated_head", "GatedHead"): {},
    ("quaterion_models.heads.widening_head", "WideningHead"): {
        **_STACK,
        "expansion_factor": _is_factor,
    },
    ("quaterion_models.heads.stacked_projection_head", "StackedProjectionHead"): _STACK,
}
