"""Batches with a target and a weight for each token."""

from typing import Any

import numpy as np

from kerabert.text.batches import TokenBatches
from kerabert.text.token_rows import Array, TokenRows


class LabelledBatches(TokenBatches):
    """`TokenBatches` of single texts with a target and a weight for each piece.

    Args:
        first: list of lists of ids without special tokens, or `TokenRows`. None may be too long.
        labels: `TokenRows`, int32: the target of each piece.
        weights: `TokenRows`, float32: the weight of each piece.
        **kwargs: those of `TokenBatches` besides `second`, `y` and `sample_weight`.

    Outputs:
        `batches[i]` is `(x, y, sample_weight)`, all of the shape (batch, length). Special tokens
        and padding have the target 0 and the weight 0.

    Raises:
        ValueError: if there is not one target and one weight for each piece, or a row is cut.

    Example:

    >>> from kerabert.text.sequence_packer import SequencePacker
    >>> batches = LabelledBatches(
    ...     [[7, 8]],
    ...     labels=TokenRows.from_lists([[1, 2]]),
    ...     weights=TokenRows(np.array([1.0, 0.5], "float32"), np.array([0, 2])),
    ...     packer=SequencePacker(2, 3, 0, sequence_length=8),
    ...     boundaries=[5],
    ... )
    >>> x, y, weights = batches[0]
    >>> x["token_ids"].tolist(), y.tolist(), weights.tolist()
    ([[2, 7, 8, 3, 0]], [[0, 1, 2, 0, 0]], [[0.0, 1.0, 0.5, 0.0, 0.0]])
    """

    def __init__(self, first: Any, *, labels: TokenRows, weights: TokenRows, **kwargs: Any) -> None:
        self.labels, self.weights = labels, weights
        super().__init__(first, **kwargs)
        for name, rows in (("labels", labels), ("weights", weights)):
            if not np.array_equal(rows.lengths, self.first.lengths):
                raise ValueError(
                    f"`{name}` must have one element for each piece of each row, none of which may "
                    "be cut. Received: other lengths."
                )

    def _pack(self, place: int, length: int | None = None) -> tuple[Any, ...]:
        (x,) = super()._pack(place, length)
        rows, _ = self._batch(place)
        return x, *(
            _fill(values.take(rows), x["token_ids"].shape) for values in (self.labels, self.weights)
        )


def _fill(rows: TokenRows, shape: tuple[int, int]) -> Array:
    array = np.zeros(shape, rows.ids.dtype)
    rows.write(array, 1)  # behind [CLS]
    return array
