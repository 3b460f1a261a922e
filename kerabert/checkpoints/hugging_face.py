"""Hugging Face's BERT directories, which are kerabert's own presets too."""

from pathlib import Path
from typing import Any

from kerabert.checkpoints.json_file import dump_json, parse_json
from kerabert.checkpoints.model_parts import ModelParts
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.checkpoints.safetensors_file import write_safetensors
from kerabert.checkpoints.safetensors_weights import MARK, WEIGHTS, open_safetensors
from kerabert.checkpoints.stored_weights import StoredWeights
from kerabert.checkpoints.tokenizer_files import (
    VOCABULARY,
    has_tokenizer,
    read_tokenizer,
    write_tokenizer,
)

CONFIG = "config.json"

__all__ = [
    "has_tokenizer",
    "matches",
    "open_weights",
    "read_config",
    "read_tokenizer",
    "vocabulary_path",
    "write",
]


def matches(files: PresetFiles) -> bool:
    """Whether a directory is read so: every one that no other format claims."""
    return True


def read_config(files: PresetFiles) -> tuple[dict[str, Any], str]:
    """Return what config.json holds, and its path."""
    path = files.path(CONFIG)
    return parse_json(files.read(CONFIG), path), path


def open_weights(files: PresetFiles, config: dict[str, Any]) -> StoredWeights:
    """Open the safetensors files."""
    return open_safetensors(files)


def vocabulary_path(files: PresetFiles) -> str:
    """The path of vocab.txt."""
    return files.path(VOCABULARY)


def write(parts: ModelParts, directory: Path) -> None:
    """Write config.json, model.safetensors, vocab.txt and tokenizer_config.json."""
    written: dict[str, bytes] = {}
    if parts.backbone is not None:
        written[CONFIG] = dump_json(parts.config)
        if parts.head is not None and parts.head.write_files is not None:
            written |= parts.head.write_files(parts.settings, parts.backbone)
    if parts.tokenizer is not None:
        longest = None if parts.backbone is None else parts.backbone.max_sequence_length
        written |= write_tokenizer(parts.tokenizer, longest)
    for name, data in written.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    if parts.backbone is not None:
        write_safetensors(directory / WEIGHTS, parts.tensors(), {"format": "pt", MARK: "1"})
