"""Windows of rows, or of one side of pairs, that are longer than the model."""

from typing import NamedTuple

import numpy as np

from kerabert.text.token_rows import Array, TokenRows, count_up


class PairWindows(NamedTuple):
    """Overlapping windows of rows that may be too long.

    Attributes:
        first: `TokenRows`, the first segment of each window.
        second: `TokenRows`, the second segment of each window; None for single segments.
        row: int64 array (windows,), the row that each window comes from.
        start: int64 array (windows,), where in its long segment each window begins.
    """

    first: TokenRows
    second: TokenRows | None
    row: Array
    start: Array

    @classmethod
    def cut(
        cls,
        first: TokenRows,
        second: TokenRows | None,
        sequence_length: int,
        stride: int,
        cuts_second: bool = True,
    ) -> "PairWindows":
        """Cut the long segments; see `SequencePacker.pack_windows`.

        Args:
            first, second: the segments.
            sequence_length: int, the most tokens of a window, special tokens included.
            stride: int, the tokens that two windows have in common.
            cuts_second: bool, which segment of a pair is the long one. Default True.

        Raises:
            ValueError: if `stride` leaves a window no room to advance.

        Example:

        >>> rows = TokenRows.from_lists([[7], [8]]), TokenRows.from_lists([[1, 2, 3], [4]])
        >>> windows = PairWindows.cut(*rows, sequence_length=6, stride=1)
        >>> windows.first.to_lists(), windows.second.to_lists(), windows.start.tolist()
        ([[7], [7], [8]], [[1, 2], [2, 3], [4]], [0, 1, 0])
        """
        if second is None:
            long, room = first, np.full(len(first), sequence_length - 2)
        else:
            short, long = (first, second) if cuts_second else (second, first)
            room = sequence_length - 3 - short.lengths
        lengths = long.lengths
        too_long = lengths > room
        if (too_long & (room <= stride)).any():
            worst = int(np.argmax(too_long & (room <= stride)))
            raise ValueError(
                "A window must have room for more than `stride` tokens of the long segment. "
                f"Received: stride={stride}, sequence_length={sequence_length}, which "
                f"leaves {room[worst]} tokens in row {worst}"
            )
        step = np.where(too_long, room - stride, 1)
        windows = 1 + np.where(too_long, -((room - lengths) // step), 0)
        row = np.repeat(np.arange(len(long)), windows)
        number = count_up(windows)
        start = number * step[row]
        cut = long.gather(long.offsets[row] + start, np.minimum(lengths[row] - start, room[row]))
        if second is None:
            return cls(cut, None, row, start)
        whole = short.take(row)
        return cls(*((whole, cut) if cuts_second else (cut, whole)), row, start)
