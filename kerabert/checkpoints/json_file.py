"""JSON from strangers: bounded, unambiguous, or refused."""

import json
import math
from typing import Any

MAX_BYTES = 64 * 2**20


def parse_json(data: bytes, path: str) -> dict[str, Any]:
    """Parse a file that must hold one JSON object.

    Python's parser takes what other parsers refuse or read otherwise: NaN, numbers that overflow
    to infinity, a key twice, halves of surrogate pairs. All of these raise here.

    Args:
        data: bytes, what the file holds.
        path: str, the file's path, for the error.

    Returns:
        The object as a dict.

    Raises:
        ValueError: if the bytes are not UTF-8 or not one JSON object without the above.

    Example:

    >>> parse_json(b'{"hidden_size": 8}', "config.json")
    {'hidden_size': 8}
    """
    content = _parse(data, path)
    if not isinstance(content, dict):
        raise ValueError(f"{path}: must hold a JSON object. Received: a {type(content).__name__}.")
    return content


def parse_json_list(data: bytes, path: str) -> list[Any]:
    """Parse a file that must hold one JSON array; else as `parse_json`."""
    content = _parse(data, path)
    if not isinstance(content, list):
        raise ValueError(f"{path}: must hold a JSON array. Received: a {type(content).__name__}.")
    return content


def _parse(data: bytes, path: str) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = dict(pairs)
        if len(keys) < len(pairs):
            seen: set[str] = set()
            twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            raise ValueError(f"the key {twice!r} occurs twice")
        return keys

    def finite(text: str) -> float:
        value = float(text)
        if not math.isfinite(value):
            raise ValueError(f"the number {text[:40]} is not finite")
        return value

    try:
        if len(data) > MAX_BYTES:
            raise ValueError(f"it holds {len(data)} bytes, more than {MAX_BYTES}")
        content = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=unique,
            parse_float=finite,
            parse_constant=finite,
        )
        # Half of a surrogate pair can be written as an escape, but not as UTF-8.
        json.dumps(content, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: must hold valid JSON in UTF-8. Received: {error}.") from error
    return content


def dump_json(content: dict[str, Any] | list[Any]) -> bytes:
    """Return an object or an array as people read it: indented, in the order given, UTF-8."""
    return (json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
