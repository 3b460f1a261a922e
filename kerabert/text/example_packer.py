"""Several short examples in one row, instead of padding."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerabert.text.token_rows import Array, check_integer, count_up


class ExamplePacker:
    """Puts several examples of `[CLS] a [SEP] b [SEP]` into one row, one after the other.

    A model of `packed=True` computes of each what it would compute of it alone. Which examples
    share a row `plan` says: the longest come first, and each goes into the row with the least room
    that holds it (best fit, decreasing), or begins a new one.

    Args:
        sequence_length: int, the tokens of a row.
        padding_id: int, id that fills a row up.
        max_examples: int, the most examples of a row. Default 8.

    Inputs:
        x: dict of arrays (examples, length) as `SequencePacker` or `TokenMasker` give it.
        rows: list of lists of int; the numbers of the examples in each row of the result.
        num_masks: int, how many masks wide the result is; needed with the masks of a `TokenMasker`.

    Outputs:
        A dict of arrays:

        - `token_ids` and `segment_ids`, int32 (batch, sequence_length): the examples of the row,
          then padding.
        - `example_ids`, int32 (batch, sequence_length): which example of its row a token belongs
          to, from 1 on; 0 for padding.
        - `example_starts`, int32 (batch, max_examples): where each example's [CLS] is, then 0.
        - `example_weights`, float32 (batch, max_examples): 1.0 for an example, 0.0 for the filling.
        - with masks `mask_positions`, `mask_ids` and `mask_weights`, (batch, num_masks): those of
          the row's examples in order, then 0. If there are too many for it, the last ones are
          taken back, all but the first of each example.

    Raises:
        ValueError: if an argument is out of range, an example is too long, or a row cannot hold
            the examples it is given.

    Example:

    >>> packer = ExamplePacker(sequence_length=8, padding_id=0)
    >>> rows = packer.plan([4, 7, 4, 3])
    >>> rows
    [[1], [0, 2], [3]]
    >>> x = {
    ...     "token_ids": np.array([[2, 7, 3, 0], [2, 8, 9, 3]]),
    ...     "segment_ids": np.zeros((2, 4), "int32"),
    ...     "padding_mask": np.array([[1, 1, 1, 0], [1, 1, 1, 1]], bool),
    ... }
    >>> packed = packer(x, [[1, 0]])
    >>> packed["token_ids"].tolist(), packed["example_ids"].tolist()
    ([[2, 8, 9, 3, 2, 7, 3, 0]], [[1, 1, 1, 1, 2, 2, 2, 0]])
    >>> packed["example_starts"].tolist()
    [[0, 4, 0, 0, 0, 0, 0, 0]]

    Source: Krell et al., 2021, "Efficient Sequence Packing without Cross-contamination".
    Deliberate difference: they plan for the histogram of lengths, here each example finds its row.
    """

    def __init__(self, sequence_length: int, padding_id: int, max_examples: int = 8) -> None:
        check_integer("sequence_length", sequence_length, 1)
        check_integer("padding_id", padding_id, 0)
        check_integer("max_examples", max_examples, 1)
        self.sequence_length = sequence_length
        self.padding_id = padding_id
        self.max_examples = max_examples

    def plan(self, lengths: Any) -> list[list[int]]:
        """Return the numbers of the examples that go into each row.

        Args:
            lengths: int array (examples,), the tokens of each.
        """
        lengths = np.asarray(lengths)
        if lengths.ndim != 1 or not len(lengths) or lengths.min() < 1:
            raise ValueError(f"`lengths` must be integers above 0. Received: {lengths}")
        if lengths.max() > self.sequence_length:
            raise ValueError(
                f"An example must have at most `sequence_length` tokens. Received: "
                f"{lengths.max()} tokens, sequence_length={self.sequence_length}."
            )
        order = np.argsort(-lengths, kind="stable")
        rows: list[list[int]] = []
        # The rows that are not full by the room they have, and, as the bits of a number, which
        # rooms there are: the least one that fits is the lowest bit from `length` on.
        by_room: list[list[list[int]]] = [[] for _ in range(self.sequence_length + 1)]
        rooms = 0
        for example, length in zip(order.tolist(), lengths[order].tolist(), strict=True):
            fits = rooms >> length
            if fits:
                room = length + (fits & -fits).bit_length() - 1
                row = by_room[room].pop()
                if not by_room[room]:
                    rooms ^= 1 << room
            else:
                row, room = [], self.sequence_length
                rows.append(row)
            row.append(example)
            room -= length
            if room and len(row) < self.max_examples:
                by_room[room].append(row)
                rooms |= 1 << room
        return rows

    def __call__(
        self,
        x: dict[str, Array],
        rows: Sequence[Sequence[int] | Array],
        num_masks: int | None = None,
    ) -> dict[str, Array]:
        counts = np.array([len(row) for row in rows])
        if not len(counts) or not 1 <= counts.min() <= counts.max() <= self.max_examples:
            raise ValueError(
                f"A row must have 1 to `max_examples` examples, {self.max_examples}. "
                f"Received: {counts.tolist()}"
            )
        examples = np.concatenate([np.asarray(row) for row in rows])
        row_of = np.repeat(np.arange(len(rows)), counts)
        number = count_up(counts)
        lengths = np.asarray(x["padding_mask"], bool).sum(axis=1)[examples]
        ends = np.cumsum(lengths)
        before = np.concatenate([[0], ends])[np.cumsum(counts) - counts]
        starts = ends - lengths - np.repeat(before, counts)  # of each example in its row
        if (starts + lengths).max() > self.sequence_length:
            worst = int(row_of[np.argmax(starts + lengths)])
            raise ValueError(
                f"The examples of a row must fit into `sequence_length`, {self.sequence_length}. "
                f"Received: row {worst} of {(lengths[row_of == worst]).sum()} tokens."
            )
        shape = (len(rows), self.sequence_length)
        place = np.arange(ends[-1]) - np.repeat(ends - lengths, lengths)  # in its example
        source = (np.repeat(examples, lengths), place)
        target = (np.repeat(row_of, lengths), np.repeat(starts, lengths) + place)

        def written(values: Any, fill: int) -> Array:
            array = np.full(shape, fill, "int32")
            array[target] = values
            return array

        result = {
            "token_ids": written(x["token_ids"][source], self.padding_id),
            "segment_ids": written(x["segment_ids"][source], 0),
            "example_ids": written(np.repeat(number + 1, lengths), 0),
            "example_starts": np.zeros((len(rows), self.max_examples), "int32"),
            "example_weights": np.zeros((len(rows), self.max_examples), "float32"),
        }
        result["example_starts"][row_of, number] = starts
        result["example_weights"][row_of, number] = 1.0
        if "mask_positions" in x:
            check_integer("num_masks", num_masks, self.max_examples)
            masks = {name: x[name][examples] for name in ("mask_positions", "mask_ids")}
            weights = x["mask_weights"][examples] > 0
            result |= self._masks(result["token_ids"], masks, weights, row_of, starts, num_masks)
        return result

    def _masks(
        self,
        token_ids: Array,
        masks: dict[str, Array],
        weights: Array,
        row_of: Array,
        starts: Array,
        num_masks: Any,
    ) -> dict[str, Array]:
        """The masks of the rows' examples; `token_ids` change where masks are taken back."""
        example, of_example = np.nonzero(weights)
        rows = row_of[example]
        positions = masks["mask_positions"][example, of_example] + starts[example]
        ids = masks["mask_ids"][example, of_example]
        surplus = np.bincount(rows, minlength=len(token_ids)) - num_masks
        if surplus.max() > 0:
            may_go = np.where(of_example > 0, rows, -1)
            gone = np.zeros(len(rows), bool)
            for row in np.flatnonzero(surplus > 0):
                gone[np.flatnonzero(may_go == row)[-surplus[row] :]] = True
            token_ids[rows[gone], positions[gone]] = ids[gone]
            rows, positions, ids = rows[~gone], positions[~gone], ids[~gone]
        number = np.arange(len(rows)) - np.searchsorted(rows, rows, "left")
        result = {
            "mask_positions": np.zeros((len(token_ids), num_masks), "int32"),
            "mask_ids": np.zeros((len(token_ids), num_masks), "int32"),
            "mask_weights": np.zeros((len(token_ids), num_masks), "float32"),
        }
        result["mask_positions"][rows, number] = positions
        result["mask_ids"][rows, number] = ids
        result["mask_weights"][rows, number] = 1.0
        return result
