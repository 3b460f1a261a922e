"""Which rows go into which batch of an epoch."""

from typing import Self

import numpy as np

from kerabert.text.token_rows import Array


class BatchPlan:
    """The batches of one epoch: never changed once made, so that any thread may read it.

    Args:
        rows: integer array (rows,): the rows in the order of the batches.
        offsets: integer array (batches + 1,): where in `rows` each batch begins.
        lengths: integer array (batches,): the length that each batch is padded to.
    """

    def __init__(self, rows: Array, offsets: Array, lengths: Array) -> None:
        self.rows = rows
        self.offsets = offsets
        self.lengths = lengths

    @classmethod
    def in_order(cls, rows: Array, row_lengths: Array, batch_size: int) -> Self:
        """Cut rows into batches as they come.

        Args:
            rows: integer array (rows,).
            row_lengths: integer array: by row number, the length that the row is padded to.
            batch_size: rows of a batch; the last batch may have fewer.
        """
        begins = np.arange(0, len(rows), batch_size)
        lengths = np.maximum.reduceat(row_lengths[rows], begins)
        return cls(rows, np.append(begins, len(rows)), lengths)

    @classmethod
    def shuffled(cls, row_lengths: Array, batch_size: int, generator: np.random.Generator) -> Self:
        """Shuffle rows among those of their length, and the batches among each other.

        The rows of each length are shuffled and cut into full batches; the remainder is carried
        to the next longer length. So only the longest length can have a batch that is not full,
        and how many batches of which shape there are does not depend on the shuffle.

        Args:
            row_lengths: integer array (rows,): the length that each row is padded to.
            batch_size: rows of a batch.
            generator: where the randomness comes from.
        """
        distinct, which = np.unique(row_lengths, return_inverse=True)
        by_length = np.split(np.argsort(which, kind="stable"), np.cumsum(np.bincount(which))[:-1])
        parts: list[Array] = []
        lengths: list[Array] = []
        carried = np.empty(0, dtype=np.int64)
        for number, own in enumerate(by_length):
            # Carried rows come first, so that they are not carried on to still longer lengths.
            pool = np.concatenate([carried, generator.permutation(own)])
            last = number == len(by_length) - 1
            full = len(pool) if last else len(pool) // batch_size * batch_size
            parts.append(generator.permutation(pool[:full]))
            lengths.append(np.full(-(-full // batch_size), distinct[number]))
            carried = pool[full:]
        rows = np.concatenate(parts)
        plan = cls(
            rows,
            np.append(np.arange(0, len(rows), batch_size), len(rows)),
            np.concatenate(lengths),
        )
        return plan._reordered(generator.permutation(len(plan)))

    def __len__(self) -> int:
        return len(self.lengths)

    def batch(self, step: int) -> tuple[Array, int]:
        """The rows of a batch, and the length they are padded to."""
        rows = self.rows[self.offsets[step] : self.offsets[step + 1]]
        return rows, int(self.lengths[step])

    @property
    def sizes(self) -> Array:
        """integer array (batches,): the rows of each batch."""
        return np.diff(self.offsets)

    def _reordered(self, steps: Array) -> Self:
        rows = np.concatenate([self.batch(step)[0] for step in steps])
        offsets = np.concatenate([[0], np.cumsum(self.sizes[steps])])
        return type(self)(rows, offsets, self.lengths[steps])
