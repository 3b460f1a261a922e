"""The weights of a preset directory: one safetensors file, or several and their index."""

from typing import Any

import numpy as np

from kerabert.checkpoints.json_file import parse_json
from kerabert.checkpoints.manifest import is_plain_name
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.checkpoints.safetensors_file import SafetensorsFile

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
MARK = "kerabert"  # in a file's metadata: written by kerabert, so kerabert.json must be there

# Tensors that a BERT may hold besides its weights: constants, and heads of other tasks.
_BUFFERS = ("embeddings.position_ids", "embeddings.token_type_ids")
_HEADS = ("classifier.", "cls.", "qa_outputs.", "pooler.")
# What LayerNorm's tensors were called in checkpoints converted from TensorFlow.
_OLD_NAMES = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}


class StoredWeights:
    """Finds the tensors of a preset directory by the names that Hugging Face gives them.

    `prefix` is "bert." where the backbone's tensors are stored so, as in every task's files, and
    "" in a bare backbone's.

    Args:
        files: `PresetFiles`.

    Raises:
        ValueError: if there are no safetensors files, or a header does not fit its file.
    """

    def __init__(self, files: PresetFiles) -> None:
        self._files: list[SafetensorsFile] = []
        self._places: dict[str, SafetensorsFile] = {}
        try:
            if WEIGHTS in files:
                self.path = files.path(WEIGHTS)
                self._add(files, WEIGHTS)
            elif files.manifest is None and INDEX in files:
                self.path = files.path(INDEX)
                self._add_shards(files)
            else:
                pickled = [name for name in ("pytorch_model.bin", "tf_model.h5") if name in files]
                found = f"only {', '.join(pickled)}" if pickled else "none"
                raise ValueError(
                    f"{files.path(WEIGHTS)}: the weights must be in safetensors files. "
                    f"Received: {found}."
                )
            names = self._places
            word_embeddings = "embeddings.word_embeddings.weight"
            self.prefix = "bert." if f"bert.{word_embeddings}" in names else ""
        except BaseException:
            self.close()
            raise

    def _add(self, files: PresetFiles, name: str) -> SafetensorsFile:
        opened = files.open(name)
        try:
            file = SafetensorsFile(opened, files.path(name))
        except BaseException:
            opened.close()
            raise
        self._files.append(file)
        if MARK in file.metadata and files.manifest is None:
            raise ValueError(
                f"{files.path('kerabert.json')}: the file must exist in a preset that kerabert "
                f"wrote. {name} says that this is one."
            )
        self._places |= dict.fromkeys(file.tensors, file)
        return file

    def _add_shards(self, files: PresetFiles) -> None:
        places = parse_json(files.read(INDEX), self.path).get("weight_map")
        if not isinstance(places, dict):
            raise ValueError(f"{self.path}: `weight_map` must be an object.")
        for tensor, shard in places.items():
            named = isinstance(shard, str) and is_plain_name(shard)
            if not named or not shard.endswith(".safetensors"):
                raise ValueError(
                    f"{self.path}: `weight_map` must name safetensors files directly in the "
                    f"directory. Received: {tensor}: {shard!r}"
                )
        for shard in sorted(set(places.values())):
            wanted = {tensor for tensor, place in places.items() if place == shard}
            found = set(self._add(files, shard).tensors)
            if wanted != found:
                tensor = sorted(wanted ^ found)[0]
                raise ValueError(
                    f"{files.path(shard)}: must hold the tensors that {INDEX} says. Received: "
                    f"tensor {tensor!r}, in only one of the two."
                )

    def __len__(self) -> int:
        return len(self._places)

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.file.close()

    def has(self, name: str) -> bool:
        """Whether there is a tensor of this full name, or of the one that it once had."""
        return self._stored_name(name) in self._places

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor that must be there."""
        stored = self._stored_name(name)
        if stored not in self._places:
            raise ValueError(
                f"{self.path}: must hold the tensor {name!r} that config.json asks for. "
                "Received: none of that name."
            )
        return self._places[stored].tensors[stored].shape

    def check(self, name: str, shape: tuple[int, ...]) -> None:
        """Raise `ValueError` unless a tensor of this full name is there in this shape."""
        if self.shape(name) != shape:
            stored = self._stored_name(name)
            raise ValueError(
                f"{self._places[stored].path}: tensor {stored!r} must have the shape {shape} that "
                f"config.json states. Received: {self.shape(name)}."
            )

    def check_rest(self, names: set[str]) -> None:
        """Raise `ValueError` if there is a tensor besides these, constants and other heads."""
        known = {self._stored_name(name) for name in names}
        for name, file in self._places.items():
            is_buffer = name.removeprefix(self.prefix) in _BUFFERS
            is_head = name.startswith(_HEADS) or name.startswith(f"{self.prefix}pooler.")
            if name not in known and not is_buffer and not is_head:
                raise ValueError(
                    f"{file.path}: must hold the tensors of a BERT as config.json describes it. "
                    f"Received: an unexpected tensor {name!r}."
                )

    def read(self, name: str) -> np.ndarray[Any, Any]:
        """Return a tensor by its full name, float32 or float64."""
        stored = self._stored_name(name)
        return self._places[stored].read(stored)

    def _stored_name(self, name: str) -> str:
        if name not in self._places:
            for new, old in _OLD_NAMES.items():
                if name.endswith(new):
                    return name.removesuffix(new) + old
        return name
