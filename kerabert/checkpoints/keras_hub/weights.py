"""The weights of a KerasHub preset: model.weights.h5 or its parts, and the head's."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from kerabert.checkpoints.bert_config import read_bert_config
from kerabert.checkpoints.json_file import parse_json
from kerabert.checkpoints.keras_hub.config import CONFIG, HubTask, num_classes
from kerabert.checkpoints.keras_hub.hdf5_file import Hdf5File
from kerabert.checkpoints.keras_hub.tensors import (
    HubTensor,
    backbone_tensors,
    classifier_tensors,
    masked_lm_tensors,
)
from kerabert.checkpoints.manifest import is_plain_name
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.checkpoints.stored_weights import StoredTensor, StoredWeights

WEIGHTS = "model.weights.h5"
TASK_WEIGHTS = "task.weights.h5"
INDEX = "model.weights.json"


def open_hub_weights(
    files: PresetFiles, config: dict[str, Any], task: HubTask | None
) -> StoredWeights:
    """Open the files of a preset; every shape is compared with the configuration.

    Args:
        files: `PresetFiles`.
        config: dict, Hugging Face's config.json.
        task: `HubTask` or None, whose head is looked for.

    Raises:
        ValueError: if a file is missing or damaged, or is not that of the model described.
    """
    arguments = read_bert_config(config, files.path(CONFIG))
    opened: list[Hdf5File] = []

    def close() -> None:
        for file in opened:
            file.file.close()

    try:
        if WEIGHTS not in files and INDEX in files:
            path = files.path(INDEX)
            _open_shards(files, opened)
        else:
            path = files.path(WEIGHTS)
            opened.append(_open(files, WEIGHTS))
        tensors = _find(opened, backbone_tensors(arguments), path, CONFIG)
        head = head_tensors(task, arguments)
        if task is not None and head is not None and TASK_WEIGHTS in files:
            opened.append(_open(files, TASK_WEIGHTS))
            tensors |= _find(opened[-1:], head, opened[-1].path, task.path)
        return StoredWeights(path, tensors, close)
    except BaseException:
        close()
        raise


def head_tensors(task: HubTask | None, arguments: dict[str, Any]) -> Iterable[HubTensor] | None:
    """The tensors of the head of a task; None if it has none."""
    if task is not None and task.name == "BertTextClassifier":
        return classifier_tensors(num_classes(task), arguments)
    if task is not None and task.name == "BertMaskedLM":
        return masked_lm_tensors(arguments)
    return None


def _find(
    opened: list[Hdf5File], wanted: Iterable[HubTensor], path: str, source: str
) -> dict[str, StoredTensor]:
    """The wanted tensors by Hugging Face's name; no layer may have others."""
    there: dict[str, tuple[Hdf5File, str]] = {}
    for file in opened:
        for stored_name in file.datasets:
            name = _plain_path(stored_name)
            # No part of a model: an optimizer, the state of dropout, and the second copy of the
            # backbone that keras_nlp put beside a head. KerasHub passes over them too.
            if not name.startswith("layers/") or name.startswith("layers/bert_backbone/"):
                continue
            if "/seed_generator/" in name:
                continue
            if name in there:
                raise ValueError(f"{file.path}: must hold {stored_name!r} once.")
            there[name] = file, stored_name
    tensors = {}
    for tensor in wanted:
        name = _plain_path(tensor.path)
        if name not in there:
            raise ValueError(
                f"{path}: must hold {tensor.path!r}, that {source} asks for. "
                "Received: none of that name."
            )
        file, stored_name = there.pop(name)
        data = file.datasets[stored_name]
        if data.shape != tensor.shape or data.dtype is None:
            raise ValueError(
                f"{file.path}: {stored_name!r} must be an array of floats of the shape "
                f"{tensor.shape}, that {source} states. Received: {data.shape}."
            )
        read = partial(_read, file, stored_name, tensor)
        tensors[tensor.name] = StoredTensor(tensor.name_shape, read, file.path, stored_name)
    if there:
        file, stored_name = next(iter(there.values()))
        raise ValueError(
            f"{file.path}: must hold the weights of the model that {source} describes. "
            f"Received: an unexpected {stored_name!r}."
        )
    return tensors


def _read(file: Hdf5File, stored_name: str, tensor: HubTensor) -> Any:
    return tensor.to_hugging_face(file.read(stored_name))


def _plain_path(path: str) -> str:
    """A path as all versions of Keras can be brought to write it.

    Keras 2 kept the layers under another name, and attributes that are private with their "_".
    """
    first, *rest = (part.lstrip("_") for part in path.split("/"))
    return "/".join(["layers" if first == "layer_checkpoint_dependencies" else first, *rest])


def _open(files: PresetFiles, name: str) -> Hdf5File:
    opened = files.open(name)
    try:
        return Hdf5File(opened, files.path(name))
    except BaseException:
        opened.close()
        raise


def _open_shards(files: PresetFiles, opened: list[Hdf5File]) -> None:
    path = files.path(INDEX)
    places = parse_json(files.read(INDEX), path).get("weight_map")
    if not isinstance(places, dict):
        raise ValueError(f"{path}: `weight_map` must be an object.")
    shards: dict[str, set[str]] = {}  # the groups of each
    for group, names in places.items():
        for shard in names if isinstance(names, list) else [names]:
            if not isinstance(shard, str) or not is_plain_name(shard) or not shard.endswith(".h5"):
                raise ValueError(
                    f"{path}: `weight_map` must name HDF5 files directly in the directory. "
                    f"Received: {group}: {shard!r}"
                )
            shards.setdefault(shard, set()).add(group)
    for shard, groups in sorted(shards.items()):
        opened.append(_open(files, shard))
        found = {f"/{name.rpartition('/')[0]}" for name in opened[-1].datasets}
        if not found <= groups:
            raise ValueError(
                f"{files.path(shard)}: must hold what {INDEX} says. "
                f"Received: {sorted(found - groups)[0]!r}, of which it knows nothing."
            )


def write_hub_weights(
    path: Path, tensors: Iterable[HubTensor], getters: dict[str, Callable[[], Any]]
) -> None:
    """Write an HDF5 file as Keras does.

    Args:
        path: `pathlib.Path`.
        tensors: the `HubTensor`s to write.
        getters: dict from Hugging Face's name to a function that returns the array.
    """
    import h5py  # type: ignore[import-untyped]

    with h5py.File(path, "w") as file:
        for tensor in tensors:
            file[tensor.path] = tensor.from_hugging_face(getters[tensor.name]())
