"""Unpacking Snappy, in which Google's own TensorFlow packs the index of a checkpoint."""


def unpack_snappy(data: bytes, max_bytes: int) -> bytes:
    """Return what a Snappy block holds.

    A block gives the length of what it holds, then pieces in order: bytes as they are, or "copy
    so many bytes from so far back", where a copy may reach into itself.

    Args:
        data: bytes, the packed block.
        max_bytes: int, more than which is refused before anything is unpacked.

    Raises:
        ValueError: if the block is damaged or too long.

    Example:

    >>> unpack_snappy(b"\\x0a\\x00a\\x22\\x01\\x00", 100)
    b'aaaaaaaaaa'

    Source: the format's description, "Snappy compressed format description" of google/snappy.
    """
    length, place = _read_length(data)
    if length > max_bytes:
        raise ValueError(f"it unpacks to {length} bytes, more than {max_bytes}")
    unpacked = bytearray()
    while place < len(data):
        tag = data[place]
        place += 1
        kind, number = tag & 3, tag >> 2
        if kind == 0:
            if number >= 60:
                size = number - 59
                number = _read_number(data, place, size)
                place += size
            count = number + 1
            if count > len(data) - place:
                raise ValueError("a piece of it is cut off")
            unpacked += data[place : place + count]
            place += count
        else:
            size = {1: 1, 2: 2, 3: 4}[kind]
            back = _read_number(data, place, size)
            place += size
            count = number + 1
            if kind == 1:  # three bits of length, eleven of distance
                count, back = (number & 7) + 4, (number >> 3 << 8) | back
            if not 0 < back <= len(unpacked):
                raise ValueError("a copy in it begins before the first byte")
            start = len(unpacked) - back
            pattern = bytes(unpacked[start : start + count])
            unpacked += (pattern * (count // len(pattern) + 1))[:count]
        if len(unpacked) > length:
            break
    if len(unpacked) != length:
        raise ValueError(f"it does not unpack to the {length} bytes that it states")
    return bytes(unpacked)


def _read_length(data: bytes) -> tuple[int, int]:
    length = 0
    for place, byte in enumerate(data[:5]):
        length |= (byte & 127) << (7 * place)
        if byte < 128:
            return length, place + 1
    raise ValueError("its length is cut off")


def _read_number(data: bytes, place: int, size: int) -> int:
    if place + size > len(data):
        raise ValueError("a piece of it is cut off")
    return int.from_bytes(data[place : place + size], "little")
