"""Google's TensorFlow checkpoints of BERT.

    bert_config.json, vocab.txt, bert_model.ckpt.index, bert_model.ckpt.data-00000-of-00001

They are read and written without TensorFlow. A SavedModel has its checkpoint in variables/.
"""

from pathlib import Path
from typing import Any

from kerabert.checkpoints.google.config import (
    CONFIG,
    find_config,
    read_google_config,
    write_google_config,
)
from kerabert.checkpoints.google.tensor_bundle import write_bundle
from kerabert.checkpoints.google.tokenizer import find_vocabulary, read_google_tokenizer
from kerabert.checkpoints.google.variables import google_variable
from kerabert.checkpoints.google.weights import CHECKPOINT, find_prefixes, open_checkpoint
from kerabert.checkpoints.model_parts import ModelParts
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.checkpoints.pretraining_config import check_masked_lm_head
from kerabert.checkpoints.stored_weights import StoredWeights
from kerabert.checkpoints.tokenizer_files import VOCABULARY, write_tokenizer
from kerabert.text.tokenizer import BertTokenizer

_HUGGING_FACE = "config.json"
_WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
_PICKLED = ("pytorch_model.bin", "pytorch_model.bin.index.json")


def matches(files: PresetFiles) -> bool:
    """Whether a directory holds a checkpoint of Google's, and no model of Hugging Face's.

    Of a model in both formats Hugging Face's files say more: class names, the kind of head.
    """
    if _HUGGING_FACE not in files:
        return find_config(files) is not None or bool(find_prefixes(files))
    if find_config(files) is None or not find_prefixes(files):
        return False
    weights = _WEIGHTS + _PICKLED if files.load_pickled else _WEIGHTS
    return not any(name in files for name in weights)


def read_config(files: PresetFiles) -> tuple[dict[str, Any], str]:
    """Return the configuration as Hugging Face's config.json would hold it, and its path."""
    return read_google_config(files)


def open_weights(files: PresetFiles, config: dict[str, Any]) -> StoredWeights:
    """Open the weights under Hugging Face's names."""
    return open_checkpoint(files, config)


def has_tokenizer(files: PresetFiles) -> bool:
    """Whether there is a vocabulary."""
    if files.manifest is not None:
        return files.manifest.tokenizer is not None
    return VOCABULARY in find_vocabulary(files)


def read_tokenizer(
    files: PresetFiles, overrides: dict[str, Any], cls: type[BertTokenizer] = BertTokenizer
) -> BertTokenizer:
    """Make the tokenizer."""
    return read_google_tokenizer(files, overrides, cls)


def vocabulary_path(files: PresetFiles) -> str:
    """The path of the vocabulary."""
    return find_vocabulary(files).path(VOCABULARY)


def write(parts: ModelParts, directory: Path) -> None:
    """Write bert_config.json, vocab.txt, tokenizer_config.json and the checkpoint.

    What Google's code expects is as it expects it; tokenizer_config.json, which it does not know,
    holds the tokenizer's rules.
    """
    written: dict[str, bytes] = {}
    if parts.backbone is not None:
        check_masked_lm_head(parts.settings, parts.backbone)
        written[CONFIG] = write_google_config(parts.config)
    if parts.tokenizer is not None:
        longest = None if parts.backbone is None else parts.backbone.max_sequence_length
        written |= write_tokenizer(parts.tokenizer, longest)
    for name, data in written.items():
        (directory / name).write_bytes(data)
    if parts.backbone is not None:
        write_bundle(directory, CHECKPOINT, _variables(parts))


def _variables(parts: ModelParts) -> list[tuple[str, tuple[int, ...], Any]]:
    variables = []
    for name, shape, get in parts.tensors():
        found = google_variable(name)
        if found is None:
            continue
        variable, is_kernel = found
        if is_kernel:
            shape, get = shape[::-1], lambda get=get: get().T
        variables.append((variable, shape, get))
    return variables
