"""task.json and preprocessor.json of KerasHub <-> the settings of a task."""

import warnings
from typing import Any, NoReturn

from kerabert.checkpoints.keras_hub.config import (
    ACTIVATION,
    EPSILON,
    MASKED_LM_ACTIVATION,
    MASKED_LM_EPSILON,
    TASK,
    HubTask,
    class_of,
    dtype_policy,
    hub_object,
    read_backbone,
    read_task,
    refuse,
)
from kerabert.checkpoints.model_parts import ModelParts
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.layers.activations import get_activation
from kerabert.layers.sentence_pooling import POOLINGS

PREPROCESSOR = "preprocessor.json"

# kerabert's task: (KerasHub's, the file in which that is).
HUB_TASKS = {
    "BertTextClassifier": ("BertTextClassifier", "bert_text_classifier"),
    "BertTextRegressor": ("BertTextClassifier", "bert_text_classifier"),
    "BertMaskedLM": ("BertMaskedLM", "bert_masked_lm"),
    "BertTextEmbedder": ("BertTextEmbedder", "bert_text_embedder"),
}

_EMBEDDER = {"pooling_mode": "mean", "normalize": True}  # KerasHub's defaults


def complete_settings(
    files: PresetFiles, name: str, settings: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Return a task's settings, given those that Hugging Face's config.json can hold.

    Args:
        files: `PresetFiles`.
        name: str, the task's name.
        settings: dict, or None where the head is another's or is missing.

    Raises:
        ValueError: if task.json states what no class of kerabert does.
    """
    task = read_task(files)
    if task is not None and task.name == "BertMaskedLM" and name == "BertPretrainer":
        return None  # whose masked-LM head computes something else
    if task is None or task.name != HUB_TASKS.get(name, ("",))[0]:
        return settings
    if name == "BertTextEmbedder":
        settings = _read_embedder(task)
    if settings is None:
        return None
    if name == "BertMaskedLM":
        settings = settings | {
            "head_activation": MASKED_LM_ACTIVATION,
            "head_layer_norm_epsilon": MASKED_LM_EPSILON,
        }
    activation = task.config.get("activation")
    if activation not in (None, "linear"):
        warnings.warn(
            f"{task.path}: `activation` is {activation!r}: KerasHub's model gives probabilities, "
            f"a {name} logits. `classify` gives the same probabilities.",
            stacklevel=7,
        )
    length = _read_length(task, read_backbone(files)["max_sequence_length"])
    return settings | ({} if length is None else {"sequence_length": length})


def _read_embedder(task: HubTask) -> dict[str, Any]:
    pooling, normalize = (task.config.get(key, default) for key, default in _EMBEDDER.items())
    if pooling not in POOLINGS:
        refuse(task.path, "pooling_mode", f"be one of {list(POOLINGS)}", pooling)
    if not isinstance(normalize, bool):
        refuse(task.path, "normalize", "be true or false", normalize)
    return {"pooling": pooling, "normalize": normalize}


def _read_length(task: HubTask, longest: int) -> int | None:
    """The longest sequence of a task's preprocessor; None without one."""
    preprocessor = task.config.get("preprocessor")
    if preprocessor is None:
        return None
    name = class_of(preprocessor)
    if name is None:
        refuse(task.path, "preprocessor", "be null or one of KerasHub's", preprocessor)
    config = preprocessor["config"]
    truncate = config.get("truncate", "round_robin")
    if truncate != "round_robin":
        refuse(task.path, "truncate", "be 'round_robin'", truncate)
    default = 256 if name == "BertTextEmbedderPreprocessor" else 512
    length = config.get("sequence_length", default)
    if not isinstance(length, int) or isinstance(length, bool) or length < 3:
        refuse(task.path, "sequence_length", "be an integer of at least 3", length)
    return min(length, longest)  # KerasHub's own default can be longer than the backbone takes


def check_settings(parts: ModelParts) -> None:
    """Raise `ValueError` unless KerasHub has a model that computes what this one does."""

    def cannot(what: str, received: str) -> NoReturn:
        raise ValueError(f"A KerasHub preset cannot hold {what}. Received: {received}")

    name, settings, backbone = parts.class_name, parts.settings, parts.backbone
    if parts.head is not None and name not in HUB_TASKS:
        cannot(
            f"this task, only a BertBackbone (save `model.backbone`) or one of {list(HUB_TASKS)}",
            f"a {name}",
        )
    if backbone is None:
        return
    if get_activation(backbone.activation) is not get_activation(ACTIVATION):
        cannot(
            "another activation than the tanh GELU, 'gelu_new'",
            f"activation={backbone.activation!r}",
        )
    if backbone.layer_norm_epsilon != EPSILON:
        cannot(
            f"another epsilon than {EPSILON}",
            f"layer_norm_epsilon={backbone.layer_norm_epsilon}",
        )
    if not backbone.use_pooler:
        cannot("a backbone without a pooler: KerasHub would make one up", "use_pooler=False")
    if backbone.attention_dropout_rate != backbone.dropout_rate:
        cannot(
            "two rates of dropout",
            f"dropout_rate={backbone.dropout_rate}, "
            f"attention_dropout_rate={backbone.attention_dropout_rate}",
        )
    if name == "BertMaskedLM":
        if not settings["tie_embeddings"]:
            cannot("a masked-LM head with a table of its own", "tie_embeddings=False")
        activation = settings.get("head_activation") or backbone.activation
        epsilon = settings.get("head_layer_norm_epsilon") or backbone.layer_norm_epsilon
        exact = get_activation(activation) is get_activation(MASKED_LM_ACTIVATION)
        if not exact or epsilon != MASKED_LM_EPSILON:
            cannot(
                f"another masked-LM head than one with the exact GELU and epsilon "
                f"{MASKED_LM_EPSILON}, which differ from its encoder's: save `model.backbone`, or "
                f"train a BertMaskedLM with head_activation={MASKED_LM_ACTIVATION!r} and "
                f"head_layer_norm_epsilon={MASKED_LM_EPSILON}",
                f"head_activation={activation!r}, head_layer_norm_epsilon={epsilon}",
            )
    if settings.get("default_prompt") is not None:
        cannot(
            "a prompt that is put before every text",
            f"default_prompt={settings['default_prompt']!r}",
        )


def write_task(
    parts: ModelParts, backbone: dict[str, Any], tokenizer: dict[str, Any] | None
) -> dict[str, dict[str, Any]]:
    """Return task.json and preprocessor.json, by name.

    Args:
        parts: `ModelParts` of a task that `check_settings` passed.
        backbone: dict, config.json.
        tokenizer: dict, tokenizer.json; None without a tokenizer.
    """
    settings, hub_name = parts.settings, HUB_TASKS[parts.class_name][0]
    module = HUB_TASKS[parts.class_name][1]
    config: dict[str, Any] = {"backbone": backbone, "preprocessor": None, "name": module}
    written = {}
    if tokenizer is not None:
        config["preprocessor"] = written[PREPROCESSOR] = hub_object(
            f"{module}_preprocessor",
            f"{hub_name}Preprocessor",
            {
                "name": f"{module}_preprocessor",
                "trainable": True,
                "dtype": dtype_policy("float32"),
                "tokenizer": tokenizer,
                "config_file": PREPROCESSOR,
                "sequence_length": settings["sequence_length"],
                "truncate": "round_robin",
            },
        )
    if hub_name == "BertTextClassifier":
        number = settings.get("num_classes", settings.get("num_outputs"))
        rate = settings["dropout_rate"]
        rate = backbone["config"]["dropout"] if rate is None else rate
        config |= {"num_classes": number, "activation": "linear", "dropout": rate}
    elif hub_name == "BertTextEmbedder":
        config |= {"pooling_mode": settings["pooling"], "normalize": settings["normalize"]}
    return {TASK: hub_object(module, hub_name, config), **written}
