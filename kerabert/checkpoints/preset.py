"""Saving and loading presets: the one way in and out."""

import os
from pathlib import Path
from typing import Any

from kerabert.checkpoints.atomic import replaced_directory
from kerabert.checkpoints.formats import find_format, get_format
from kerabert.checkpoints.load_model import ModelLoader
from kerabert.checkpoints.manifest import own_files, write_manifest
from kerabert.checkpoints.model_parts import take_apart
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.checkpoints.presets_folder import find_preset
from kerabert.checkpoints.tokenizer_files import tokenizer_settings
from kerabert.models.backbone import BertBackbone
from kerabert.text.tokenizer import BertTokenizer


def save_preset(
    model: Any, directory: str | os.PathLike[str], format: str = "hugging_face"
) -> None:
    """Write a model or a tokenizer as a directory that others' libraries open too.

    The directory is written aside and put in place in one step: at every moment it is the old
    preset or the new one, whole. Weights are written as float32, LoRA merged in.

    Args:
        model: a `BertBackbone`, a `BertTokenizer` or a task.
        directory: path, new or empty or a preset of kerabert, which is replaced; files in it
            that are not the preset's own stay.
        format: str, whose libraries open it: "hugging_face" (transformers and
            sentence-transformers), "keras_hub", or "google" (a TensorFlow checkpoint). kerabert
            itself opens all of them. Default "hugging_face".

    Raises:
        ValueError: if the path is a file or a directory with other content, the model is
            quantised, or the format cannot hold it.
    """
    writer = get_format(format)
    parts = take_apart(model)
    with replaced_directory(Path(directory), own_files) as aside:
        writer.write(parts, aside)
        tokenizer = parts.tokenizer
        write_manifest(
            aside,
            parts.class_name,
            parts.settings,
            None if tokenizer is None else tokenizer_settings(tokenizer),
        )


def load_preset(cls: type, preset: str | os.PathLike[str], **overrides: Any) -> Any:
    """Make a model or a tokenizer from a preset.

    Args:
        cls: `BertBackbone`, `BertTokenizer` or a task class.
        preset: a name from `list_presets()`, or the path of a directory that kerabert, Hugging
            Face's libraries, KerasHub or Google's BERT wrote.
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
    format = find_format(files)
    if issubclass(cls, BertTokenizer):
        return format.read_tokenizer(files, overrides, cls)
    loader = ModelLoader(files, format)
    try:
        if issubclass(cls, BertBackbone):
            return loader.load_backbone(cls, overrides)
        return loader.load_task(cls, overrides)
    finally:
        loader.close()
