"""The weights of a Hugging Face directory: one safetensors file, or several and their index."""

import os
from functools import partial

import keras

from kerabert.checkpoints.json_file import parse_json
from kerabert.checkpoints.manifest import is_plain_name
from kerabert.checkpoints.pickled_weights import PICKLED, has_pickled, open_pickled
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.checkpoints.safetensors_file import SafetensorsFile
from kerabert.checkpoints.stored_weights import StoredTensor, StoredWeights
from kerabert.checkpoints.tensor_names import current_name

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
MARK = "kerabert"  # in a file's metadata: written by kerabert, so kerabert.json must be there


def open_safetensors(files: PresetFiles) -> StoredWeights:
    """Open the safetensors files of a directory; PyTorch's, if the user asked for them.

    Raises:
        ValueError: if there are no safetensors files, or a header does not fit its file.
    """
    opened: list[SafetensorsFile] = []

    def close() -> None:
        for file in opened:
            file.file.close()

    try:
        if WEIGHTS in files:
            path = files.path(WEIGHTS)
            opened.append(_open(files, WEIGHTS))
        elif files.manifest is None and INDEX in files:
            path = files.path(INDEX)
            _open_shards(files, opened)
        elif files.load_pickled and has_pickled(files):
            return open_pickled(files)
        else:
            raise ValueError(
                f"{files.path(WEIGHTS)}: the weights must be in safetensors files. "
                f"Received: {_what_is_there(files)}"
            )
        tensors: dict[str, StoredTensor] = {}
        for file in opened:
            for stored_name, tensor in file.tensors.items():
                read = partial(file.read, stored_name)
                name = current_name(stored_name)
                if name in tensors:
                    raise ValueError(
                        f"{file.path}: must hold each tensor once. Received: "
                        f"{tensors[name].stored_name!r} and {stored_name!r}, which are the same."
                    )
                tensors[name] = StoredTensor(tensor.shape, read, file.path, stored_name)
        return StoredWeights(path, tensors, close)
    except BaseException:
        close()
        raise


def _what_is_there(files: PresetFiles) -> str:
    if has_pickled(files):
        return (
            f"only {PICKLED}, a pickle: give `load_pickled=True` to have PyTorch read the tensors "
            "of it, and nothing else."
        )
    return "only tf_model.h5." if "tf_model.h5" in files else "none."


def _is_mapped(files: PresetFiles) -> bool:
    """Whether tensors may lie in the pages of a file, as they do in transformers.

    Not those of a verified file: what is computed with must stay what was verified, whatever
    happens to the file. And only where they can stay there: the other backends need a kernel's
    transpose and copy it. On Windows a mapped file could not be replaced.
    """
    return files.manifest is None and keras.backend.backend() == "torch" and os.name != "nt"


def _open(files: PresetFiles, name: str) -> SafetensorsFile:
    opened = files.open(name)
    try:
        file = SafetensorsFile(opened, files.path(name), _is_mapped(files))
        if MARK in file.metadata and files.manifest is None:
            raise ValueError(
                f"{files.path('kerabert.json')}: the file must exist in a preset that kerabert "
                f"wrote. {name} says that this is one."
            )
    except BaseException:
        opened.close()
        raise
    return file


def _open_shards(files: PresetFiles, opened: list[SafetensorsFile]) -> None:
    path = files.path(INDEX)
    places = parse_json(files.read(INDEX), path).get("weight_map")
    if not isinstance(places, dict) or not places:
        raise ValueError(f"{path}: `weight_map` must be an object, not empty.")
    for tensor, shard in places.items():
        named = isinstance(shard, str) and is_plain_name(shard)
        if not named or not shard.endswith(".safetensors"):
            raise ValueError(
                f"{path}: `weight_map` must name safetensors files directly in the "
                f"directory. Received: {tensor}: {shard!r}"
            )
    for shard in sorted(set(places.values())):
        wanted = {tensor for tensor, place in places.items() if place == shard}
        opened.append(_open(files, shard))
        found = set(opened[-1].tensors)
        if wanted != found:
            tensor = sorted(wanted ^ found)[0]
            raise ValueError(
                f"{files.path(shard)}: must hold the tensors that {INDEX} says. Received: "
                f"tensor {tensor!r}, in only one of the two."
            )
