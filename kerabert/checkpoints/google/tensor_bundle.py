"""TensorFlow checkpoints: an index, and the bytes of the tensors."""

import math
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np

from kerabert.checkpoints.google.crc32c import masked_crc32c
from kerabert.checkpoints.google.sorted_table import MAX_BYTES, read_table, write_table
from kerabert.checkpoints.google.wire_format import (
    read_fields,
    read_varint,
    write_bytes,
    write_four_bytes,
    write_number,
)
from kerabert.checkpoints.preset_files import PresetFiles

# TensorFlow's numbers of dtypes: the bytes that a value takes. Of others, any number may be right.
_SIZES = {1: 4, 2: 8, 3: 4, 4: 1, 5: 2, 6: 1, 8: 8, 9: 8, 10: 1, 14: 2, 17: 2, 18: 16, 19: 2}
_SIZES |= {22: 4, 23: 8}
_FLOATS = {1: "<f4", 2: "<f8", 14: "<u2", 19: "<f2"}
_FLOAT32, _STRING, _BFLOAT16 = 1, 7, 14
_MAX_SHARDS = 1000


@dataclass(frozen=True)
class BundledTensor:
    """Where a tensor lies: `offset` and `size` in bytes, in the data file number `shard`."""

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    crc: int
    is_whole: bool


