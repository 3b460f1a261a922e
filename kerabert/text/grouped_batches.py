"""Batches of rows that have several texts each."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerabert.text.batches import TokenBatches
from kerabert.text.sequence_packer import SequencePacker
from kerabert.text.token_rows import Array, Rows, TokenRows


class GroupedBatches(TokenBatches):
    """`TokenBatches` of rows of several texts, each packed for itself.

    Rows are put into batches by their longest text. The first texts of the rows, often short
    questions, are padded among themselves, and so are all others. How long they are follows from
    the bucket of the batch, so that there are no more shapes than buckets.

    Args:
        columns: list of lists of lists of ids without special tokens, or of `TokenRows`: the first
            text of each row, the second text of each row and so on; two or more.
        packer: `SequencePacker`.
        numbers: int array (rows, texts), the same number for the same text, -1 where there is
            none: it becomes `y`, numbered anew within the batch. Default none.
        **kwargs: those of `TokenBatches` besides `first` and `second`.

    Outputs:
        `batches[i]` is `(x,)`, `(x, y)` or `(x, y, sample_weight)`; `x` is a tuple of two dicts of
        the packer's arrays: (batch, length) of the first texts, and
        (batch, texts - 1, other_length) of the others.

    Raises:
        ValueError: if the columns have different numbers of rows, or as `TokenBatches` does.

    Example:

    >>> packer = SequencePacker(2, 3, 0, sequence_length=64)
    >>> columns = [[[5], [6, 6]], [[7] * 20, [8]], [[9], []]]
    >>> numbers = np.array([[40, 41, 42], [43, 44, -1]])
    >>> batches = GroupedBatches(columns, packer=packer, numbers=numbers, batch_size=2)
    >>> (first, others), y = batches[0]
    >>> first["token_ids"].shape, others["token_ids"].shape, y.tolist()
    ((2, 8), (2, 2, 24), [[0, 1, 2], [3, 4, -1]])
    """

    def __init__(
        self,
        columns: Sequence[Rows],
        *,
        packer: SequencePacker,
        numbers: Array | None = None,
        **kwargs: Any,
    ) -> None:
        self.columns = [packer.truncate(column)[0] for column in columns]
        lengths = np.stack([packer.lengths(column) for column in _same_rows(self.columns)], axis=1)
        self.numbers = numbers
        if numbers is not None:
            kwargs["y"] = numbers
        super().__init__(_longest(self.columns, lengths), packer=packer, **kwargs)
        self._group_lengths = {}
        for boundary in self.boundaries.tolist():
            # Rows of shorter buckets are carried over into this one.
            within = lengths[self._row_lengths <= boundary]
            groups = within[:, :1].max(), within[:, 1:].max()
            self._group_lengths[boundary] = tuple(
                min(-(-int(length) // 8) * 8, packer.sequence_length) for length in groups
            )

    def _pack(self, place: int, length: int | None = None) -> tuple[Any, ...]:
        rows, planned_length = self._batch(place)
        first_length, other_length = self._group_lengths[planned_length]
        if length is not None:  # other lengths than those of the pass's first batch: a look ahead
            begin = self._group_lengths[self._batch(self._start)[1]]
            first_length = max(first_length, begin[0]) + 8
            other_length = max(other_length, begin[1]) + 8
        first = self.packer(self.columns[0].take(rows), length=first_length)
        others = [self.packer(c.take(rows), length=other_length) for c in self.columns[1:]]
        stacked = {name: np.stack([x[name] for x in others], axis=1) for name in first}
        parts = [part for part in (self.y, self.sample_weight) if part is not None]
        found = [part[rows] for part in parts]
        if self.numbers is not None:
            # Small numbers: a loss may read them as float32.
            values, numbered = np.unique(found[0], return_inverse=True)
            has_gaps = values[0] < 0  # then the first of them is -1
            found[0] = (numbered.reshape(found[0].shape) - int(has_gaps)).astype("int32")
        return ((first, stacked), *found)

    def _unlike_first(self, start: int) -> int | None:
        return self._batch(start + 1)[1] if len(self.shapes) > 1 else None

    @property
    def token_id_range(self) -> Array:
        ranges = [super().token_id_range] + [
            np.array([column.ids.min(), column.ids.max()])
            for column in self.columns
            if column.ids.size
        ]
        return np.array([min(r[0] for r in ranges), max(r[1] for r in ranges)])


def _same_rows(columns: list[TokenRows]) -> list[TokenRows]:
    sizes = [len(column) for column in columns]
    if len(sizes) < 2 or len(set(sizes)) > 1:
        raise ValueError(
            "`columns` must be two or more, with as many rows each. "
            f"Received: columns of {sizes} rows."
        )
    return columns


def _longest(columns: list[TokenRows], lengths: Array) -> TokenRows:
    """The longest text of each row."""
    which = lengths.argmax(axis=1)
    ids = np.concatenate([column.ids for column in columns])
    starts = np.cumsum([0, *(len(column.ids) for column in columns[:-1])])
    offsets = np.stack([column.offsets for column in columns])  # (columns, rows + 1)
    rows = np.arange(len(which))
    begins = starts[which] + offsets[which, rows]
    return TokenRows(ids, np.array([0, len(ids)])).gather(
        begins, offsets[which, rows + 1] - offsets[which, rows]
    )
