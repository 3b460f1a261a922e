"""Rows of token ids of different lengths, kept as one flat array."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# Rows are converted in pieces, so that the temporary list of a large data set stays small.
_ROWS_AT_A_TIME = 65_536
_LARGEST_ID = np.iinfo(np.int32).max


class TokenRows:
    """Many rows of token ids, stored as one flat int32 array and the place where each row begins.

    A list of lists costs about 40 bytes a token and is packed token by token in Python; this costs
    4 bytes a token, and any selection of rows is one gather: row `i` is
    `ids[offsets[i]:offsets[i + 1]]`.

    Args:
        ids: int32 array (tokens,), all rows one after the other.
        offsets: int64 array (rows + 1,), where each row begins, and the end of the last one.

    Example:

    >>> rows = TokenRows.from_lists([[7, 8, 9], [], [5]])
    >>> len(rows), rows.lengths.tolist(), rows.ids.tolist()
    (3, [3, 0, 1], [7, 8, 9, 5])
    >>> rows.take([2, 0]).to_lists()
    [[5], [7, 8, 9]]
    """

    def __init__(self, ids: Array, offsets: Array) -> None:
        self.ids = ids
        self.offsets = offsets

    @classmethod
    def from_lists(cls, rows: "Rows", name: str = "rows") -> "TokenRows":
        """Make the flat form of a list of lists of ids.

        Args:
            rows: a list of lists (or of one-dimensional integer arrays) of ids of 0 or more; a row
                may be empty. `TokenRows` are returned as they are.
            name: what the caller calls the rows, for the error messages.

        Returns:
            The rows as `TokenRows`.

        Raises:
            ValueError: if there is no row, or something in a row is no id.
        """
        if isinstance(rows, TokenRows):
            return rows
        if not isinstance(rows, (list, tuple)) and not (
            isinstance(rows, np.ndarray) and rows.ndim == 2
        ):
            raise ValueError(
                f"`{name}` must be a list of lists of token ids. Received: {name}={_short(rows)}"
            )
        if len(rows) == 0:
            raise ValueError(
                f"`{name}` must hold at least one row. Received: {name}={_short(rows)}"
            )
        try:
            lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
        except TypeError:
            raise _fault(rows, name) from None
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        ids = np.empty(offsets[-1], dtype=np.int32)
        for begin in range(0, len(rows), _ROWS_AT_A_TIME):
            piece = rows[begin : begin + _ROWS_AT_A_TIME]
            values = _flatten(piece)
            if values is None:
                raise _fault(rows, name)
            ids[offsets[begin] : offsets[begin + len(piece)]] = values
        return cls(ids, offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Array:
        """int64 array (rows,): the number of tokens of each row."""
        return np.diff(self.offsets)

    def gather(self, begins: Array, lengths: Array) -> "TokenRows":
        """Cut new rows out of the flat array: `ids[begins[i]:begins[i] + lengths[i]]` each."""
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        source = np.repeat(begins - offsets[:-1], lengths) + np.arange(offsets[-1])
        return TokenRows(self.ids[source], offsets)

    def take(self, rows: Array | Sequence[int]) -> "TokenRows":
        """The rows with these numbers, in this order."""
        rows = np.asarray(rows)
        begins = self.offsets[rows]
        return self.gather(begins, self.offsets[rows + 1] - begins)

    def head(self, lengths: Array) -> "TokenRows":
        """The first `lengths[i]` tokens of each row `i`."""
        if np.array_equal(lengths, self.lengths):
            return self
        return self.gather(self.offsets[:-1], lengths)

    def write(self, array: Array, column: int | Array) -> None:
        """Copy row `i` into row `i` of `array` (rows, length), from `column` or `column[i]` on."""
        begins = np.arange(len(self)) * array.shape[1] + column - self.offsets[:-1]
        array.reshape(-1)[np.repeat(begins, self.lengths) + np.arange(len(self.ids))] = self.ids

    def to_lists(self) -> list[list[int]]:
        """The rows as lists of Python integers."""
        pairs = zip(self.offsets[:-1].tolist(), self.offsets[1:].tolist(), strict=True)
        return [self.ids[begin:end].tolist() for begin, end in pairs]


# What stands for rows wherever kerabert takes them.
Rows = Sequence[Sequence[int] | Array] | TokenRows


def count_up(counts: Array) -> Array:
    """Return 0, 1, 2 ... for the members of each of some groups, one group after another.

    Example:

    >>> count_up(np.array([2, 0, 3])).tolist()
    [0, 1, 0, 1, 2]
    """
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


def _flatten(rows: Any) -> Array | None:
    """The ids of some rows one after the other, or None if something in them is no id."""
    try:
        if all(isinstance(row, np.ndarray) for row in rows):
            values = np.concatenate(rows)
        else:
            values = np.array(list(chain.from_iterable(rows)))
    except (ValueError, TypeError, OverflowError):
        return None
    if values.size == 0:
        return np.empty(0, dtype=np.int32)
    if values.ndim != 1 or values.dtype.kind not in "iu":
        return None
    if values.min() < 0 or values.max() > _LARGEST_ID:
        return None
    return values


def _fault(rows: Any, name: str) -> ValueError:
    """The error for the first row that is no list of ids."""
    for number, row in enumerate(rows):
        if not isinstance(row, (list, tuple)) and not (
            isinstance(row, np.ndarray) and row.ndim == 1
        ):
            return ValueError(
                f"`{name}` must be a list of lists of token ids. "
                f"Received: {name}[{number}]={_short(row)}"
            )
        for value in row:
            if not _is_id(value):
                return ValueError(
                    f"`{name}` must hold token ids: integers from 0 to {_LARGEST_ID}. "
                    f"Received: {value!r} in {name}[{number}]={_short(row)}"
                )
    return ValueError(f"`{name}` must hold token ids. Received: {name}={_short(rows)}")


def _is_id(value: Any) -> bool:
    is_integer = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    return is_integer and 0 <= int(value) <= _LARGEST_ID


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def check_integer(name: str, value: Any, least: int) -> None:
    """Raise `ValueError` unless the argument is an integer of `least` or more."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(
            f"`{name}` must be an integer of {least} or more. Received: {name}={value!r}"
        )
