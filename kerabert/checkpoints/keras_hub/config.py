"""config.json and task.json of KerasHub <-> what Hugging Face's config.json holds."""

from dataclasses import dataclass
from typing import Any, NoReturn

from kerabert.checkpoints.classes_config import SEQUENCE_CLASSIFICATION
from kerabert.checkpoints.json_file import parse_json
from kerabert.checkpoints.manifest import MANIFEST
from kerabert.checkpoints.preset_files import PresetFiles

CONFIG = "config.json"
TASK = "task.json"
METADATA = "metadata.json"
MARK = "kerabert"  # metadata.json's key for what KerasHub's own files cannot say

# What KerasHub's BERT computes, whatever its files say; the masked-LM head is another matter.
ACTIVATION = "gelu_new"
EPSILON = 1e-12
MASKED_LM_ACTIVATION = "gelu"
MASKED_LM_EPSILON = 1e-5

# BertBackbone's key: (Hugging Face's, KerasHub's default).
SIZES = {
    "vocabulary_size": ("vocab_size", None),
    "num_layers": ("num_hidden_layers", None),
    "num_heads": ("num_attention_heads", None),
    "hidden_dim": ("hidden_size", None),
    "intermediate_dim": ("intermediate_size", None),
    "max_sequence_length": ("max_position_embeddings", 512),
    "num_segments": ("type_vocab_size", 2),
}
_OF_EVERY_LAYER = {"name", "trainable", "dtype"}
_PACKAGES = ("keras_hub", "keras_nlp")
# KerasHub's tasks by kerabert's names; keras_nlp called the first one BertClassifier.
TASKS = {
    "BertTextClassifier": "BertTextClassifier",
    "BertClassifier": "BertTextClassifier",
    "BertMaskedLM": "BertMaskedLM",
    "BertTextEmbedder": "BertTextEmbedder",
}
_TASK_KEYS = {
    "BertTextClassifier": {"num_classes", "activation", "dropout"},
    "BertMaskedLM": set(),
    "BertTextEmbedder": {"pooling_mode", "normalize"},
}
_PROBLEMS = {
    "linear": "single_label_classification",
    "softmax": "single_label_classification",
    "sigmoid": "multi_label_classification",
}
_FLOATS = ("float32", "float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16")


@dataclass(frozen=True)
class HubTask:
    """What task.json says.

    Attributes:
        name: str, kerabert's name of the task class.
        config: dict, the class's arguments.
        path: str, the file's path, for errors.
    """

    name: str
    config: dict[str, Any]
    path: str


def is_hub_object(content: dict[str, Any]) -> bool:
    """Whether a JSON file is one that Keras made of an object."""
    return "registered_name" in content and isinstance(content.get("config"), dict)


def class_of(content: Any) -> str | None:
    """KerasHub's name of the class of an object; None if it is not one of its classes."""
    if not isinstance(content, dict) or not is_hub_object(content):
        return None
    package, _, name = str(content["registered_name"]).rpartition(">")
    return name if package in _PACKAGES else None


def read_backbone(files: PresetFiles) -> dict[str, Any]:
    """Return the arguments of KerasHub's BertBackbone in config.json, checked and complete.

    Raises:
        ValueError: if the file is missing or damaged, or is not that of a BERT; the message names
            the file and the key.
    """
    path = files.path(CONFIG)
    return _check_backbone(parse_json(files.read(CONFIG), path), path)


def _check_backbone(content: Any, path: str) -> dict[str, Any]:
    if class_of(content) != "BertBackbone":
        name = content.get("registered_name") if isinstance(content, dict) else content
        refuse(path, "registered_name", "be that of KerasHub's BertBackbone", name)
    config = content["config"]
    unknown = sorted(set(config) - set(SIZES) - {"dropout"} - _OF_EVERY_LAYER)
    if unknown:
        refuse(path, "config", f"have no other keys than {[*SIZES, 'dropout']}", unknown)
    checked: dict[str, Any] = {}
    for key, (_, default) in SIZES.items():
        value = config.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**31:
            refuse(path, key, "be a positive integer below 2**31", value)
        checked[key] = value
    if checked["hidden_dim"] % checked["num_heads"]:
        refuse(path, "num_heads", "divide `hidden_dim`", checked["num_heads"])
    checked["dropout"] = _read_rate(config, path)
    dtype = config.get("dtype")
    if isinstance(dtype, dict):
        policy = dtype.get("config")
        dtype = policy.get("name") if isinstance(policy, dict) else dtype
    if dtype is not None and (not isinstance(dtype, str) or dtype not in _FLOATS):
        refuse(path, "dtype", f"be one of {_FLOATS}: not quantised", dtype)
    return checked


