"""Saving and loading presets: the one way in and out."""

import contextlib
import os
import warnings
from pathlib import Path
from typing import Any

from kerabert.checkpoints.atomic import replaced_directory
from kerabert.checkpoints.bert_config import read_bert_config, write_bert_config
from kerabert.checkpoints.bert_layers import (
    backbone_layers,
    backbone_shapes,
    is_transposed,
    layer_tensors,
    layer_variables,
)
from kerabert.checkpoints.heads import Head, find_head
from kerabert.checkpoints.json_file import dump_json, parse_json
from kerabert.checkpoints.manifest import MANIFEST, own_files, write_manifest
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.checkpoints.presets_folder import find_preset
from kerabert.checkpoints.safetensors_file import write_safetensors
from kerabert.checkpoints.stored_weights import MARK, WEIGHTS, StoredWeights
from kerabert.checkpoints.tokenizer_files import (
    VOCABULARY,
    has_tokenizer,
    read_tokenizer,
    tokenizer_settings,
    write_tokenizer,
)
from kerabert.layers.initializers import without_random_weights
from kerabert.models.backbone import BertBackbone
from kerabert.text.tokenizer import BertTokenizer

CONFIG = "config.json"

# What may be set anew when a backbone is loaded: nothing that its weights depend on.
_BACKBONE_OVERRIDES = {
    "dtype",
    "name",
    "gradient_checkpointing",
    "dropout_rate",
    "attention_dropout_rate",
    "use_pooler",
}
_TASK_OVERRIDES = {"dtype", "name", "tokenizer", "gradient_checkpointing", "attention_dropout_rate"}


def save_preset(model: Any, directory: str | os.PathLike[str]) -> None:
    """Write a model or a tokenizer as a directory that Hugging Face's libraries open too.

    The directory is written aside and put in place in one step: at every moment it is the old
    preset or the new one, whole. Weights are written as float32, LoRA merged in.

    Args:
        model: a `BertBackbone`, a `BertTokenizer` or a task.
        directory: path, new or empty or a preset of kerabert, which is replaced; files in it
            that are not the preset's own stay.

    Raises:
        ValueError: if the path is a file or a directory with other content, or the model is
            quantised.
    """
    backbone: Any = None
    tokenizer: Any = None
    layers: dict[str, Any] = {}
    settings: dict[str, Any] = {}
    config: dict[str, Any] = {}
    if isinstance(model, BertTokenizer):
        class_name, tokenizer = "BertTokenizer", model
    elif isinstance(model, BertBackbone):
        class_name, backbone = "BertBackbone", model
        config = write_bert_config(backbone)
        layers = backbone_layers(backbone)
    else:
        class_name, head = find_head(type(model))
        backbone, tokenizer, settings = model.backbone, model.tokenizer, model.head_config()
        config = write_bert_config(backbone, tokenizer.padding_id if tokenizer else 0)
        config |= {"architectures": [head.architecture]} | head.to_config(settings)
        layers = {f"bert.{name}": layer for name, layer in backbone_layers(backbone).items()}
        layers |= model.head_layers
    tensors = [entry for name, layer in layers.items() for entry in layer_tensors(name, layer)]

    with replaced_directory(Path(directory), own_files) as aside:
        if backbone is not None:
            (aside / CONFIG).write_bytes(dump_json(config))
            write_safetensors(aside / WEIGHTS, tensors, {"format": "pt", MARK: "1"})
        if tokenizer is not None:
            longest = None if backbone is None else backbone.max_sequence_length
            for name, data in write_tokenizer(tokenizer, longest).items():
                (aside / name).write_bytes(data)
        write_manifest(
            aside,
            class_name,
            settings,
            None if tokenizer is None else tokenizer_settings(tokenizer),
        )


def load_preset(cls: type, preset: str | os.PathLike[str], **overrides: Any) -> Any:
    """Make a model or a tokenizer from a preset.

    Args:
        cls: `BertBackbone`, `BertTokenizer` or a task class.
        preset: a name from `list_presets()`, or the path of a directory that kerabert or Hugging
            Face's libraries wrote.
        **overrides: arguments of `cls` that take the place of the stored ones; None means the
            stored one. For a task, the size of its head (`classes`, `num_classes`,
            `num_outputs`) starts a fresh head.

    Raises:
        ValueError: if a file is missing, damaged or does not describe a BERT; the message names
            the file and the key.
    """
    overrides = {key: value for key, value in overrides.items() if value is not None}
    while True:
        directory = find_preset(preset)
        before = directory.stat()
        try:
            return _load(cls, directory, overrides)
        except ValueError:
            # Did someone save a new preset there meanwhile? Then that one is wanted.
            if not directory.exists() or os.path.samestat(before, directory.stat()):
                raise


def _load(cls: type, directory: Path, overrides: dict[str, Any]) -> Any:
    files = PresetFiles(directory)
    if issubclass(cls, BertTokenizer):
        return read_tokenizer(files, overrides, cls)
    config = parse_json(files.read(CONFIG), files.path(CONFIG))
    weights = StoredWeights(files)
    try:
        if issubclass(cls, BertBackbone):
            _check_overrides(overrides, _BACKBONE_OVERRIDES)
            return _load_backbone(cls, files.path(CONFIG), config, weights, overrides)
        return _load_task(cls, files, config, weights, overrides)
    finally:
        weights.close()


