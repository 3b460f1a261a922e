"""The shapes in which BERT checkpoints come and go."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerabert.checkpoints import hugging_face
from kerabert.checkpoints.google import checkpoint as google
from kerabert.checkpoints.keras_hub import preset as keras_hub
from kerabert.checkpoints.model_parts import ModelParts
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.checkpoints.stored_weights import StoredWeights
from kerabert.text.tokenizer import BertTokenizer


@dataclass(frozen=True)
class Format:
    """How checkpoints of one origin are read and written.

    Whatever the origin, a reader gives what Hugging Face's files would hold: a config.json, and
    tensors by Hugging Face's names in Hugging Face's shapes.

    Attributes:
        name: str, what users call it.
        matches: from the files of a directory to whether it is of this format.
        read_config: from the files to config.json as a dict, and the path to name in errors.
        open_weights: from the files and that config to `StoredWeights`.
        has_tokenizer: from the files to whether there is a vocabulary.
        read_tokenizer: from the files, arguments that take the place of the stored ones, and a
            class to a tokenizer.
        vocabulary_path: from the files to the vocabulary's path, for errors.
        write: writes a model's parts into an empty directory.
        complete_settings: from the files, a task's name and the settings of its head that
            config.json can hold, or None, to those that the files state; None where they are
            the same.
    """

    name: str
    matches: Callable[[PresetFiles], bool]
    read_config: Callable[[PresetFiles], tuple[dict[str, Any], str]]
    open_weights: Callable[[PresetFiles, dict[str, Any]], StoredWeights]
    has_tokenizer: Callable[[PresetFiles], bool]
    read_tokenizer: Callable[[PresetFiles, dict[str, Any], type[BertTokenizer]], BertTokenizer]
    vocabulary_path: Callable[[PresetFiles], str]
    write: Callable[[ModelParts, Path], None]
    complete_settings: (
        Callable[[PresetFiles, str, dict[str, Any] | None], dict[str, Any] | None] | None
    ) = None


def _format(name: str, module: Any) -> Format:
    return Format(
        name=name,
        matches=module.matches,
        read_config=module.read_config,
        open_weights=module.open_weights,
        has_tokenizer=module.has_tokenizer,
        read_tokenizer=module.read_tokenizer,
        vocabulary_path=module.vocabulary_path,
        write=module.write,
        complete_settings=getattr(module, "complete_settings", None),
    )


# In the order in which they are tried; the last one takes what is left.
FORMATS = {
    name: _format(name, module)
    for name, module in (
        ("keras_hub", keras_hub),
        ("google", google),
        ("hugging_face", hugging_face),
    )
}


def find_format(files: PresetFiles) -> Format:
    """Return the format of a directory's files."""
    return next(one for one in FORMATS.values() if one.matches(files))


def get_format(name: str) -> Format:
    """Return a format by name, or raise `ValueError`."""
    if name not in FORMATS:
        raise ValueError(f"`format` must be one of {sorted(FORMATS)}. Received: format={name!r}")
    return FORMATS[name]