def read_task(files: PresetFiles) -> HubTask | None:
    """Return what task.json says; None without one, or if it is of no class of KerasHub's BERT.

    Raises:
        ValueError: if the file is damaged, or its backbone is not that of config.json.
    """
    if TASK not in files:
        return None
    path = files.path(TASK)
    content = parse_json(files.read(TASK), path)
    name = TASKS.get(class_of(content) or "")
    if name is None:
        return None
    config = content["config"]
    keys = _TASK_KEYS[name] | {"backbone", "preprocessor"} | _OF_EVERY_LAYER
    if not set(config) <= keys:
        refuse(path, "config", f"have no other keys than {sorted(keys)}", sorted(config))
    backbone = read_backbone(files)
    if _check_backbone(config.get("backbone"), path) != backbone:
        refuse(path, "backbone", f"be that of {CONFIG}, {backbone}", config["backbone"])
    return HubTask(name, config, path)


def hugging_face_config(backbone: dict[str, Any], task: HubTask | None) -> dict[str, Any]:
    """Return what Hugging Face's config.json holds of the same model.

    Args:
        backbone: dict, as `read_backbone` returns it.
        task: `HubTask` or None.

    Raises:
        ValueError: if task.json says what no class of kerabert computes.
    """
    config: dict[str, Any] = {"model_type": "bert", "architectures": ["BertModel"]}
    config |= {key: backbone[own] for own, (key, _) in SIZES.items()}
    config |= {
        "hidden_dropout_prob": backbone["dropout"],
        "attention_probs_dropout_prob": backbone["dropout"],
        "hidden_act": ACTIVATION,
        "layer_norm_eps": EPSILON,
        "initializer_range": 0.02,
        "pad_token_id": 0,
        "tie_word_embeddings": True,
    }
    if task is not None and task.name == "BertTextClassifier":
        config |= {
            "architectures": [SEQUENCE_CLASSIFICATION],
            "problem_type": _read_problem(task),
            "classifier_dropout": _read_rate(task.config, task.path),
        }
    elif task is not None and task.name == "BertMaskedLM":
        config["architectures"] = ["BertForMaskedLM"]
    return config


def num_classes(task: HubTask) -> int:
    """The number of outputs of a classifier."""
    number = task.config.get("num_classes")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**31:
        refuse(task.path, "num_classes", "be a positive integer below 2**31", number)
    return number


def _read_problem(task: HubTask) -> str:
    """A head without activation and with one output predicts a number, as in Hugging Face's."""
    activation = task.config.get("activation")
    activation = "linear" if activation is None else activation
    if not isinstance(activation, str) or activation not in _PROBLEMS:
        refuse(task.path, "activation", f"be null or one of {list(_PROBLEMS)}", activation)
    if num_classes(task) == 1 and activation == "softmax":
        refuse(task.path, "activation", "be another one where `num_classes` is 1", activation)
    if num_classes(task) == 1 and activation == "linear":
        return "regression"
    return _PROBLEMS[activation]


def _read_rate(config: dict[str, Any], path: str) -> float:
    rate = config.get("dropout", 0.1)
    if not isinstance(rate, float | int) or isinstance(rate, bool) or not 0 <= rate < 1:
        refuse(path, "dropout", "lie in [0, 1)", rate)
    return float(rate)


def read_carried(files: PresetFiles) -> dict[str, Any]:
    """Return what kerabert wrote into metadata.json; nothing in a preset that KerasHub wrote.

    Raises:
        ValueError: if the file is damaged, or kerabert wrote the preset and kerabert.json is gone.
    """
    if METADATA not in files:
        return {}
    path = files.path(METADATA)
    carried = parse_json(files.read(METADATA), path).get(MARK, {})
    if not isinstance(carried, dict) or not all(isinstance(v, dict) for v in carried.values()):
        refuse(path, MARK, "be an object of objects", carried)
    if carried and files.manifest is None:
        raise ValueError(
            f"{files.path(MANIFEST)}: the file must exist in a preset that kerabert wrote. "
            f"{METADATA} says that this is one."
        )
    return carried


def write_backbone(backbone: Any) -> dict[str, Any]:
    """Return config.json of a `BertBackbone`."""
    config = {"name": "bert_backbone", "trainable": True, "dtype": dtype_policy("float32")}
    config |= {key: getattr(backbone, key) for key in SIZES}
    return hub_object("bert_backbone", "BertBackbone", config | {"dropout": backbone.dropout_rate})


def dtype_policy(name: str) -> dict[str, Any]:
    """Return a Keras dtype policy as JSON."""
    return {
        "module": "keras",
        "class_name": "DTypePolicy",
        "config": {"name": name},
        "registered_name": None,
    }


def hub_object(module: str, name: str, config: dict[str, Any]) -> dict[str, Any]:
    """Return an object of KerasHub's BERT as JSON."""
    return {
        "module": f"keras_hub.src.models.bert.{module}",
        "class_name": name,
        "config": config,
        "registered_name": f"keras_hub>{name}",
    }


def refuse(path: str, key: str, must: str, value: Any) -> NoReturn:
    """Raise `ValueError` for what a key of a file holds."""
    raise ValueError(f"{path}: `{key}` must {must}. Received: {key}={str(value)[:200]}")
