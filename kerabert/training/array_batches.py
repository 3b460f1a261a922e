"""Batches of ready-made arrays in an order that a seed fixes."""

from typing import Any

import keras
import numpy as np

from kerabert.text.token_rows import Array


class ArrayBatches(keras.utils.PyDataset):
    """A Keras dataset of batches of arrays whose place can be written down.

    Keras shuffles arrays itself, in an order that a second process does not find again. Here the
    order is a function of `(seed, epoch)`. Keras' own counting of epochs is not followed: whoever
    trains says with `restore` which batch comes next.

    Args:
        x: dict of arrays with a row an example.
        y: array or dict of arrays, or None.
        sample_weight: the same, or None.
        batch_size: int, rows of a batch; the last one of an epoch may have fewer.
        shuffle: bool, whether each epoch has an order of its own.
        seed: int, 0 or more.

    Outputs:
        `batches[i]` is `(x,)`, `(x, y)` or `(x, y, sample_weight)`.

    Example:

    >>> batches = ArrayBatches({"a": np.arange(5)}, batch_size=2, shuffle=False)
    >>> [batch[0]["a"].tolist() for batch in (batches[0], batches[2])]
    [[0, 1], [4]]
    >>> batches.restore(batches.state_at(1))
    >>> batches[0][0]["a"].tolist()
    [2, 3]
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__()
        parts = (x, y, sample_weight)
        self.parts = parts[: 1 + max(i for i in range(3) if parts[i] is not None)]
        self.num_rows = len(keras.tree.flatten(x)[0])
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self._start = 0  # place of the present pass in the endless stream of batches
        self._order: tuple[tuple[int, int], Array] | None = None

    @property
    def num_batches(self) -> int:
        return -(-self.num_rows // self.batch_size)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        epoch, step = divmod(self._start + index, self.num_batches)
        rows = self._rows(epoch)[step * self.batch_size : (step + 1) * self.batch_size]
        return tuple(keras.tree.map_structure(lambda array: array[rows], p) for p in self.parts)

    def state_at(self, step: int) -> dict[str, int]:
        """Where the data go on after so many batches of the present pass, for JSON."""
        epoch, first_step = divmod(self._start + step, self.num_batches)
        return {"seed": self.seed, "epoch": epoch, "first_step": first_step}

    def restore(self, state: dict[str, int]) -> None:
        """Begin the next pass where `state_at` said, with its seed."""
        self.seed = state["seed"]
        self._start = state["epoch"] * self.num_batches + state["first_step"]

    def _rows(self, epoch: int) -> Array:
        if not self.shuffle:
            return np.arange(self.num_rows)
        key = (self.seed, epoch)
        if self._order is None or self._order[0] != key:
            self._order = key, np.random.default_rng(key).permutation(self.num_rows)
        return self._order[1]
