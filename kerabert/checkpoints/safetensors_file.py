"""Reading and writing safetensors files, nothing in memory but the tensor at hand."""

import contextlib
import json
import math
import mmap
import os
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np

from kerabert.checkpoints.json_file import parse_json
from kerabert.layers.arrays import empty_array

_MAX_HEADER = 25 * 2**20
_BITS = {
    "BOOL": 8,
    "U8": 8,
    "I8": 8,
    "F8_E5M2": 8,
    "F8_E4M3": 8,
    "U16": 16,
    "I16": 16,
    "F16": 16,
    "BF16": 16,
    "U32": 32,
    "I32": 32,
    "F32": 32,
    "U64": 64,
    "I64": 64,
    "F64": 64,
}
_FLOATS = {"F16": "<f2", "BF16": "<u2", "F32": "<f4", "F64": "<f8"}


@dataclass(frozen=True)
class StoredTensor:
    """Where a tensor lies in a file: `start` and `stop` in bytes from the file's beginning."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    stop: int


class SafetensorsFile:
    """A safetensors file, its header checked against its length.

    The header must describe the file exactly: every byte belongs to one tensor. Tensors are read
    one by one into memory of their own.

    A mapped file's tensors are not read: they lie in the pages of the file, which come from the
    disk when they are touched and stay the system's to drop. What is written into such a tensor
    stays in this process. Deleting or replacing the file does it no harm. But who overwrites the
    file in place changes the tensors too, and who cuts it off ends the process that touches them.

    Args:
        file: a binary file object, at its beginning.
        path: str, the file's path, for errors.
        is_mapped: bool, whether to map the file, where the system can. Default False.

    Raises:
        ValueError: if the header is damaged or does not fit the file.

    Source: https://huggingface.co/docs/safetensors, section "Format". The format's own library
    opens a path, so it could read other bytes than the ones whose checksum was verified, and it
    writes from a second copy of all weights; this reads the verified file object and keeps one
    tensor at a time. The tests compare both with the library.
    """

    def __init__(self, file: BufferedReader, path: str, is_mapped: bool = False) -> None:
        self.file = file
        self.path = path
        size = os.fstat(file.fileno()).st_size
        prefix = file.read(8)
        length = struct.unpack("<Q", prefix)[0] if len(prefix) == 8 else -1
        if not 2 <= length <= min(_MAX_HEADER, size - 8):
            raise ValueError(
                f"{path}: must be a safetensors file, whose first 8 bytes give the length of its "
                f"header. Received: header length {length} in a file of {size} bytes."
            )
        header = parse_json(file.read(length), path)
        self.metadata = header.pop("__metadata__", None) or {}
        if not isinstance(self.metadata, dict):
            raise ValueError(f"{path}: `__metadata__` must be an object.")
        self.tensors = {
            name: _read_entry(name, entry, 8 + length, path) for name, entry in header.items()
        }
        self._check_layout(8 + length, size)
        self._pages: mmap.mmap | None = None
        if is_mapped:
            with contextlib.suppress(OSError):  # a file system without it: then tensors are read
                self._pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)

    def _check_layout(self, start: int, size: int) -> None:
        place = start
        for name, tensor in sorted(self.tensors.items(), key=lambda item: item[1].start):
            if tensor.start != place and tensor.start != tensor.stop:
                raise ValueError(
                    f"{self.path}: tensors must lie one after another. Received: tensor "
                    f"{name!r} from byte {tensor.start}, not {place}."
                )
            place = max(place, tensor.stop)
        if place != size:
            raise ValueError(
                f"{self.path}: the file must end with its last tensor: it is cut off or has been "
                f"added to. Received: {size} bytes, not {place}."
            )

    def read(self, name: str) -> np.ndarray[Any, Any]:
        """Return a tensor of floats as float32, or float64 if it is stored so."""
        tensor = self.tensors[name]
        if tensor.dtype not in _FLOATS:
            raise ValueError(
                f"{self.path}: tensor {name!r} must be of dtype {', '.join(_FLOATS)}. "
                f"Received: {tensor.dtype}."
            )
        array = self._map(tensor) if self._pages is not None else self._read(tensor)
        if tensor.dtype == "BF16":  # the upper half of a float32
            return (array.astype("<u4") << 16).view("<f4")
        return array.astype(np.float32) if tensor.dtype == "F16" else array

    def _map(self, tensor: StoredTensor) -> np.ndarray[Any, Any]:
        if os.fstat(self.file.fileno()).st_size < tensor.stop:
            raise ValueError(f"{self.path}: the file was cut off while it was read.")
        dtype = _FLOATS[tensor.dtype]
        return np.ndarray(tensor.shape, dtype, buffer=self._pages, offset=tensor.start)

    def _read(self, tensor: StoredTensor) -> np.ndarray[Any, Any]:
        array = empty_array(tensor.shape, _FLOATS[tensor.dtype])
        self.file.seek(tensor.start)
        buffer, place = memoryview(array.reshape(-1).view(np.uint8)), 0  # type: ignore[arg-type]
        while place < len(buffer):
            count = self.file.readinto(buffer[place:])
            if not count:
                raise ValueError(f"{self.path}: the file was cut off while it was read.")
            place += count
        return array


def _read_entry(name: str, entry: Any, start: int, path: str) -> StoredTensor:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ValueError(
            f"{path}: tensor {name!r} must have dtype, shape and data_offsets. Received: {entry!r}"
        )
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _BITS:
        raise ValueError(f"{path}: tensor {name!r} must have a known dtype. Received: {dtype!r}")
    if not _are_sizes(shape) or len(shape) > 8:
        raise ValueError(f"{path}: tensor {name!r} must have a shape. Received: {shape!r}")
    num_bytes = math.prod(shape) * _BITS[dtype] // 8
    if not _are_sizes(offsets) or len(offsets) != 2 or offsets[1] - offsets[0] != num_bytes:
        raise ValueError(
            f"{path}: tensor {name!r} must have offsets that fit its shape and dtype. "
            f"Received: data_offsets={offsets!r}, shape={shape!r}, dtype={dtype!r}"
        )
    return StoredTensor(dtype, tuple(shape), start + offsets[0], start + offsets[1])


def _are_sizes(values: Any) -> bool:
    return isinstance(values, list) and all(
        isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63
        for value in values
    )


def write_safetensors(
    path: Path,
    tensors: Iterable[tuple[str, tuple[int, ...], Callable[[], np.ndarray[Any, Any]]]],
    metadata: dict[str, str],
) -> None:
    """Write float32 tensors, each asked for when its turn comes.

    Args:
        path: `pathlib.Path`.
        tensors: for each tensor its name, its shape, and a function that returns the array.
        metadata: dict of str, what the header says besides.
    """
    tensors = list(tensors)
    header: dict[str, Any] = {"__metadata__": metadata}
    place = 0
    for name, shape, _ in tensors:
        stop = place + 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [place, stop]}
        place = stop
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # so that the tensors are aligned
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, shape, get in tensors:
            array = np.asarray(get(), "<f4", order="C")
            if array.shape != shape:
                raise ValueError(
                    f"Tensor {name!r} must have shape {shape}. Received: {array.shape}"
                )
            file.write(array.data)
