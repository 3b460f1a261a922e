"""The checksum of TensorFlow's files."""

from functools import cache
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_POLYNOMIAL = 0x82F63B78  # Castagnoli's, its bits reversed
_START = 0xFFFFFFFF
_LANES = 4096
_BLOCK = 512  # pairs of bytes of each lane that are turned into columns at once
_SHORT = 2**16  # up to here a plain loop is the quicker way


def crc32c(data: Any) -> int:
    """Return the CRC-32C of some bytes.

    The checksum is a chain of steps, a byte each, and Python would take minutes for the tensors
    of a large model. So the bytes are cut into lanes of equal length, numpy makes a step in all
    of them at once, two bytes at a time, and the lanes' results are put together in pairs: the
    checksum is linear over GF(2), so what the bytes behind a lane do to its result is a matrix of
    32 by 32 bits.

    Args:
        data: bytes, or what has their buffer, such as a contiguous array.

    Example:

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'

    Source: RFC 3720, appendix B.4, where the example's kin are; the way with lanes is our own.
    """
    view = memoryview(data)
    data = view.cast("B") if view.nbytes else memoryview(b"")  # which cannot be cast
    if len(data) <= _SHORT:
        return _step_through(_START, data) ^ _START
    half = len(data) // (2 * _LANES)  # the pairs of bytes in a lane
    body, tail = data[: 2 * half * _LANES], data[2 * half * _LANES :]
    lanes = np.frombuffer(body, "<u2").reshape(_LANES, half)
    results = np.zeros(_LANES, np.uint32)
    results[0] = _START
    steps = _steps_of_two()
    for start in range(0, half, _BLOCK):
        for pairs in np.ascontiguousarray(lanes[:, start : start + _BLOCK].T):
            results = steps[results.astype(np.uint16) ^ pairs] ^ (results >> 16)
    return _step_through(_join(results, 2 * half), tail) ^ _START


def masked_crc32c(data: Any) -> int:
    """Return the CRC-32C as TensorFlow writes it: rotated, so that it may lie in checked bytes."""
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


@cache
def _steps() -> list[int]:
    """What a byte does: 256 results of eight divisions each."""
    results = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (_POLYNOMIAL if value & 1 else 0)
        results.append(value)
    return results


@cache
def _steps_of_two() -> Array:
    """What two bytes do."""
    once = np.array(_steps(), np.uint32)
    pairs = np.arange(2**16, dtype=np.uint32)
    first = once[pairs & 0xFF] ^ (pairs >> 8)
    return once[first & 0xFF] ^ (first >> 8)


def _step_through(result: int, data: memoryview) -> int:
    steps = _steps()
    for byte in data:
        result = steps[(result ^ byte) & 0xFF] ^ (result >> 8)
    return result


def _join(results: Array, length: int) -> int:
    """The result of lanes one behind the other, each `length` bytes long."""
    behind = _zeros(length)
    while len(results) > 1:
        results = _apply(behind, results[0::2]) ^ results[1::2]
        behind = _apply(behind, behind)
    return int(results[0])


def _zeros(length: int) -> Array:
    """The matrix of `length` zero bytes: the columns that each bit becomes."""
    bits = np.uint32(1) << np.arange(32, dtype=np.uint32)
    result = bits
    power = np.array(_steps(), np.uint32)[bits & 0xFF] ^ (bits >> 8)
    while length:
        if length & 1:
            result = _apply(power, result)
        power = _apply(power, power)
        length >>= 1
    return result


def _apply(matrix: Array, values: Array) -> Array:
    result = np.zeros_like(values)
    for i in range(32):
        result ^= np.where(values & np.uint32(1 << i), matrix[i], np.uint32(0))
    return result
