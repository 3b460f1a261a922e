"""Lists of ids -> the three arrays that BERT reads."""

from typing import Any, Literal, Self

import numpy as np

from kerabert.text.pair_windows import PairWindows
from kerabert.text.token_rows import Array, Rows, TokenRows, check_integer


class SequencePacker:
    """Packs one or two segments a row as `[CLS] a [SEP]` or `[CLS] a [SEP] b [SEP]`, and pads.

    A row that is too long loses tokens at the end of a segment. With `room` tokens left beside
    the special ones, "longest_first" takes one token at a time from the longer segment, from the
    second if they are equally long, which in closed form keeps

        a = min(len_a, max(room - len_b, ceil(room / 2)))
        b = min(len_b, max(room - len_a, floor(room / 2)))

    Where nothing may be lost, as in question answering, `pack_windows` cuts the long segment into
    overlapping windows instead.

    Args:
        start_id: id of the token before the first segment, `[CLS]`.
        separator_id: id of the token after each segment, `[SEP]`.
        padding_id: id that fills the row up, `[PAD]`.
        sequence_length: the most tokens that a row may have, special tokens included; 2 or more,
            3 or more for pairs.
        truncation: which segment of a row that is too long is shortened: "longest_first",
            "only_first" or "only_second"; `False`: none, such a row is an error.
            Default "longest_first".
        stride: tokens that a window of `pack_windows` has in common with the one before it, 0 or
            more. Default 0.
        pad_to: how long the arrays are if the call does not say it: "sequence_length", or
            "longest" for the longest row of the call. Default "sequence_length".

    Inputs:
        first: list of lists of ids without special tokens, or `TokenRows`; one row an example.
        second: the same for the second segments, as many rows; None for single segments.
        length: how long the arrays of this call are, whatever `pad_to` says.

    Outputs:
        A dict of numpy arrays, each (batch, length):

        - `token_ids`, int32: the row, then `padding_id`.
        - `segment_ids`, int32: 0 up to and with the first `[SEP]`, 1 for the rest of a pair, 0 for
          padding.
        - `padding_mask`, bool: True for a token, False for padding.

    Raises:
        ValueError: if a row does not fit and may not be shortened, if something is no id, or if
            `first` and `second` differ in their number of rows.

    Example:

    >>> packer = SequencePacker(start_id=2, separator_id=3, padding_id=0, sequence_length=8)
    >>> packed = packer([[7, 8, 9], [5]], [[4, 4, 4, 4], [6]])
    >>> packed["token_ids"].tolist()
    [[2, 7, 8, 9, 3, 4, 4, 3], [2, 5, 3, 6, 3, 0, 0, 0]]
    >>> packed["segment_ids"].tolist()
    [[0, 0, 0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 0, 0, 0]]
    >>> packer([[7, 8, 9], [5]], length=5)["padding_mask"].astype(int).tolist()
    [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]

    Source: Devlin et al. 2018, section 3, "Input/Output Representations"; the truncation is
    `_truncate_seq_pair` of google-research/bert.
    """

    def __init__(
        self,
        start_id: int,
        separator_id: int,
        padding_id: int,
        sequence_length: int,
        truncation: Literal["longest_first", "only_first", "only_second", False] = "longest_first",
        stride: int = 0,
        pad_to: Literal["sequence_length", "longest"] = "sequence_length",
    ) -> None:
        check_integer("start_id", start_id, 0)
        check_integer("separator_id", separator_id, 0)
        check_integer("padding_id", padding_id, 0)
        check_integer("sequence_length", sequence_length, 2)
        check_integer("stride", stride, 0)
        if truncation is not False and truncation not in (
            "longest_first",
            "only_first",
            "only_second",
        ):
            raise ValueError(
                '`truncation` must be "longest_first", "only_first", "only_second" or False. '
                f"Received: truncation={truncation!r}"
            )
        if pad_to not in ("sequence_length", "longest"):
            raise ValueError(
                f'`pad_to` must be "sequence_length" or "longest". Received: pad_to={pad_to!r}'
            )
        self.start_id = int(start_id)
        self.separator_id = int(separator_id)
        self.padding_id = int(padding_id)
        self.sequence_length = int(sequence_length)
        self.truncation = truncation
        self.stride = int(stride)
        self.pad_to = pad_to

    def __call__(
        self, first: Rows, second: Rows | None = None, length: int | None = None
    ) -> dict[str, Array]:
        first, second = self.truncate(first, second)
        return self._pack(first, second, length)

    def truncate(
        self, first: Rows, second: Rows | None = None
    ) -> tuple[TokenRows, TokenRows | None]:
        """Shorten the rows that are too long, as a call does before it packs them.

        Takes and raises what a call does.

        Returns:
            `(first, second)` as `TokenRows` that fit; `second` is None if it was.

        Example:

        >>> packer = SequencePacker(2, 3, 0, sequence_length=6)
        >>> first, second = packer.truncate([[7, 8, 9]], [[4]])
        >>> first.to_lists(), second.to_lists()
        ([[7, 8]], [[4]])
        """
        first, second = two_segments(first, second)
        kept_first, kept_second = self._kept(first, second)
        return first.head(kept_first), None if second is None else second.head(kept_second)

    def lengths(self, first: Rows, second: Rows | None = None) -> Array:
        """How many tokens each packed row has, after truncation and with the special tokens.

        Takes and raises what a call does.

        Returns:
            int64 array (batch,).

        Example:

        >>> SequencePacker(2, 3, 0, sequence_length=6).lengths([[7, 8, 9, 9, 9], [5]]).tolist()
        [6, 3]
        """
        first, second = two_segments(first, second)
        kept_first, kept_second = self._kept(first, second)
        return kept_first + kept_second + (2 if second is None else 3)

    def pack_windows(
        self, first: Rows, second: Rows | None = None, length: int | None = None
    ) -> tuple[dict[str, Array], Array, Array]:
        """Pack rows of any length, a row that is too long as several overlapping windows.

        A window holds as much of the long segment as fits beside the other segment, which is
        repeated in full, and begins `stride` tokens before the end of the window before it: the
        `stride` of Hugging Face tokenizers (an overlap, not the step of the original
        `doc_stride` of google-research/bert). The last window ends with the segment.

        Args:
            first: the first segments, as in a call.
            second: the second segments or None, as in a call. For pairs `truncation` must be
                "only_first" or "only_second": it names the segment that is cut into windows.
            length: as in a call.

        Returns:
            `(packed, row, start)`: the packed windows, a dict as in a call; int64 array
            (windows,), the number of the input row that each window comes from; and int64 array
            (windows,), where in its long segment the window begins.

        Raises:
            ValueError: if `stride` leaves a window no room to advance, or as in a call.

        Example:

        >>> packer = SequencePacker(2, 3, 0, sequence_length=7, truncation="only_second", stride=1)
        >>> packed, row, start = packer.pack_windows([[9], [9]], [[4, 5, 6, 7, 8], [4]])
        >>> packed["token_ids"].tolist()
        [[2, 9, 3, 4, 5, 6, 3], [2, 9, 3, 6, 7, 8, 3], [2, 9, 3, 4, 3, 0, 0]]
        >>> row.tolist(), start.tolist()
        ([0, 0, 1], [0, 2, 0])
        """
        windows = self.cut_windows(first, second)
        return self._pack(windows.first, windows.second, length), windows.row, windows.start

    def cut_windows(self, first: Rows, second: Rows | None = None) -> PairWindows:
        """Cut rows as `pack_windows` does, and pack nothing: `PairWindows`, for `TokenBatches`."""
        first, second = two_segments(first, second)
        if second is not None and self.truncation not in ("only_first", "only_second"):
            raise ValueError(
                '`truncation` must be "only_first" or "only_second" to cut pairs into windows. '
                f"Received: truncation={self.truncation!r}"
            )
        cuts_second = self.truncation == "only_second"
        return PairWindows.cut(first, second, self.sequence_length, self.stride, cuts_second)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal packer; JSON can hold them."""
        return {
            "start_id": self.start_id,
            "separator_id": self.separator_id,
            "padding_id": self.padding_id,
            "sequence_length": self.sequence_length,
            "truncation": self.truncation,
            "stride": self.stride,
            "pad_to": self.pad_to,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make a packer from what `get_config` returned."""
        return cls(**config)

    def _kept(self, first: TokenRows, second: TokenRows | None) -> tuple[Array, Array]:
        """How many tokens of each segment are kept."""
        special = 2 if second is None else 3
        room = self.sequence_length - special
        if room < 0:
            raise ValueError(
                f"`sequence_length` must be {special} or more to hold the special tokens of a "
                f"pair. Received: sequence_length={self.sequence_length}"
            )
        a = first.lengths
        b = np.zeros_like(a) if second is None else second.lengths
        kept_a, kept_b = a, b
        # With "only_...", one token stays: a segment cut to nothing would be lost without a word.
        if self.truncation == "longest_first":
            kept_a = np.minimum(a, np.maximum(room - b, room - room // 2))
            kept_b = np.minimum(b, np.maximum(room - a, room // 2))
        elif self.truncation == "only_first":
            kept_a = np.minimum(a, np.maximum(room - b, 1))
        elif self.truncation == "only_second":
            kept_b = np.minimum(b, np.maximum(room - a, 1))
        too_long = kept_a + kept_b > room
        if too_long.any():
            worst = int(np.argmax(too_long))
            raise ValueError(
                "Each row must fit into `sequence_length` tokens, special tokens included, with "
                f"`truncation={self.truncation!r}`. Received: row {worst} with "
                f"{a[worst] + b[worst] + special} tokens, sequence_length={self.sequence_length}"
            )
        return kept_a, kept_b

    def _pack(
        self, first: TokenRows, second: TokenRows | None, length: int | None
    ) -> dict[str, Array]:
        """Write rows that fit into the arrays."""
        separator = first.lengths + 1  # the column of the first [SEP]
        end = separator + 1 if second is None else separator + second.lengths + 2
        longest = int(end.max())
        if length is None:
            length = longest if self.pad_to == "longest" else self.sequence_length
        elif length < longest:
            raise ValueError(
                "`length` must be at least the longest packed row. "
                f"Received: length={length}, longest row={longest}"
            )
        rows = np.arange(len(first))
        columns = np.arange(length)
        token_ids = np.full((len(first), length), self.padding_id, dtype=np.int32)
        padding_mask = columns < end[:, None]
        token_ids[:, 0] = self.start_id
        first.write(token_ids, 1)
        token_ids[rows, separator] = self.separator_id
        if second is None:
            segment_ids = np.zeros_like(token_ids)
        else:
            second.write(token_ids, separator + 1)
            token_ids[rows, end - 1] = self.separator_id
            segment_ids = (padding_mask & (columns > separator[:, None])).astype(np.int32)
        return {"token_ids": token_ids, "segment_ids": segment_ids, "padding_mask": padding_mask}


def two_segments(first: Rows, second: Rows | None) -> tuple[TokenRows, TokenRows | None]:
    a = TokenRows.from_lists(first, "first")
    b = None if second is None else TokenRows.from_lists(second, "second")
    if b is not None and len(a) != len(b):
        raise ValueError(
            "`first` and `second` must have the same number of rows. "
            f"Received: len(first)={len(a)}, len(second)={len(b)}"
        )
    return a, b
