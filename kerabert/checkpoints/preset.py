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
from kerabert.checkpoints.presets_folder import find_preset, warn_of_case
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
    if format != "hugging_face" and "classifier.attention" in parts.layers:
        raise ValueError(
            'Only `format="hugging_face"` holds the weights of `long_documents="attention"`. '
            f"Received: format={format!r}"
        )
    with replaced_directory(Path(directory), own_files) as aside:
        writer.write(parts, aside)
        tokenizer = parts.tokenizer
        write_manifest(
            aside,
            parts.class_name,
            parts.settings,
            None if tokenizer is None else tokenizer_settings(tokenizer),
        )


def load_preset(
    cls: type,
    preset: str | os.PathLike[str],
    revision: str | None = None,
    load_pickled: bool = False,
    **overrides: Any,
) -> Any:
    """Make a model or a tokenizer from a preset.

    A hosted preset is downloaded by the host's own library into that library's cache: only the
    files that make a preset, and of a tokenizer only its own. Without a network the copy in the
    cache is used, with a warning.

    Args:
        cls: `BertBackbone`, `BertTokenizer` or a task class.
        preset: a name from `list_presets()`; the path of a directory that kerabert, Hugging
            Face's libraries, KerasHub or Google's BERT wrote; `hf://owner/name`, which may end
            with `@` and a revision; or `kaggle://owner/model/framework/variation`, which may end
            with `/` and a version.
        revision: str, a branch, a tag or a commit of a preset on the Hugging Face hub. A commit,
            or a version on Kaggle, is the same for ever. Default None: the newest.
        load_pickled: bool, whether to read PyTorch's `pytorch_model.bin` where there are no
            safetensors. It is a pickle, which can hold code; PyTorch reads it with
            `weights_only=True`, which runs none. Default False.
        **overrides: arguments of `cls` that take the place of the stored ones; None means the
            stored one. For a task, the size of its head (`classes`, `num_classes`,
            `num_outputs`) starts a fresh head.

    Raises:
        ValueError: if the preset is not found or cannot be downloaded; if a file is missing,
            damaged or does not describe a BERT; the message names the file and the key.

    Example:

    >>> from kerabert import BertTextClassifier
    >>> model = BertTextClassifier.from_preset("kerabert_mini_en_uncased", classes=["no", "yes"])
    >>> model.backbone.num_layers, model.tokenizer.tokenize("The Patient")
    (4, ['the', 'patient'])
    """
    overrides = {key: value for key, value in overrides.items() if value is not None}
    needs_weights = not issubclass(cls, BertTokenizer)
    while True:
        directory = find_preset(preset, revision, needs_weights, load_pickled)
        before = directory.stat()
        try:
            files = PresetFiles(directory, load_pickled)
            if not issubclass(cls, BertBackbone):
                warn_of_case(preset, files, overrides)
            return _load(cls, files, overrides)
        except ValueError:
            # Did someone save a new preset there meanwhile? Then that one is wanted.
            if not directory.exists() or os.path.samestat(before, directory.stat()):
                raise


def _load(cls: type, files: PresetFiles, overrides: dict[str, Any]) -> Any:
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
