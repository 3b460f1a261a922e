"""KerasHub's presets of BERT, by the name of keras_nlp too.

A preset is a folder: config.json, the backbone as a Keras object; model.weights.h5; tokenizer.json
and its vocabulary; of a task, task.json, preprocessor.json and the head in task.weights.h5.
KerasHub's BERT has one activation, the tanh GELU, and one epsilon, and both are written nowhere;
its masked-LM head has others than its encoder. A model that differs from it is not written: what
KerasHub would load must compute the same. What it merely does not know, names of classes among
it, lies in kerabert.json and metadata.json.

    kerabert                                    KerasHub
    BertBackbone                                BertBackbone
    BertTextClassifier, BertTextRegressor       BertTextClassifier: logits, or numbers
    BertMaskedLM                                BertMaskedLM
    BertTextEmbedder                            BertTextEmbedder

KerasHub is not imported.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras

from kerabert.checkpoints.json_file import dump_json, parse_json
from kerabert.checkpoints.keras_hub.config import (
    CONFIG,
    MARK,
    METADATA,
    TASK,
    HubTask,
    hugging_face_config,
    is_hub_object,
    read_backbone,
    read_carried,
    read_task,
    write_backbone,
)
from kerabert.checkpoints.keras_hub.settings import (
    HUB_TASKS,
    check_settings,
    complete_settings,
    write_task,
)
from kerabert.checkpoints.keras_hub.tensors import backbone_tensors
from kerabert.checkpoints.keras_hub.tokenizer import (
    TOKENIZER,
    VOCABULARY,
    has_tokenizer,
    read_tokenizer,
    vocabulary_path,
    write_tokenizer,
)
from kerabert.checkpoints.keras_hub.weights import (
    TASK_WEIGHTS,
    WEIGHTS,
    head_tensors,
    open_hub_weights,
    write_hub_weights,
)
from kerabert.checkpoints.model_parts import ModelParts
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.checkpoints.stored_weights import StoredWeights

__all__ = [
    "complete_settings",
    "has_tokenizer",
    "matches",
    "open_weights",
    "read_config",
    "read_tokenizer",
    "vocabulary_path",
    "write",
]

_LAYOUT = "0.32.0"  # the version of KerasHub whose files these are
# What config.json of Hugging Face says and KerasHub's files do not.
_CARRIED = (
    "architectures",
    "classifier_dropout",
    "hidden_act",
    "id2label",
    "initializer_range",
    "label2id",
    "num_labels",
    "pad_token_id",
    "problem_type",
)


def matches(files: PresetFiles) -> bool:
    """Whether KerasHub or keras_nlp wrote a directory, or kerabert for them."""
    for name in (CONFIG, TOKENIZER):
        if name in files:
            try:
                return is_hub_object(parse_json(files.read(name), files.path(name)))
            except ValueError:  # whose file it was, the others show
                return any(other in files for other in (VOCABULARY, WEIGHTS, TASK))
    return False


def read_config(files: PresetFiles) -> tuple[dict[str, Any], str]:
    """Return the configuration as Hugging Face's config.json would hold it, and its path."""
    config = hugging_face_config(read_backbone(files), read_task(files))
    carried = read_carried(files).get("config", {})
    return config | {key: carried[key] for key in _CARRIED if key in carried}, files.path(CONFIG)


def open_weights(files: PresetFiles, config: dict[str, Any]) -> StoredWeights:
    """Open the HDF5 files, whose tensors get Hugging Face's names."""
    return open_hub_weights(files, config, read_task(files))


def write(parts: ModelParts, directory: Path) -> None:
    """Write a preset.

    Raises:
        ValueError: if KerasHub would make another model or tokenizer of it.
    """
    check_settings(parts)
    written: dict[str, dict[str, Any]] = {}
    carried: dict[str, dict[str, Any]] = {"config": {}, "tokenizer": {}}
    vocabulary = None
    if parts.tokenizer is not None:
        written[TOKENIZER], vocabulary, carried["tokenizer"] = write_tokenizer(parts.tokenizer)
    task = None
    if parts.backbone is not None:
        written[CONFIG] = write_backbone(parts.backbone)
        if parts.head is not None:
            written |= write_task(parts, written[CONFIG], written.get(TOKENIZER))
            config = written[TASK]["config"]
            task = HubTask(HUB_TASKS[parts.class_name][0], config, TASK)
        said = hugging_face_config(written[CONFIG]["config"], task)
        carried["config"] = {
            key: parts.config[key]
            for key in _CARRIED
            if key in parts.config and said.get(key) != parts.config[key]
        }
    written[METADATA] = _metadata(parts, carried)
    for name, content in written.items():
        (directory / name).write_bytes(dump_json(content))
    if vocabulary is not None:
        path = directory / VOCABULARY
        path.parent.mkdir(parents=True)
        path.write_bytes(vocabulary)
    if parts.backbone is not None:
        _write_weights(parts, parts.backbone.get_config(), task, directory)


def _metadata(parts: ModelParts, carried: dict[str, Any]) -> dict[str, Any]:
    """What KerasHub writes for people, and what only kerabert reads."""
    metadata = {"keras_version": keras.version(), "keras_hub_version": _LAYOUT}
    if parts.backbone is not None:
        metadata["parameter_count"] = parts.backbone.count_params()
        metadata["tasks"] = ["MaskedLM", "TextClassifier", "TextEmbedder"]
    return metadata | {MARK: carried}


def _write_weights(
    parts: ModelParts, arguments: dict[str, Any], task: HubTask | None, directory: Path
) -> None:
    getters: dict[str, Callable[[], Any]] = {
        name.removeprefix("bert."): get for name, _, get in parts.tensors()
    }
    write_hub_weights(directory / WEIGHTS, backbone_tensors(arguments), getters)
    if (head := head_tensors(task, arguments)) is not None:
        write_hub_weights(directory / TASK_WEIGHTS, head, getters)
