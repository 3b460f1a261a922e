"""The weights of Google's BERTs: TensorFlow checkpoints and SavedModels."""

from functools import partial
from typing import Any

import numpy as np

from kerabert.checkpoints.google.config import CONFIG
from kerabert.checkpoints.google.tensor_bundle import TensorBundle
from kerabert.checkpoints.google.variables import find_variable, is_of_training, merged_shape
from kerabert.checkpoints.google.wire_format import read_fields
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.checkpoints.stored_weights import StoredTensor, StoredWeights

CHECKPOINT = "bert_model.ckpt"
SAVED_MODEL = "variables/variables"
OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
_MAX_GRAPH = 16 * 2**20


def find_prefixes(files: PresetFiles) -> list[str]:
    """Return what the names of each checkpoint's files begin with, in a directory."""
    if files.manifest is not None:
        names = list(files.manifest.files)
    else:
        try:
            names = sorted(path.name for path in files.directory.iterdir())
        except OSError:  # replaced meanwhile, or not to be listed: what is missing will be named
            names = []
    found = [name.removesuffix(".index") for name in names if name.endswith(".index")]
    return found + [SAVED_MODEL for _ in range(f"{SAVED_MODEL}.index" in files)]


def open_checkpoint(files: PresetFiles, config: dict[str, Any]) -> StoredWeights:
    """Open the checkpoint of a directory under Hugging Face's names.

    Variables of TensorFlow 1 are told by their name in the index. A checkpoint of TensorFlow 2
    says in a tensor of its own, the graph of objects, how its variables were called.

    Args:
        files: `PresetFiles`.
        config: dict, Hugging Face's config.json.

    Raises:
        ValueError: if there is no checkpoint or more than one, it is damaged, or it holds a
            variable that is neither BERT's nor an optimizer's.
    """
    bundle = TensorBundle(files, _choose(files, find_prefixes(files)))
    try:
        own_names = _own_names(bundle)
        tensors: dict[str, StoredTensor] = {}
        for stored_name in bundle.tensors:
            if stored_name == OBJECT_GRAPH or is_of_training(stored_name):
                continue
            name, tensor = _find(bundle, stored_name, own_names, config)
            if name in tensors:
                raise ValueError(
                    f"{bundle.path}: must hold each tensor once. Received: "
                    f"{tensors[name].stored_name!r} and {stored_name!r}, which are the same."
                )
            tensors[name] = tensor
        _use_pooler_of_head(tensors)
    except BaseException:
        bundle.close()
        raise
    return StoredWeights(bundle.path, tensors, bundle.close, CONFIG)


def _choose(files: PresetFiles, prefixes: list[str]) -> str:
    if len(prefixes) == 1 or CHECKPOINT in prefixes:
        return CHECKPOINT if CHECKPOINT in prefixes else prefixes[0]
    path = files.path(f"{CHECKPOINT}.index")
    if not prefixes:
        raise ValueError(f"{path}: the index of a checkpoint must exist. Received: none.")
    raise ValueError(
        f"{path}: must exist where there is more than one checkpoint. Received: "
        f"{', '.join(prefixes)}."
    )


def _own_names(bundle: TensorBundle) -> dict[str, str]:
    """How TensorFlow 2's variables were called, by their key in the index."""
    names: dict[str, str] = {}
    if OBJECT_GRAPH not in bundle.tensors:
        return names
    message = bundle.read_bytes(OBJECT_GRAPH, _MAX_GRAPH)
    try:
        for _, node in _messages(message, 1):
            for _, attribute in _messages(node, 2):
                fields = dict(read_fields(attribute))
                name, key = fields.get(2, b""), fields.get(3, b"")
                if isinstance(name, bytes) and isinstance(key, bytes):
                    names[key.decode()] = name.decode()
    except ValueError as error:
        raise ValueError(
            f"{bundle.data_path(OBJECT_GRAPH)}: {OBJECT_GRAPH} must be a graph of objects. "
            f"Received: {error}."
        ) from error
    return names


def _messages(message: bytes, number: int) -> list[tuple[int, bytes]]:
    return [
        (field, value)
        for field, value in read_fields(message)
        if field == number and isinstance(value, bytes)
    ]


def _find(
    bundle: TensorBundle, stored_name: str, own_names: dict[str, str], config: dict[str, Any]
) -> tuple[str, StoredTensor]:
    own_name = own_names.get(stored_name, stored_name)
    variable = find_variable(own_name)
    if variable is None:
        called = f", {own_name!r}" if own_name != stored_name else ""
        raise ValueError(
            f"{bundle.path}: must hold the variables of a BERT. Received: an unexpected variable "
            f"{stored_name!r}{called}."
        )
    bundle.check_weight(stored_name)
    stored_shape = bundle.tensors[stored_name].shape
    num_heads = config.get("num_attention_heads", 12)
    shape = merged_shape(variable.name, stored_shape, num_heads)
    if shape is None:
        raise ValueError(
            f"{bundle.path}: {stored_name!r} must have the number of heads that {CONFIG} states, "
            f"num_attention_heads={num_heads}. Received: the shape {stored_shape}."
        )
    read = partial(_read, bundle, stored_name, shape, variable.is_kernel)
    path = bundle.data_path(stored_name)
    shape = shape[::-1] if variable.is_kernel else shape
    return variable.name, StoredTensor(shape, read, path, stored_name)


def _read(
    bundle: TensorBundle, stored_name: str, shape: tuple[int, ...], is_kernel: bool
) -> np.ndarray[Any, Any]:
    array = bundle.read(stored_name).reshape(shape)
    return array.T if is_kernel else array


def _use_pooler_of_head(tensors: dict[str, StoredTensor]) -> None:
    for name in [name for name in tensors if name.startswith("head.")]:
        tensors[name.replace("head.", "bert.", 1)] = tensors.pop(name)
