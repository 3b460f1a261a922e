"""Checks of what users hand over: a fault becomes a ValueError that names its place."""

import operator
import reprlib
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np


def check_string(text: Any, name: str) -> None:
    """Refuse what is not a string."""
    if not isinstance(text, str):
        raise ValueError(f"`{name}` must be a string. Received: {described(text)}.")


def is_table(values: Any) -> bool:
    """Whether it is a DataFrame."""
    return hasattr(values, "columns")


def hides_members(values: Any) -> bool:
    """Whether going through it gives characters, keys or the names of columns, and no members."""
    return isinstance(values, (str, bytes, bytearray, Mapping)) or is_table(values)


def members(values: Any, requirement: str) -> list[Any]:
    """The members of a list, or of what is as good: a tuple, array, tensor, Series, iterator."""
    refused = hides_members(values) or isinstance(values, AbstractSet)
    if refused or not isinstance(values, Iterable):
        raise ValueError(f"{requirement}. Received: {described(values)}.")
    found = values.tolist() if hasattr(values, "tolist") else list(values)
    if not isinstance(found, list):
        raise ValueError(f"{requirement}. Received: an array without dimensions.")
    return found


def strings(values: Any, name: str) -> list[str]:
    """The members of a list of strings."""
    texts = members(values, f"`{name}` must be a string or a list of strings")
    if set(map(type, texts)) - {str}:  # quick where nothing is wrong
        for position, member in enumerate(texts):
            if not isinstance(member, str):
                raise ValueError(
                    f"`{name}` must hold strings only. "
                    f"Received: {described(member)} at position {position}."
                )
    return texts


def pairs(values: Any) -> tuple[list[str], list[str]]:
    """The first and the second texts of a list of pairs, or of a tuple of two lists."""
    is_columns = isinstance(values, tuple) and len(values) == 2
    if is_columns and not any(isinstance(column, str) for column in values):
        first, second = strings(values[0], "pairs[0]"), strings(values[1], "pairs[1]")
        if len(first) != len(second):
            raise ValueError(
                "The two lists of `pairs` must have the same length. "
                f"Received: {len(first)} first texts, {len(second)} second texts."
            )
        return first, second
    rows = members(values, "`pairs` must be a list of pairs of strings")
    rows = [strings(row, f"pairs[{position}]") for position, row in enumerate(rows)]
    for position, row in enumerate(rows):
        if len(row) != 2:
            raise ValueError(
                "Each member of `pairs` must hold two strings. "
                f"Received: {len(row)} at position {position}."
            )
    return [row[0] for row in rows], [row[1] for row in rows]


def check_id(id: Any, size: int, name: str) -> int:
    """The id as an int; refuses what is not a whole number from 0 to `size - 1`."""
    if not _is_number(id) or not 0 <= operator.index(id) < size:
        raise ValueError(
            f"An id must be a whole number from 0 to {size - 1}. Received: {name}={id!r}."
        )
    return operator.index(id)


def id_rows(values: Any, size: int) -> tuple[list[list[int]], bool]:
    """The rows of a list of lists of ids, and True; or one row for a list of ids, and False."""
    if hasattr(values, "__array__"):
        values = np.asarray(values)
    found = members(values, "`ids` must be a list of ids, or of lists of ids")
    nested = bool(found) and not _is_number(found[0])
    if not nested:
        found, names = [found], ["ids"]
    else:
        names = [f"ids[{position}]" for position in range(len(found))]
        found = [
            members(row, f"`{name}` must be a list of ids, or a whole number")
            for row, name in zip(found, names, strict=True)
        ]
    rows = [
        [check_id(id, size, f"{name}[{position}]") for position, id in enumerate(row)]
        for row, name in zip(found, names, strict=True)
    ]
    return rows, nested


def _is_number(value: Any) -> bool:
    try:
        operator.index(value)
    except TypeError:
        return False
    return True


def described(value: Any) -> str:
    """What came, for a message of one line."""
    if is_table(value):
        return f"a table of type {type(value).__name__}"
    return f"{reprlib.repr(value)} of type {type(value).__name__}"  # short, even of a megabyte
