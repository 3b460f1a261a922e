"""Reading HDF5 files as Keras writes them."""

import math
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from itertools import pairwise
from typing import Any, NoReturn

import numpy as np

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_NOWHERE = 2**64 - 1
_MAX_OBJECTS = 200_000  # a BERT of a hundred layers and its optimizer have less than 20 000
_MAX_DEPTH = 16
_MAX_LEVEL = 8  # of a tree
_MAX_NAME = 256
_MAX_BLOCK = 2**20  # bytes of an object's header

# Kinds of messages in an object's header.
_DATASPACE, _DATATYPE, _LAYOUT, _SYMBOLS, _CONTINUATION = 1, 3, 8, 17, 16
_EXTERNAL, _FILTERS = 7, 11
_LINKS = (2, 6)  # groups as HDF5 1.8 and later can store them


def _float(bits: int, exponent: int, fraction: int) -> bytes:
    """The datatype message of an IEEE float, little endian."""
    head = bytes([0x11, 0x20, bits - 1, 0]) + struct.pack("<I", bits // 8)
    fields = bytes([fraction, exponent, 0, fraction])
    return head + struct.pack("<HH", 0, bits) + fields + struct.pack("<I", 2 ** (exponent - 1) - 1)


_BFLOAT16 = "bfloat16"
_LONGEST = 24  # bytes of a datatype message, filled up with zeros
_KNOWN = {
    _float(16, 5, 10): "<f2",
    _float(32, 8, 23): "<f4",
    _float(64, 11, 52): "<f8",
    _float(16, 8, 7): _BFLOAT16,
    bytes([0x15, 0, 0, 0, 2, 0, 0, 0]): _BFLOAT16,  # two bytes of no type: so Keras stores it
}
_TYPES = {message.ljust(_LONGEST, b"\0"): dtype for message, dtype in _KNOWN.items()}


@dataclass(frozen=True)
class Hdf5Dataset:
    """Where an array lies in a file.

    Attributes:
        shape: tuple of int.
        dtype: str, numpy's name; "bfloat16"; or None for a type that no weight has.
        start: int, the byte at which it begins.
        stop: int, the byte after its last.
    """

    shape: tuple[int, ...]
    dtype: str | None
    start: int
    stop: int


class Hdf5File:
    """Reads the arrays of an HDF5 file, each when it is asked for.

    It knows the form in which h5py, and so Keras, writes by default: the oldest one, arrays in
    one piece, without filters. All else is refused: links to other files, arrays made of others,
    compressed ones. HDF5's own library is not used: it is written in C for files from friends,
    opens what a file tells it to, and cannot say beforehand how much memory that takes.

    Args:
        file: a binary file, open for reading.
        path: str, its path, for errors.

    Attributes:
        datasets: dict from the path of each array in the file, as "layers/dense/vars/0", to its
            `Hdf5Dataset`.

    Raises:
        ValueError: if the file is damaged, cut off, or of another form.

    Source: "HDF5 File Format Specification", version 2.0, sections II to IV.
    """

    def __init__(self, file: BufferedReader, path: str) -> None:
        self.file = file
        self.path = path
        self.size = os.fstat(file.fileno()).st_size
        self.datasets: dict[str, Hdf5Dataset] = {}
        self._seen: set[int] = set()  # where objects and nodes begin: none has two names
        self._read_object(self._read_superblock(), "")
        if sum(data.stop - data.start for data in self.datasets.values()) > self.size:
            self._refuse("must hold each array once")

    def read(self, name: str) -> np.ndarray[Any, Any]:
        """Return an array of floats as float32, or float64 if it is stored so."""
        data = self.datasets[name]
        if data.dtype is None:
            self._refuse(f"{name!r} must be an array of floats")
        array = np.empty(data.shape, "<u2" if data.dtype == _BFLOAT16 else data.dtype)
        self.file.seek(data.start)
        buffer, place = memoryview(array.reshape(-1).view(np.uint8)), 0  # type: ignore[arg-type]
        while place < len(buffer):
            count = self.file.readinto(buffer[place:])
            if not count:
                self._refuse("must not be cut off while it is read")
            place += count
        if data.dtype == _BFLOAT16:  # the upper half of a float32
            return (array.astype("<u4") << 16).view("<f4")
        return array.astype(np.float32) if data.dtype == "<f2" else array

    # From the first byte to the arrays.

    def _read_superblock(self) -> int:
        """Return where the root group's header is."""
        head = self._bytes(0, 96, "the superblock")
        if not head.startswith(_SIGNATURE):
            self._refuse("must be an HDF5 file")
        if head[8] != 0 or head[13:15] != b"\x08\x08":
            self._refuse("must be in the form of HDF5 that Keras writes, with superblock version 0")
        base, _, end, driver = struct.unpack_from("<4Q", head, 24)
        if base != 0 or driver != _NOWHERE:
            self._refuse("must be one HDF5 file by itself")
        if end != self.size:
            self._refuse(f"must have {end} bytes, as it says: it is cut off or has been added to")
        return int(struct.unpack_from("<Q", head, 64)[0])

    def _read_object(self, address: int, name: str) -> None:
        if name.count("/") >= _MAX_DEPTH or len(self._seen) > _MAX_OBJECTS:
            self._refuse("must hold the weights of a model, in fewer and less deep groups")
        messages = self._read_messages(address, name)
        if _SYMBOLS in messages:
            tree, heap = self._unpack("<2Q", messages[_SYMBOLS], 0, name)
            members = list(self._read_tree(tree, self._read_heap(heap, name), name))
            if any(one >= other for (one, _), (other, _) in pairwise(members)):
                self._refuse(f"{name!r} must have each member once, in order")
            for member, header in members:
                self._read_object(header, f"{name}/{member}" if name else member)
        elif not name or _DATASPACE not in messages or any(kind in messages for kind in _LINKS):
            self._refuse(f"{name!r} must be an array, or a group in the form that Keras writes")
        else:
            self.datasets[name] = self._read_dataset(messages, name)

    def _read_messages(self, address: int, name: str) -> dict[int, bytes]:
        """The messages of an object's header, by kind."""
        self._visit(address, name)
        head = self._bytes(address, 16, name)
        if head[0] != 1:
            self._refuse(f"{name!r} must have a header of version 1")
        left = struct.unpack_from("<H", head, 2)[0]
        blocks = [(address + 16, struct.unpack_from("<I", head, 8)[0])]
        messages: dict[int, bytes] = {}
        for start, length in blocks:  # it grows meanwhile
            if length > _MAX_BLOCK:
                self._refuse(f"{name!r} must have a shorter header")
            block, place = self._bytes(start, length, name), 0
            while place + 8 <= length and left:
                kind, size, flags = struct.unpack_from("<HHB", block, place)
                if place + 8 + size > length:
                    self._refuse(f"{name!r} must have a whole header")
                body = block[place + 8 : place + 8 + size]
                place, left = place + 8 + size, left - 1
                if kind == _CONTINUATION:
                    after, size = self._unpack("<2Q", body, 0, name)
                    self._visit(after, name)
                    blocks.append((after, size))
                elif kind in (_DATASPACE, _DATATYPE, _LAYOUT, _SYMBOLS):
                    if flags & 2 or kind in messages:
                        self._refuse(f"{name!r} must say itself what it is, and once")
                    messages[kind] = body
                else:
                    messages.setdefault(kind, body)
        return messages

    def _read_heap(self, address: int, name: str) -> tuple[int, int]:
        """Where the names of a group's members begin and end."""
        self._visit(address, name)
        head = self._bytes(address, 32, name)
        if head[:5] != b"HEAP\0":
            self._refuse(f"{name!r} must have a heap of names")
        size, _, start = struct.unpack_from("<3Q", head, 8)
        return start, start + size

    def _read_tree(
        self, address: int, heap: tuple[int, int], name: str, level: int | None = None
    ) -> Iterator[tuple[str, int]]:
        """Yield the members below a node of a group's B-tree; its level must be this, if given."""
        self._visit(address, name)
        head = self._bytes(address, 24, name)
        found, count = struct.unpack_from("<BH", head, 5)
        if head[:5] != b"TREE\0" or found > _MAX_LEVEL or level not in (None, found):
            self._refuse(f"{name!r} must have a tree of members")
        children = self._bytes(address + 24, 16 * count, name)  # key, child, key, child ...
        for i in range(count):
            child = struct.unpack_from("<Q", children, 16 * i + 8)[0]
            if found:
                yield from self._read_tree(child, heap, name, found - 1)
            else:
                yield from self._read_symbols(child, heap, name)

    def _read_symbols(
        self, address: int, heap: tuple[int, int], name: str
    ) -> Iterator[tuple[str, int]]:
        """Yield the name and the header's address of each member that one node lists."""
        self._visit(address, name)
        head = self._bytes(address, 8, name)
        if head[:5] != b"SNOD\x01":
            self._refuse(f"{name!r} must have nodes of members")
        count = struct.unpack_from("<H", head, 6)[0]
        entries = self._bytes(address + 8, 40 * count, name)
        for i in range(count):
            place, header, kind = struct.unpack_from("<QQI", entries, 40 * i)
            member = self._read_name(heap[0] + place, heap[1], name)
            if kind > 1:
                self._refuse(f"{name!r} must have no links. Received: {member!r}")
            yield member, header

    def _read_name(self, start: int, stop: int, group: str) -> str:
        text, end, _ = self._bytes(start, min(_MAX_NAME, stop - start), group).partition(b"\0")
        try:
            name = text.decode()
        except UnicodeDecodeError:
            name = ""
        if not end or not name or "/" in name or name.startswith("."):
            self._refuse(f"{group!r} must have members with names. Received: {text!r}")
        return name

    def _read_dataset(self, messages: dict[int, bytes], name: str) -> Hdf5Dataset:
        version, rank = self._unpack("<2B", messages[_DATASPACE], 0, name)
        if version != 1 or rank > 8:
            self._refuse(f"{name!r} must be an array of at most 8 axes")
        shape = self._unpack(f"<{rank}Q", messages[_DATASPACE], 8, name)
        kind = messages.get(_DATATYPE, b"")
        (itemsize,) = self._unpack("<I", kind, 4, name)
        dtype = _TYPES.get(kind.ljust(_LONGEST, b"\0"))
        form = self._unpack("<2B", messages.get(_LAYOUT, b""), 0, name)
        if form != (3, 1) or _FILTERS in messages or _EXTERNAL in messages:
            self._refuse(f"{name!r} must lie in the file in one piece, not compressed")
        start, size = self._unpack("<2Q", messages[_LAYOUT], 2, name)
        if size != math.prod(shape) * itemsize:
            self._refuse(f"{name!r} must have as many bytes as its shape {shape} takes, not {size}")
        if size == 0:
            start = 0  # it lies nowhere
        if start + size > self.size:
            self._refuse(f"{name!r} must lie within the file, in which it was never written")
        return Hdf5Dataset(shape, dtype, start, start + size)

    # Bytes.

    def _visit(self, address: int, name: str) -> None:
        if address in self._seen:
            self._refuse(f"{name!r} must lead to nothing that has another name")
        self._seen.add(address)

    def _bytes(self, start: int, length: int, name: str) -> bytes:
        if not 0 <= start <= start + length <= self.size:
            self._refuse(f"{name!r} must lie within the file: it is cut off or damaged")
        self.file.seek(start)
        return self.file.read(length)

    def _unpack(self, form: str, data: bytes, start: int, name: str) -> tuple[int, ...]:
        if start + struct.calcsize(form) > len(data):
            self._refuse(f"{name!r} must have a whole header")
        return struct.unpack_from(form, data, start)

    def _refuse(self, must: str) -> NoReturn:
        raise ValueError(f"{self.path}: {must}.")
