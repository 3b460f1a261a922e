"""Hugging Face's BERT directories, which are kerabert's own presets too.

In those of sentence-transformers' first versions all but the embedder's own files are in a folder.
"""

from pathlib import Path
from typing import Any

from kerabert.checkpoints import tokenizer_files
from kerabert.checkpoints.json_file import dump_json, parse_json
from kerabert.checkpoints.model_parts import ModelParts
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.checkpoints.pretraining_config import check_masked_lm_head
from kerabert.checkpoints.safetensors_file import write_safetensors
from kerabert.checkpoints.safetensors_weights import MARK, WEIGHTS, open_safetensors
from kerabert.checkpoints.sentence_transformers import transformer_files
from kerabert.checkpoints.stored_weights import StoredWeights
from kerabert.text.tokenizer import BertTokenizer

CONFIG = "config.json"


def matches(files: PresetFiles) -> bool:
    """Whether a directory is read so: every one that no other format claims."""
    return True


def read_config(files: PresetFiles) -> tuple[dict[str, Any], str]:
    """Return what config.json holds, and its path."""
    files = transformer_files(files)
    path = files.path(CONFIG)
    return parse_json(files.read(CONFIG), path), path


def open_weights(files: PresetFiles, config: dict[str, Any]) -> StoredWeights:
    """Open the safetensors files."""
    return open_safetensors(transformer_files(files))


def has_tokenizer(files: PresetFiles) -> bool:
    """Whether there is a vocabulary."""
    return tokenizer_files.has_tokenizer(transformer_files(files))


def read_tokenizer(
    files: PresetFiles, overrides: dict[str, Any], cls: type[BertTokenizer] = BertTokenizer
) -> BertTokenizer:
    """Make the tokenizer; see `tokenizer_files.read_tokenizer`."""
    return tokenizer_files.read_tokenizer(transformer_files(files), overrides, cls)


def vocabulary_path(files: PresetFiles) -> str:
    """The path of vocab.txt."""
    return transformer_files(files).path(tokenizer_files.VOCABULARY)


def write(parts: ModelParts, directory: Path) -> None:
    """Write config.json, model.safetensors, vocab.txt and tokenizer_config.json."""
    written: dict[str, bytes] = {}
    if parts.backbone is not None:
        check_masked_lm_head(parts.settings, parts.backbone)
        written[CONFIG] = dump_json(parts.config)
        if parts.head is not None and parts.head.write_files is not None:
            written |= parts.head.write_files(parts.settings, parts.backbone)
    if parts.tokenizer is not None:
        longest = None if parts.backbone is None else parts.backbone.max_sequence_length
        written |= tokenizer_files.write_tokenizer(parts.tokenizer, longest)
    for name, data in written.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    if parts.backbone is not None:
        write_safetensors(directory / WEIGHTS, parts.tensors(), {"format": "pt", MARK: "1"})
