"""The weights of a Hugging Face directory: one safetensors file, or several and their index."""

from functools import partial

from kerabert.checkpoints.json_file import parse_json
from kerabert.checkpoints.manifest import is_plain_name
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.checkpoints.safetensors_file import SafetensorsFile
from kerabert.checkpoints.stored_weights import StoredTensor, StoredWeights

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
MARK = "kerabert"  # in a file's metadata: written by kerabert, so kerabert.json must be there

# What LayerNorm's tensors were called in checkpoints converted from TensorFlow.
_NEW_NAMES = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}


def open_safetensors(files: PresetFiles) -> StoredWeights:
    """Open the safetensors files of a directory.

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
        else:
            pickled = [name for name in ("pytorch_model.bin", "tf_model.h5") if name in files]
            found = f"only {', '.join(pickled)}" if pickled else "none"
            raise ValueError(
                f"{files.path(WEIGHTS)}: the weights must be in safetensors files. "
                f"Received: {found}."
            )
        tensors: dict[str, StoredTensor] = {}
        for file in opened:
            for stored_name, tensor in file.tensors.items():
                read = partial(file.read, stored_name)
                name = _new_name(stored_name)
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


def _new_name(name: str) -> str:
    for old, new in _NEW_NAMES.items():
        if name.endswith(old):
            return name.removesuffix(old) + new
    return name


def _open(files: PresetFiles, name: str) -> SafetensorsFile:
    opened = files.open(name)
    try:
        file = SafetensorsFile(opened, files.path(name))
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
    if not isinstance(places, dict):
        raise ValueError(f"{path}: `weight_map` must be an object.")
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
