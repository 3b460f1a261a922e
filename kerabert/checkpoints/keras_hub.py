"""KerasHub's presets of BERT."""

from pathlib import Path
from typing import Any

from kerabert.checkpoints.model_parts import ModelParts
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.checkpoints.stored_weights import StoredWeights
from kerabert.text.tokenizer import BertTokenizer


def matches(files: PresetFiles) -> bool:
    """Whether a directory holds such a checkpoint."""
    return False


def read_config(files: PresetFiles) -> tuple[dict[str, Any], str]:
    """Return the configuration as Hugging Face's config.json would hold it, and its path."""
    raise NotImplementedError


def open_weights(files: PresetFiles, config: dict[str, Any]) -> StoredWeights:
    """Open the weights under Hugging Face's names."""
    raise NotImplementedError


def has_tokenizer(files: PresetFiles) -> bool:
    """Whether there is a vocabulary."""
    raise NotImplementedError


def read_tokenizer(
    files: PresetFiles, overrides: dict[str, Any], cls: type[BertTokenizer] = BertTokenizer
) -> BertTokenizer:
    """Make the tokenizer."""
    raise NotImplementedError


def vocabulary_path(files: PresetFiles) -> str:
    """The path of the vocabulary."""
    raise NotImplementedError


def write(parts: ModelParts, directory: Path) -> None:
    """Write a model's parts in this format."""
    raise NotImplementedError
