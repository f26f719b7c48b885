"""What a sentence-transformers folder may name, checked before the library reads it.

Its files name classes of modules, of tokenizers and of models, functions between layers, and even
the method to call with a text. Strings stand only where they are known, and are of exact lists.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from index.errors import ModelError
from index.model.files import read_json
from index.model.manifest import MAX_DIMENSION, shown

# As the library writes them now, and as it wrote them before.
_MODULES = {
    "sentence_transformers.base.modules.transformer.Transformer": "Transformer",
    "sentence_transformers.sentence_transformer.modules.pooling.Pooling": "Pooling",
    "sentence_transformers.base.modules.dense.Dense": "Dense",
    "sentence_transformers.base.modules.normalize.Normalize": "Normalize",
    "sentence_transformers.models.Transformer": "Transformer",
    "sentence_transformers.models.Pooling": "Pooling",
    "sentence_transformers.models.Dense": "Dense",
    "sentence_transformers.models.Normalize": "Normalize",
}
_MOST_MODULES = 6
_MODULE_FOLDER = re.compile(r"\d_[A-Za-z]{1,20}")

_MODEL_TYPES = frozenset(
    [
        "albert",
        "bert",
        "camembert",
        "deberta",
        "deberta-v2",
        "distilbert",
        "electra",
        "modernbert",
        "mpnet",
        "roberta",
        "xlm-roberta",
    ]
)
_MODELS = re.compile(
    r"(Albert|Bert|Camembert|Deberta|DebertaV2|DistilBert|Electra|ModernBert|MPNet|Roberta"
    r"|XLMRoberta)(Model|For[A-Za-z]+)"
)
_TOKENIZERS = re.compile(
    r"(Albert|Bert|Camembert|Deberta|DebertaV2|DistilBert|Electra|MPNet|Roberta|XLMRoberta)"
    r"Tokenizer(Fast)?|PreTrainedTokenizerFast|TokenizersBackend"
)
_DENSE_ACTIVATIONS = frozenset(
    {
        "torch.nn.modules.activation.Tanh",
        "torch.nn.modules.activation.ReLU",
        "torch.nn.modules.activation.GELU",
        "torch.nn.modules.linear.Identity",
    }
)
# Keys that make a library run what is beside the model, whatever their value.
_NEVER = frozenset({"trust_remote_code", "auto_map", "custom_pipelines", "use_kernels"})

Rule = Callable[[str], bool]


def _matches(pattern: str) -> Rule:
    compiled = re.compile(pattern)
    return lambda text: bool(compiled.fullmatch(text))


_WORD = _matches(r"[A-Za-z0-9_ |-]{0,60}")
_NUMBER_TYPE = _matches(r"(torch\.)?(float32|float16|bfloat16)")
_ANYTHING: Rule = lambda text: len(text) <= 1000  # noqa: E731 - a rule like those beside it

# Key -> what its strings may be, in the model's configuration. Numbers may stand anywhere.
_MODEL_STRINGS: dict[str, Rule] = {
    "model_type": _MODEL_TYPES.__contains__,
    "architectures": lambda text: bool(_MODELS.fullmatch(text)),
    "tokenizer_class": lambda text: bool(_TOKENIZERS.fullmatch(text)),
    "dtype": _NUMBER_TYPE,
    "torch_dtype": _NUMBER_TYPE,
    # Where it was once saved from; nothing is loaded from there.
    "_name_or_path": _ANYTHING,
    "transformers_version": _matches(r"[0-9A-Za-z.+-]{1,40}"),
    "id2label": _ANYTHING,
    **dict.fromkeys(
        [
            "hidden_act",
            "hidden_activation",
            "activation",
            "pooler_type",
            "pooler_hidden_act",
            "position_embedding_type",
            "classifier_activation",
            "classifier_pooling",
            "classifier_head_type",
            "problem_type",
            "pos_att_type",
            "norm_rel_ebd",
            "finetuning_task",
            "summary_type",
            "summary_activation",
            "layer_types",
            "global_rope_type",
            "rope_type",
            "embedding_type",
        ],
        _WORD,
    ),
}
_MODEL_TABLES = frozenset({"id2label", "label2id", "rope_parameters", "rope_scaling"})

# The same for the tokenizer's.
_TOKENIZER_STRINGS: dict[str, Rule] = {
    "tokenizer_class": lambda text: bool(_TOKENIZERS.fullmatch(text)),
    "backend": _matches("tokenizers"),
    "name_or_path": _ANYTHING,
    "special_tokens_map_file": _ANYTHING,
    **dict.fromkeys(
        [
            "bos_token",
            "eos_token",
            "unk_token",
            "sep_token",
            "pad_token",
            "cls_token",
            "mask_token",
            "additional_special_tokens",
            "extra_special_tokens",
            "never_split",
            "model_input_names",
            "content",
        ],
        _ANYTHING,
    ),
    **dict.fromkeys(
        [
            "padding_side",
            "truncation_side",
            "truncation_strategy",
            "errors",
            "vocab_type",
            "padding",
        ],
        _WORD,
    ),
    "__type": _matches("AddedToken"),
    "tokenizer_file": _matches(r"tokenizer\.json"),
    "vocab_file": _matches(r"[A-Za-z0-9_.]{1,40}"),
}
_TOKENIZER_TABLES = frozenset(
    [
        "bos_token",
        "eos_token",
        "unk_token",
        "sep_token",
        "pad_token",
        "cls_token",
        "mask_token",
        "added_tokens_decoder",
        "additional_special_tokens",
        "extra_special_tokens",
        "sp_model_kwargs",
    ]
)

_TEXT_MODULE_STRINGS: dict[str, Rule] = {
    "transformer_task": _matches("feature-extraction"),
    # The method of the model that is called with a text, and what is taken of its result.
    "method": _matches("forward"),
    "method_output_name": _matches("last_hidden_state"),
    "module_output_name": _matches("token_embeddings"),
}
# Of the pipeline as a whole.
_PIPELINE_STRINGS: dict[str, Rule] = {
    "model_type": _matches("SentenceTransformer"),
    "__version__": _matches(r"[0-9A-Za-z.+-]{1,40}"),
    "prompts": _ANYTHING,
    "default_prompt_name": _WORD,
    "similarity_fn_name": _WORD,
}
_POOLING_MODES = frozenset(
    [
        "cls",
        "max",
        "mean",
        "mean_sqrt_len_tokens",
        "weightedmean",
        "lasttoken",
    ]
)
_OUTPUT = _matches("sentence_embedding")
_MODULE_STRINGS: dict[str, Rule] = {
    "pooling_mode": _POOLING_MODES.__contains__,
    "activation_function": _DENSE_ACTIVATIONS.__contains__,
    "module_input_name": _OUTPUT,
    "module_output_name": _OUTPUT,
}


def check_pipeline(folder: Path) -> int:
    """Check all that the files of a sentence-transformers folder name.

    Returns:
        The length of the embeddings that it says it makes.

    Raises:
        ModelError: They name what no model that faqbot serves does.
    """
    kinds = _modules(folder)
    _, beginning = kinds[0]
    home = folder / beginning
    _check(home / "config.json", _MODEL_STRINGS, _MODEL_TABLES, must=("model_type",))
    _check_if_there(folder / "tokenizer_config.json", _TOKENIZER_STRINGS, _TOKENIZER_TABLES)
    if home != folder:
        _check_if_there(home / "tokenizer_config.json", _TOKENIZER_STRINGS, _TOKENIZER_TABLES)
    # It may hold arguments for what the library calls; none of them is ever written.
    for path in sorted(home.glob("sentence_*_config.json")):
        _check(path, _TEXT_MODULE_STRINGS, frozenset({"modality_config", "text"}))
    _check_if_there(
        folder / "config_sentence_transformers.json",
        _PIPELINE_STRINGS,
        frozenset({"__version__", "prompts"}),
    )
    dimension = 0
    for kind, name in kinds[1:]:
        path = folder / name / "config.json"
        if kind == "Normalize":
            _check_if_there(path, _MODULE_STRINGS, frozenset())
            continue
        values = _check(path, _MODULE_STRINGS, frozenset())
        dimension = _length(path, values) if kind == "Pooling" else values.get("out_features", 0)
    if type(dimension) is not int or not 0 < dimension <= MAX_DIMENSION:
        raise ModelError(f"{folder.name}/modules.json does not say how long the embeddings are")
    return dimension


def _modules(folder: Path) -> list[tuple[str, str]]:
    """The modules' kinds and folders, in order: transformer, pooling, and what may follow."""
    entries = read_json(folder / "modules.json")
    try:
        types = [entry["type"] for entry in entries]
        paths = [entry["path"] for entry in entries]
        names = [entry["name"] for entry in entries]
        keys = {key for entry in entries for key in entry}
    except (KeyError, TypeError):
        raise ModelError(f"{folder.name}/modules.json does not say what to load") from None
    for named in types:
        if not isinstance(named, str) or named not in _MODULES:
            raise ModelError(f"it names the class {shown(named)}, which faqbot does not load")
    kinds = [_MODULES[named] for named in types]
    if kinds[:2] != ["Transformer", "Pooling"] or len(kinds) > _MOST_MODULES:
        raise ModelError(f"{folder.name}/modules.json is not a transformer with a pooling behind")
    if {"Transformer", "Pooling"} & set(kinds[2:]) or keys - {"idx", "name", "path", "type"}:
        raise ModelError(f"{folder.name}/modules.json has what no model of ours has")
    for position, path in enumerate(paths):
        is_home = position == 0 and path == ""
        if not is_home and not (isinstance(path, str) and _MODULE_FOLDER.fullmatch(path)):
            raise ModelError(f"{folder.name}/modules.json names the folder {shown(path)}")
    if any(not isinstance(name, str) or not _WORD(name) for name in names):
        raise ModelError(f"{folder.name}/modules.json has a module without a plain name")
    return list(zip(kinds, paths, strict=True))


