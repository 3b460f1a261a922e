"""TensorFlow's tables of sorted keys, in which the index of a checkpoint lies."""

import struct
from collections.abc import Iterable, Iterator

from kerabert.checkpoints.google.crc32c import masked_crc32c
from kerabert.checkpoints.google.snappy import unpack_snappy
from kerabert.checkpoints.google.wire_format import read_varint, write_varint

MAX_BYTES = 16 * 2**20
_MAX_ENTRIES = 100_000
_MAX_KEY = 1000

_MAGIC = 0xDB4775248B80FB57
_FOOTER = 48
_TRAILER = 5  # how a block is packed, and its checksum
_PLAIN, _SNAPPY = 0, 1

Entry = tuple[bytes, bytes]


def read_table(data: bytes, path: str) -> list[Entry]:
    """Return the keys and values of a table.

    A table is blocks of entries, each block with a checksum, then a block that lists them, then a
    footer that says where that one is. A key is stored as what is new in it after the one before.
    TensorFlow's own reader trusts what it reads: a table whose checksums fit but whose numbers
    are made up ends the process. Here every number is compared with the bytes that are there.

    Args:
        data: bytes, what the file holds.
        path: str, the file's path, for errors.

    Raises:
        ValueError: if the table is damaged or larger than any model's.

    Source: LevelDB's documentation, "Table format"; TensorFlow's lib/io/table.
    """
    try:
        if len(data) > MAX_BYTES:
            raise ValueError(f"it holds {len(data)} bytes, more than {MAX_BYTES}")
        if len(data) < _FOOTER or struct.unpack("<Q", data[-8:])[0] != _MAGIC:
            raise ValueError("it does not end as one")
        footer, place = data[-_FOOTER:-8], 0
        for _ in range(2):  # the first place is that of a block of remarks, which is empty
            offset, place = read_varint(footer, place)
            size, place = read_varint(footer, place)
        entries: list[Entry] = []
        last = 0
        for _, handle in _read_block(data, offset, size):
            offset, place = read_varint(handle, 0)
            size, _ = read_varint(handle, place)
            if offset < last:
                raise ValueError("its blocks overlap")
            last = offset + size
            for entry in _read_block(data, offset, size):
                if entries and entry[0] <= entries[-1][0]:
                    raise ValueError("its keys are not sorted")
                entries.append(entry)
                if len(entries) > _MAX_ENTRIES:
                    raise ValueError(f"it has more than {_MAX_ENTRIES} entries")
    except ValueError as error:
        raise ValueError(
            f"{path}: must be the index of a TensorFlow checkpoint: it is damaged or something "
            f"else. Received: {error}."
        ) from error
    return entries


def write_table(entries: Iterable[Entry]) -> bytes:
    """Return a table of entries whose keys are sorted, as one block that is not packed."""
    block, starts, key = bytearray(), [], b""
    for key, value in entries:
        starts.append(len(block))
        block += write_varint(0) + write_varint(len(key)) + write_varint(len(value)) + key + value
    block += struct.pack(f"<{len(starts)}I", *starts) + struct.pack("<I", len(starts))
    written = bytearray()
    handles = []
    for content in (bytes(block), struct.pack("<2I", 0, 1)):
        handles.append(_write_block(written, content))
    entry = write_varint(0) + write_varint(len(key)) + write_varint(len(handles[0]))
    listing = entry + key + handles[0] + struct.pack("<2I", 0, 1)
    footer = handles[1] + _write_block(written, listing)
    return bytes(written) + footer.ljust(_FOOTER - 8, b"\0") + struct.pack("<Q", _MAGIC)


def _write_block(written: bytearray, content: bytes) -> bytes:
    handle = write_varint(len(written)) + write_varint(len(content))
    kind = bytes([_PLAIN])
    written += content + kind + struct.pack("<I", masked_crc32c(content + kind))
    return handle


def _read_block(data: bytes, offset: int, size: int) -> Iterator[Entry]:
    end = offset + size
    if end + _TRAILER > len(data) - _FOOTER:
        raise ValueError("a block of it lies outside")
    if struct.unpack("<I", data[end + 1 : end + 5])[0] != masked_crc32c(data[offset : end + 1]):
        raise ValueError("a block of it does not have its checksum")
    block, kind = data[offset:end], data[end]
    if kind == _SNAPPY:
        block = unpack_snappy(block, MAX_BYTES)
    elif kind != _PLAIN:
        raise ValueError(f"a block of it is packed in the unknown way {kind}")
    # Behind the entries: where keys are whole, four bytes each, and how many such places.
    num_starts = struct.unpack("<I", block[-4:])[0] if len(block) >= 4 else 2**32
    end = len(block) - 4 * (num_starts + 1)
    if end < 0:
        raise ValueError("a block of it is cut off")
    place, key = 0, b""
    while place < end:
        shared, place = read_varint(block, place)
        new, place = read_varint(block, place)
        length, place = read_varint(block, place)
        if shared > len(key) or shared + new > _MAX_KEY or new + length > end - place:
            raise ValueError("an entry of it is cut off")
        key = key[:shared] + block[place : place + new]
        yield key, block[place + new : place + new + length]
        place += new + length