def _load_backbone(
    cls: type, path: str, config: dict[str, Any], weights: StoredWeights, overrides: dict[str, Any]
) -> Any:
    arguments = read_bert_config(config, path)
    if arguments["num_layers"] > len(weights):
        raise ValueError(
            f"{path}: `num_hidden_layers` must be the number of layers in {weights.path}. "
            f"Received: num_hidden_layers={arguments['num_layers']}"
        )
    has_pooler = weights.has(f"{weights.prefix}pooler.dense.weight")
    use_pooler = overrides.get("use_pooler", has_pooler)
    stored = arguments | {"use_pooler": has_pooler and use_pooler}
    names = set()
    for name, shape in backbone_shapes(stored):
        weights.check(weights.prefix + name, shape)
        names.add(weights.prefix + name)
    weights.check_rest(names)

    fill = contextlib.nullcontext() if use_pooler and not has_pooler else without_random_weights()
    with fill:
        backbone = cls(**(stored | overrides))
    for name, layer in backbone_layers(backbone).items():
        if name == "pooler.dense" and not has_pooler:
            warnings.warn(f"{weights.path} has no pooler: it starts fresh.", stacklevel=5)
        else:
            _assign(layer, weights.prefix + name, weights)
    return backbone


def _load_task(
    cls: type,
    files: PresetFiles,
    config: dict[str, Any],
    weights: StoredWeights,
    overrides: dict[str, Any],
) -> Any:
    name, head = find_head(cls)
    _check_overrides(overrides, _TASK_OVERRIDES | set(head.settings))
    given = {key: value for key, value in overrides.items() if key in head.settings}
    settings = None
    if not any(key in given for key in head.sizes):
        settings = _stored_settings(name, head, files, config, weights)
        if settings is None and head.must_have_size:
            raise ValueError(
                f"{' or '.join(f'`{key}`' for key in head.sizes)} must be given, since "
                f"{files.directory} holds no head of a {name}. Received: none of them."
            )
        if settings is None:
            warnings.warn(f"{weights.path} has no head of a {name}: it starts fresh.", stacklevel=4)

    of_backbone = {k: v for k, v in overrides.items() if k in _BACKBONE_OVERRIDES - {"name"}}
    of_backbone.pop("dropout_rate", None)  # the head's
    if head.uses_pooler:
        of_backbone["use_pooler"] = True
    backbone = _load_backbone(BertBackbone, files.path(CONFIG), config, weights, of_backbone)
    tokenizer = overrides.get("tokenizer")
    if tokenizer is None and has_tokenizer(files):
        tokenizer = read_tokenizer(files, {})
        if tokenizer.vocabulary_size > backbone.vocabulary_size:
            raise ValueError(
                f"{files.path(VOCABULARY)}: must hold at most the `vocab_size` of {CONFIG}, "
                f"{backbone.vocabulary_size}. Received: {tokenizer.vocabulary_size} pieces."
            )
    others = {key: overrides[key] for key in ("dtype", "name") if key in overrides}
    try:
        task = cls(backbone, tokenizer=tokenizer, **((settings or {}) | given), **others)
    except ValueError as error:
        if given:
            raise
        source = CONFIG if files.manifest is None else MANIFEST
        raise ValueError(f"{files.path(source)}: {error}") from error
    if settings is not None:
        for prefix, layer in task.head_layers.items():
            _assign(layer, prefix, weights)
    return task


def _stored_settings(
    name: str, head: Head, files: PresetFiles, config: dict[str, Any], weights: StoredWeights
) -> dict[str, Any] | None:
    """The settings of the stored head; None if there is none, or another task's."""
    weight = f"{head.prefix}.weight"
    if files.manifest is None:
        if not weights.has(weight):
            return None
        shape = weights.shape(weight)
        settings = head.from_config(config, files.path(CONFIG), shape[0] if shape else 0)
        if settings is None:
            return None
    else:
        settings = files.manifest.settings
        if files.manifest.class_name != name:
            return None
        if not set(settings) <= set(head.settings):
            raise ValueError(
                f"{files.path(MANIFEST)}: `settings` must be among {list(head.settings)}. "
                f"Received: {sorted(settings)}"
            )
    outputs = head.num_outputs(settings)
    weights.check(weight, (outputs, config.get("hidden_size", 768)))
    weights.check(f"{head.prefix}.bias", (outputs,))
    return settings


def _assign(layer: Any, name: str, weights: StoredWeights) -> None:
    for part, variable in layer_variables(layer).items():
        array = weights.read(f"{name}.{part}")
        variable.assign(array.T if part == "weight" and is_transposed(layer) else array)


def _check_overrides(overrides: dict[str, Any], allowed: set[str]) -> None:
    if not set(overrides) <= allowed:
        raise ValueError(
            f"The arguments that a preset can be loaded with must be among {sorted(allowed)}. "
            f"Received: {sorted(set(overrides) - allowed)}"
        )