def _length(path: Path, values: Mapping[str, Any]) -> Any:
    """How long a pooling's output is: its input's length, once for each way of pooling."""
    length = values.get("embedding_dimension", values.get("word_embedding_dimension"))
    modes = values.get("pooling_mode")
    if modes is None:
        modes = [key for key, on in values.items() if key.startswith("pooling_mode_") and on]
    ways = 1 if isinstance(modes, str) else len(modes)
    if type(length) is not int or not 0 < ways <= len(_POOLING_MODES):
        raise ModelError(f"{path.parent.name}/{path.name} does not say how long its output is")
    return length * ways


def _check_if_there(path: Path, strings: Mapping[str, Rule], tables: frozenset[str]) -> None:
    if path.exists():
        _check(path, strings, tables)


def _check(
    path: Path, strings: Mapping[str, Rule], tables: frozenset[str], must: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The values of a configuration in which strings and tables stand only where they may.

    Args:
        strings: Key -> what a string there may be.
        tables: The keys that may hold a table.
        must: Keys that must be there.
    """
    values = read_json(path)
    where = f"{path.parent.name}/{path.name}"
    if not isinstance(values, dict) or any(key not in values for key in must):
        raise ModelError(f"{where} does not say what to load")
    for key, value in values.items():
        _check_value(where, key, value, strings, key in tables)
    return values


def _check_value(
    where: str, key: str, value: Any, strings: Mapping[str, Rule], may_be_table: bool
) -> None:
    if isinstance(value, str):
        if key not in strings or not strings[key](value):
            raise ModelError(f"{where} has for {shown(key)} the value {shown(value)}")
    elif isinstance(value, list):
        for item in value:
            _check_value(where, key, item, strings, may_be_table)
    elif isinstance(value, dict):
        if not may_be_table:
            raise ModelError(f"{where} has a table {shown(key)}, which no model of ours has")
        for inner, item in value.items():
            # In a table of labels or of tokens the keys are numbers or names.
            name = inner if inner in strings else key
            _check_value(where, name, item, strings, may_be_table)
    elif key in _NEVER:
        raise ModelError(f"{where} has {shown(key)}, which no model of ours has")
