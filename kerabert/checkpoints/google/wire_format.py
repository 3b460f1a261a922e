"""Messages in Protocol Buffers' wire format, without their classes."""

from collections.abc import Iterator

Value = int | bytes

_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5


def read_fields(data: bytes) -> Iterator[tuple[int, Value]]:
    """Yield the number and the value of each field of a message, in the order written.

    Args:
        data: bytes, the message.

    Raises:
        ValueError: if it is no message.

    Example:

    >>> list(read_fields(b"\\x08\\x96\\x01\\x12\\x02hi"))
    [(1, 150), (2, b'hi')]

    Source: Protocol Buffers' documentation, "Encoding".
    """
    place = 0
    while place < len(data):
        key, place = read_varint(data, place)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, place = read_varint(data, place)
            yield number, value
            continue
        if kind == _BYTES:
            size, place = read_varint(data, place)
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            size = 8 if kind == _EIGHT_BYTES else 4
        else:
            raise ValueError(f"a message has a field of the unknown kind {kind}")
        if size > len(data) - place:
            raise ValueError("a message is cut off")
        piece = data[place : place + size]
        place += size
        yield number, piece if kind == _BYTES else int.from_bytes(piece, "little")


def read_varint(data: bytes | bytearray, place: int) -> tuple[int, int]:
    """Return the number of seven bits a byte at a place, and the place behind it."""
    value = 0
    for i in range(10):
        if place + i >= len(data):
            break
        byte = data[place + i]
        value |= (byte & 127) << (7 * i)
        if byte < 128:
            return value, place + i + 1
    raise ValueError("a number is cut off")


def write_varint(value: int) -> bytes:
    """Return a number, seven bits a byte."""
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    written.append(value)
    return bytes(written)


def write_number(number: int, value: int) -> bytes:
    """Return a field that is a number; nothing for 0, which is a missing field's value."""
    return write_varint(number << 3 | _VARINT) + write_varint(value) if value else b""


def write_bytes(number: int, value: bytes) -> bytes:
    """Return a field that is bytes or a message."""
    return write_varint(number << 3 | _BYTES) + write_varint(len(value)) + value


def write_four_bytes(number: int, value: int) -> bytes:
    """Return a field that is a number of four bytes."""
    return write_varint(number << 3 | _FOUR_BYTES) + value.to_bytes(4, "little")
