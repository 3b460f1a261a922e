"""The weights of a Hugging Face directory in PyTorch's own files, which are pickles.

A pickle is a program. PyTorch reads the ones asked for here by an interpreter of its own, which
knows how to make tensors and refuses every other instruction.
"""

import os
import re
import warnings
import zipfile
from functools import partial
from typing import Any

import numpy as np

from kerabert.checkpoints.json_file import parse_json
from kerabert.checkpoints.manifest import is_plain_name
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.checkpoints.stored_weights import StoredTensor, StoredWeights
from kerabert.checkpoints.tensor_names import current_name

PICKLED = "pytorch_model.bin"
PICKLED_INDEX = "pytorch_model.bin.index.json"


def has_pickled(files: PresetFiles) -> bool:
    """Whether a directory has PyTorch's files."""
    return PICKLED in files or PICKLED_INDEX in files


def open_pickled(files: PresetFiles) -> StoredWeights:
    """Open PyTorch's files; the tensors stay on the disk until they are read.

    Raises:
        ValueError: if PyTorch is missing or older than 2.6, whose interpreter could be made to
            run code (CVE-2025-32434), or a file is damaged or holds anything but tensors.
    """
    torch = _import_torch(files.path(PICKLED))
    if PICKLED in files:
        path, shards = files.path(PICKLED), [PICKLED]
        loaded = [(path, _load(torch, files, PICKLED))]
    else:
        path = files.path(PICKLED_INDEX)
        places = _read_index(files, path)
        shards = sorted(set(places.values()))
        loaded = [(files.path(shard), _load(torch, files, shard)) for shard in shards]
        for shard, (_, content) in zip(shards, loaded, strict=True):
            wanted = {name for name, place in places.items() if place == shard}
            if wanted != set(content):
                name = sorted(wanted ^ set(content))[0]
                raise ValueError(
                    f"{files.path(shard)}: must hold the tensors that {PICKLED_INDEX} says. "
                    f"Received: tensor {name!r}, in only one of the two."
                )
    tensors: dict[str, StoredTensor] = {}
    for shard_path, content in loaded:
        for stored_name, tensor in content.items():
            name = current_name(stored_name)
            if name in tensors:
                raise ValueError(
                    f"{shard_path}: must hold each tensor once. Received: "
                    f"{tensors[name].stored_name!r} and {stored_name!r}, which are the same."
                )
            read = partial(_to_numpy, torch, tensor, shard_path, stored_name)
            tensors[name] = StoredTensor(tuple(tensor.shape), read, shard_path, stored_name)
    return StoredWeights(path, tensors)


def _import_torch(path: str) -> Any:
    try:
        import torch
    except ImportError as error:
        raise ValueError(
            f"{path}: PyTorch must be installed to read it: pip install 'kerabert[torch]'."
        ) from error
    version = re.match(r"(\d+)\.(\d+)", torch.__version__)
    if version is None or (int(version[1]), int(version[2])) < (2, 6):
        raise ValueError(
            f"{path}: PyTorch must be of version 2.6 or newer to read it: older ones can be made "
            f"to run code from it. Received: {torch.__version__}."
        )
    return torch


def _read_index(files: PresetFiles, path: str) -> dict[str, str]:
    places = parse_json(files.read(PICKLED_INDEX), path).get("weight_map")
    if not isinstance(places, dict) or not places:
        raise ValueError(f"{path}: `weight_map` must be an object, not empty.")
    for name, shard in places.items():
        if not (isinstance(shard, str) and is_plain_name(shard) and shard.endswith(".bin")):
            raise ValueError(
                f"{path}: `weight_map` must name .bin files directly in the directory. "
                f"Received: {name}: {shard!r}"
            )
    return places


def _load(torch: Any, files: PresetFiles, name: str) -> dict[str, Any]:
    """Let PyTorch read a file, and return its tensors by name."""
    path = files.path(name)
    with files.open(name) as file:  # a regular file, no link that leads away
        is_zip = _check_archive(file, path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = torch.load(
                os.path.realpath(path), map_location="cpu", weights_only=True, mmap=is_zip
            )
    except Exception as error:  # whatever a damaged or hostile file makes PyTorch raise
        raise ValueError(
            f"{path}: must be a file that PyTorch wrote, of tensors and nothing else. Received: "
            f"{type(error).__name__}: {_reason(error)}"
        ) from None  # PyTorch's own message tells how to run the file's code
    if not isinstance(content, dict):
        raise ValueError(f"{path}: must hold a dict. Received: a {type(content).__name__}.")
    for key, value in content.items():
        if not isinstance(key, str) or not isinstance(value, torch.Tensor):
            raise ValueError(
                f"{path}: must hold tensors by name. Received: {str(key)[:80]!r}, a "
                f"{type(value).__name__}."
            )
        _check_tensor(torch, value, path, key)
    return content


def _reason(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("Check the documentation")]
    return lines[-1].strip()[:200] if lines else "no reason given."


def _check_archive(file: Any, path: str) -> bool:
    """Whether a file is a zip archive, as PyTorch writes since 1.6; one must not be compressed.

    PyTorch does not compress. An archive that is could claim a hundred times its size in memory.
    """
    is_zip = file.read(4) == b"PK\x03\x04"
    if is_zip:
        file.seek(0)
        try:
            entries = zipfile.ZipFile(file).infolist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise ValueError(f"{path}: must be a whole zip archive. Received: {error}.") from error
        if any(entry.compress_type or entry.file_size != entry.compress_size for entry in entries):
            raise ValueError(f"{path}: must be a zip archive that is not compressed.")
    return is_zip


def _check_tensor(torch: Any, tensor: Any, path: str, name: str) -> None:
    """Refuse a tensor that stands for more numbers than the file holds."""
    is_plain = tensor.layout == torch.strided and not tensor.is_quantized
    if is_plain and tensor.device.type == "cpu":
        stored = tensor.untyped_storage().nbytes()
        if tensor.numel() * tensor.element_size() <= stored:
            return
    raise ValueError(
        f"{path}: tensor {name!r} must be a plain one, stored number by number. Received: "
        f"layout {tensor.layout}, shape {tuple(tensor.shape)}, on {tensor.device}."
    )


def _to_numpy(torch: Any, tensor: Any, path: str, name: str) -> np.ndarray[Any, Any]:
    if not tensor.is_floating_point():
        raise ValueError(
            f"{path}: tensor {name!r} must be of floating-point numbers. Received: {tensor.dtype}."
        )
    if tensor.dtype not in (torch.float32, torch.float64):
        tensor = tensor.to(torch.float32)
    return np.array(tensor.detach().numpy(), order="C")