class TensorBundle:
    """A TensorFlow checkpoint, its index checked against its data files.

    It needs no TensorFlow, whose reader ends the process when an index states what cannot be.
    Tensors are read one by one, and compared with the checksum in the index where no checksum of
    the whole file was compared before.

    Args:
        files: `PresetFiles`.
        prefix: str, what the names of the checkpoint's files begin with.

    Raises:
        ValueError: if the index is damaged or does not fit the data files.

    Source: TensorFlow's core/protobuf/tensor_bundle.proto and core/util/tensor_bundle.
    """

    def __init__(self, files: PresetFiles, prefix: str) -> None:
        self.path = files.path(f"{prefix}.index")
        self._is_verified = files.manifest is not None
        self._opened: list[BufferedReader] = []
        entries = read_table(files.read(f"{prefix}.index", MAX_BYTES), self.path)
        try:
            if not entries or entries[0][0] != b"":
                raise ValueError("it has no header")
            num_shards = _read_header(entries[0][1])
            self.tensors = {
                key.decode("utf-8", "backslashreplace"): _read_entry(value)
                for key, value in entries[1:]
            }
        except ValueError as error:
            raise ValueError(
                f"{self.path}: must be the index of a TensorFlow checkpoint. Received: {error}."
            ) from error
        names = [f"{prefix}.data-{i:05d}-of-{num_shards:05d}" for i in range(num_shards)]
        self._data_paths = [files.path(name) for name in names]
        try:
            for name in names:
                self._opened.append(files.open(name))
            self._check_layout()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the data files."""
        for file in self._opened:
            file.close()

    def data_path(self, name: str) -> str:
        """The path of the file that holds a tensor."""
        return self._data_paths[self.tensors[name].shard]

    def _check_layout(self) -> None:
        for shard, (file, path) in enumerate(zip(self._opened, self._data_paths, strict=True)):
            size, place = os.fstat(file.fileno()).st_size, 0
            tensors = self.tensors.items()
            held = [(name, one) for name, one in tensors if one.shard == shard and one.size]
            for name, tensor in sorted(held, key=lambda item: item[1].offset):
                if tensor.offset < place:
                    raise ValueError(
                        f"{self.path}: tensors must lie one after another. Received: {name!r} "
                        f"from byte {tensor.offset} of {path}, before {place}."
                    )
                place = tensor.offset + tensor.size
            if place != size:
                raise ValueError(
                    f"{path}: the file must end with its last tensor: it is cut off or has been "
                    f"added to. Received: {size} bytes, not {place}."
                )
        for name, tensor in self.tensors.items():
            if tensor.shard >= len(self._opened):
                raise ValueError(
                    f"{self.path}: the data files must be {len(self._opened)}. "
                    f"Received: {name!r} in number {tensor.shard + 1}."
                )

    def check_weight(self, name: str) -> None:
        """Raise `ValueError` unless a tensor is of floats and stored as a whole."""
        tensor = self.tensors[name]
        if tensor.dtype not in _FLOATS or not tensor.is_whole:
            what = f"dtype number {tensor.dtype}" if tensor.is_whole else "slices"
            raise ValueError(
                f"{self.path}: {name!r} must be one tensor of float32, float64, float16 or "
                f"bfloat16. Received: {what}."
            )

    def read(self, name: str) -> np.ndarray[Any, Any]:
        """Return a tensor of floats as float32, or float64 if it is stored so."""
        tensor = self.tensors[name]
        array = np.empty(tensor.shape, _FLOATS[tensor.dtype])
        data = memoryview(array.reshape(-1).view(np.uint8))  # type: ignore[arg-type]
        self._read_into(data, name)
        self._check_crc(data, name)
        if tensor.dtype == _BFLOAT16:  # the upper half of a float32
            return (array.astype("<u4") << 16).view("<f4")
        return array.astype(np.float32) if array.itemsize == 2 else array

    def read_bytes(self, name: str, max_bytes: int) -> bytes:
        """Return the bytes of a tensor that is one string.

        Its length comes before them, in a varint, and a checksum of that length. The checksum in
        the index is of all three, the length taken as four bytes.
        """
        tensor = self.tensors[name]
        if tensor.dtype != _STRING or tensor.shape or not 5 <= tensor.size <= max_bytes:
            raise ValueError(
                f"{self.path}: {name!r} must be a string of at most {max_bytes} bytes."
            )
        data = bytearray(tensor.size)
        self._read_into(memoryview(data), name)
        length, place = read_varint(data, 0)
        if length != len(data) - place - 4:
            raise ValueError(f"{self.data_path(name)}: {name!r} must have the length it states.")
        self._check_crc(length.to_bytes(4, "little") + data[place:], name)
        return bytes(data[place + 4 :])

    def _read_into(self, buffer: memoryview, name: str) -> None:
        tensor, path = self.tensors[name], self.data_path(name)
        file, place = self._opened[tensor.shard], 0
        file.seek(tensor.offset)
        while place < len(buffer):
            count = file.readinto(buffer[place:])
            if not count:
                raise ValueError(f"{path}: the file was cut off while it was read.")
            place += count

    def _check_crc(self, data: Any, name: str) -> None:
        if not self._is_verified and masked_crc32c(data) != self.tensors[name].crc:
            raise ValueError(
                f"{self.data_path(name)}: tensor {name!r} must have the checksum that the index "
                "states: one of the two files is damaged."
            )


def _read_header(message: bytes) -> int:
    fields = dict(read_fields(message))
    num_shards = fields.get(1, 0)
    if not isinstance(num_shards, int) or not 0 < num_shards <= _MAX_SHARDS:
        raise ValueError(f"a header that states {num_shards!r} data files")
    if fields.get(2, 0) != 0:
        raise ValueError("a header that states big-endian numbers")
    return num_shards


def _read_entry(message: bytes) -> BundledTensor:
    numbers = {1: 0, 3: 0, 4: 0, 5: 0, 6: 0}
    shape: tuple[int, ...] = ()
    is_whole = True
    for number, value in read_fields(message):
        if number in numbers and isinstance(value, int):
            numbers[number] = value
        elif number == 2 and isinstance(value, bytes):
            shape = _read_shape(value)
        elif number == 7:
            is_whole = False
    dtype, shard, offset, size, crc = numbers.values()
    if dtype in _SIZES and is_whole and math.prod(shape) * _SIZES[dtype] != size:
        raise ValueError(f"a tensor of shape {shape} and dtype number {dtype} in {size} bytes")
    return BundledTensor(dtype, shape, shard, offset, size, crc, is_whole)


def _read_shape(message: bytes) -> tuple[int, ...]:
    sizes = []
    for number, dimension in read_fields(message):
        if number == 2 and isinstance(dimension, bytes):
            size = dict(read_fields(dimension)).get(1, 0)
            if not isinstance(size, int) or size >= 2**31:
                raise ValueError(f"a tensor with a dimension of {size!r}")
            sizes.append(size)
    if len(sizes) > 8:
        raise ValueError(f"a tensor of {len(sizes)} dimensions")
    return tuple(sizes)


def write_bundle(
    directory: Path,
    prefix: str,
    tensors: Iterable[tuple[str, tuple[int, ...], Callable[[], np.ndarray[Any, Any]]]],
) -> None:
    """Write float32 tensors, each asked for when its turn comes.

    Args:
        directory: `pathlib.Path`.
        prefix: str, what the names of the files are to begin with.
        tensors: for each tensor its name, its shape, and a function that returns the array.
    """
    entries = [(b"", write_number(1, 1) + write_bytes(3, write_number(1, 1)))]
    place = 0
    with (directory / f"{prefix}.data-00000-of-00001").open("wb") as file:
        for name, shape, get in sorted(tensors, key=lambda tensor: tensor[0].encode()):
            array = np.asarray(get(), "<f4", order="C")
            if array.shape != shape:
                raise ValueError(
                    f"Tensor {name!r} must have shape {shape}. Received: {array.shape}"
                )
            file.write(array.data)
            dimensions = b"".join(write_bytes(2, write_number(1, size)) for size in shape)
            entry = write_number(1, _FLOAT32) + write_bytes(2, dimensions)
            entry += write_number(4, place) + write_number(5, array.nbytes)
            entries.append((name.encode(), entry + write_four_bytes(6, masked_crc32c(array))))
            place += array.nbytes
    (directory / f"{prefix}.index").write_bytes(write_table(entries))
