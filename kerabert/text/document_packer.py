"""Rows of any length -> a few windows each, side by side in one array."""

from typing import Any

import numpy as np

from kerabert.text.buckets import choose_boundaries
from kerabert.text.pair_windows import PairWindows
from kerabert.text.sequence_packer import SequencePacker, two_segments
from kerabert.text.token_rows import Array, Rows, TokenRows, check_integer, count_up


class DocumentPacker(SequencePacker):
    """Packs each row as windows of at most `window_length` tokens that overlap.

    A row that fits is one window, packed as `SequencePacker` packs it. Of a longer one each window
    holds as much as fits and begins `stride` tokens before the end of the one before it; what lies
    behind `max_windows` windows is cut. Of a pair the longer segment is cut into windows, the
    second if they are equally long, and the other one, of which half a window is kept, is repeated
    in each of them.

    As a `SequencePacker` it counts the tokens of all windows of a row: its `sequence_length` is
    `max_windows * window_length`. So `TokenBatches` make batches of rows with as many windows.

    Args:
        start_id: id of the token before the first segment, `[CLS]`.
        separator_id: id of the token after each segment, `[SEP]`.
        padding_id: id that fills a window up, `[PAD]`.
        window_length: the most tokens of a window, special tokens included; 3 or more, 4 or more
            for pairs.
        max_windows: the most windows of a row, 1 or more.
        stride: tokens that a window has in common with the one before it, in
            0..`largest_stride(window_length)`.

    Inputs:
        first: list of lists of ids without special tokens, or `TokenRows`; one row an example.
        second: the same for the second segments, as many rows; None for single segments.
        length: how many tokens of windows the arrays of this call hold a row: up to
            `window_length` for one window, else a multiple of it. Default: `sequence_length`.

    Outputs:
        A dict of numpy arrays, each (batch, windows, length of a window): `token_ids`,
        `segment_ids`, `padding_mask`, as of `SequencePacker`. Windows that a row does not have are
        padding.

    Raises:
        ValueError: if an argument is out of range, or as `SequencePacker` does.

    Example:

    >>> packer = DocumentPacker(2, 3, 0, window_length=7, max_windows=4, stride=1)
    >>> packer([[4, 5, 6, 7, 8, 9], [5]], length=14)["token_ids"].tolist()
    [[[2, 4, 5, 6, 7, 8, 3], [2, 8, 9, 3, 0, 0, 0]], [[2, 5, 3, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0]]]
    """

    def __init__(
        self,
        start_id: int,
        separator_id: int,
        padding_id: int,
        window_length: int,
        max_windows: int,
        stride: int,
    ) -> None:
        check_integer("window_length", window_length, 3)
        check_integer("max_windows", max_windows, 1)
        super().__init__(
            start_id, separator_id, padding_id, max_windows * window_length, stride=stride
        )
        if stride > largest_stride(window_length):
            raise ValueError(
                f"`stride` must lie in 0..{largest_stride(window_length)}, so that a window "
                f"advances beside half a window of another segment. Received: stride={stride}"
            )
        self.window_length = int(window_length)
        self.max_windows = int(max_windows)

    def truncate(
        self, first: Rows, second: Rows | None = None
    ) -> tuple[TokenRows, TokenRows | None]:
        first, second = two_segments(first, second)
        if second is None:
            return first.head(self._reach(first.lengths, self.window_length - 2)), None
        long, short = self._order(first.lengths, second.lengths)
        reach = self._reach(long, self.window_length - 3 - short)
        is_first = first.lengths > second.lengths
        return (
            first.head(np.where(is_first, reach, short)),
            second.head(np.where(is_first, short, reach)),
        )

    def lengths(self, first: Rows, second: Rows | None = None) -> Array:
        """How many tokens the windows of each row have, special tokens and overlaps included."""
        windows = self.cut_windows(first, second)
        tokens = windows.first.lengths + 2
        if windows.second is not None:
            tokens = tokens + windows.second.lengths + 1
        return np.bincount(windows.row, tokens).astype("int64")

    def cut_windows(self, first: Rows, second: Rows | None = None) -> PairWindows:
        """Cut rows into windows, and pack nothing; see `PairWindows`."""
        first, second = self.truncate(first, second)
        if second is None:
            return PairWindows.cut(first, None, self.window_length, self.stride)
        # The long segments first, whichever they were, and back.
        is_first = first.lengths > second.lengths
        long, short = _swap(second, first, is_first)
        windows = PairWindows.cut(long, short, self.window_length, self.stride, cuts_second=False)
        assert windows.second is not None
        back = _swap(windows.second, windows.first, is_first[windows.row])
        return windows._replace(first=back[0], second=back[1])

    def choose_boundaries(self, num_tokens: Array, num_buckets: int) -> list[int]:
        """Return the few numbers of tokens that rows are padded to, with the least padding.

        Args:
            num_tokens: integer array (rows,), what `lengths` gives.
            num_buckets: the most lengths of single windows, 1 or more; there are as many numbers
                of windows above one, 2 at least.
        """
        windows = -(-num_tokens // self.window_length)
        boundaries = []
        if (windows == 1).any():
            single = num_tokens[windows == 1]
            boundaries = choose_boundaries(single, num_buckets, self.window_length)
        if (windows > 1).any():
            most = max(2, num_buckets)
            counts = choose_boundaries(windows[windows > 1], most, self.max_windows, multiple=1)
            boundaries += [count * self.window_length for count in counts]
        return boundaries

    def get_config(self) -> dict[str, Any]:
        return {
            "start_id": self.start_id,
            "separator_id": self.separator_id,
            "padding_id": self.padding_id,
            "window_length": self.window_length,
            "max_windows": self.max_windows,
            "stride": self.stride,
        }

    def __call__(
        self, first: Rows, second: Rows | None = None, length: int | None = None
    ) -> dict[str, Array]:
        windows = self.cut_windows(first, second)
        length = self.sequence_length if length is None else length
        wide = min(length, self.window_length)
        packed = self._pack(windows.first, windows.second, wide)
        counts = np.bincount(windows.row)
        number = count_up(counts)
        shape = (len(counts), -(-length // self.window_length), wide)
        if counts.max() > shape[1]:
            raise ValueError(
                "`length` must hold the windows of each row. "
                f"Received: length={length}, {counts.max()} windows of {self.window_length}."
            )
        result = {}
        for name, values in packed.items():
            fill = self.padding_id if name == "token_ids" else 0
            result[name] = np.full(shape, fill, values.dtype)
            result[name][windows.row, number] = values
        return result

    def _order(self, a: Array, b: Array) -> tuple[Array, Array]:
        """The lengths of the long segments, and of the short ones as they are kept."""
        room = self.window_length - 3
        if room < 1:
            raise ValueError(
                "`window_length` must be 4 or more to hold the special tokens of a pair. "
                f"Received: window_length={self.window_length}"
            )
        return np.maximum(a, b), np.minimum(np.minimum(a, b), room // 2)

    def _reach(self, lengths: Array, room: Any) -> Array:
        """How many tokens `max_windows` windows hold of segments of these lengths."""
        return np.minimum(lengths, room + (self.max_windows - 1) * (room - self.stride))


def largest_stride(window_length: int) -> int:
    """Return the most tokens that two windows can have in common beside any other segment."""
    return max(0, (window_length - 2) // 2 - 1)


def _swap(one: TokenRows, two: TokenRows, swapped: Array) -> tuple[TokenRows, TokenRows]:
    """(one, two), of some rows the other way round."""
    ids = TokenRows(np.concatenate([one.ids, two.ids]), one.offsets)
    begins = one.offsets[:-1], two.offsets[:-1] + len(one.ids)
    lengths = one.lengths, two.lengths
    first, second = (
        ids.gather(
            np.where(swapped, begins[other], begins[own]),
            np.where(swapped, lengths[other], lengths[own]),
        )
        for own, other in ((0, 1), (1, 0))
    )
    return first, second
