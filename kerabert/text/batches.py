"""Batches of similar length, shuffled by a seed, from rows of token ids."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from kerabert.text.batch_plan import BatchPlan
from kerabert.text.buckets import check_boundaries, choose_boundaries
from kerabert.text.read_ahead import ReadAhead
from kerabert.text.sequence_packer import SequencePacker
from kerabert.text.token_rows import Array, Rows, check_integer


class TokenBatches(keras.utils.PyDataset):
    """A Keras dataset of packed batches of similar length, in an order that the seed fixes.

    Rows are stored once, as flat arrays, and packed batch by batch. Each row is in the bucket of
    the smallest boundary that holds it, and a batch is as long as its bucket: at most
    `num_buckets + 1` shapes in all epochs, for which XLA compiles as many programs. In an epoch
    the rows of a bucket are shuffled and cut into full batches, the remainder goes into the next
    longer bucket, and the batches are shuffled: every row once in `ceil(rows / batch_size)`
    batches. The order depends on `(seed, epoch)` alone, not on the backend, threads or restarts.

    With `first_step` s, batch `i` of the first pass is batch `s + i` of the epoch, and goes on
    into the next epoch behind its end: the stream of batches continues exactly where it stopped,
    and `len` is the same for every pass (Keras reads it once a `fit`). What Keras counts as epochs
    is then `s` steps late. To keep its epochs in step, run the rest of the epoch with
    `fit(..., steps_per_epoch=len(batches) - s)`, then the whole epochs.

    Give `shuffle=False` to `keras.Model.fit`, as the models of kerabert do: else Keras takes the
    same batches in an order of its own, by Python's `random`. An epoch ends when Keras says so
    and all its batches were taken. With `initial_epoch` give the same number as `epoch`.

    Args:
        first: list of lists of ids without special tokens, one an example; or `TokenRows`.
        second: the same for the second segments of pairs, or None.
        packer: `SequencePacker`; its `sequence_length` is the ceiling of the boundaries.
        y: targets with a row an example: an array, or a dict or tuple of arrays; or None.
        sample_weight: weights in the same forms, only with `y`; or None.
        batch_size: rows of a batch. Default 32.
        shuffle: whether rows and batches are shuffled each epoch. Default True.
        sort: without `shuffle`: the longest rows first, so that a lack of memory shows at once
            (True), or the order given (False). Default True.
        seed: 0 or more. Default 0.
        num_buckets: the most boundaries; they are chosen to pad least, multiples of 8. Default 8.
        boundaries: increasing lengths to use instead, the last one at least the longest row.
        epoch: number of the first epoch, 0 or more. Default 0.
        first_step: at which batch of the first epoch to begin. Default 0.
        workers: threads that pack batches ahead of the model. With 1 a batch is packed when it is
            asked for; that takes less than 0.1 ms, so more seldom pay. Default 1.
        max_queue_size: batches that the threads pack ahead. Default 10.

    Outputs:
        `batches[i]` is `(x,)`, `(x, y)` or `(x, y, sample_weight)`; `x` is the packer's dict.

    Raises:
        ValueError: if an argument is not what it must be, or a row does not fit.
        IndexError: if there is no batch `i`.

    Example:

    >>> packer = SequencePacker(2, 3, 0, sequence_length=64)
    >>> batches = TokenBatches([[5], [6] * 20, [7, 8]], packer=packer, y=[0, 1, 0], batch_size=2,
    ...                        shuffle=False)
    >>> [(x["token_ids"].shape, y.tolist()) for x, y in batches]
    [((2, 24), [1, 0]), ((1, 8), [0])]
    >>> batches.order.tolist()
    [1, 2, 0]
    """

    def __init__(
        self,
        first: Rows,
        second: Rows | None = None,
        *,
        packer: SequencePacker,
        y: Any = None,
        sample_weight: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sort: bool = True,
        seed: int = 0,
        num_buckets: int = 8,
        boundaries: Sequence[int] | None = None,
        epoch: int = 0,
        first_step: int = 0,
        workers: int = 1,
        max_queue_size: int = 10,
    ) -> None:
        super().__init__()
        check_integer("batch_size", batch_size, 1)
        check_integer("seed", seed, 0)
        check_integer("num_buckets", num_buckets, 1)
        check_integer("workers", workers, 1)
        check_integer("max_queue_size", max_queue_size, 1)
        self.packer = packer
        self.first, self.second = packer.truncate(first, second)
        self.y = _as_arrays("y", y, len(self.first))
        self.sample_weight = _as_arrays("sample_weight", sample_weight, len(self.first))
        if y is None and sample_weight is not None:
            raise ValueError("`sample_weight` must come with `y`. Received: y=None")
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self.num_tokens = packer.lengths(self.first, self.second)
        if boundaries is None:
            boundaries = choose_boundaries(self.num_tokens, num_buckets, packer.sequence_length)
        self.boundaries = check_boundaries(boundaries, self.num_tokens, packer.sequence_length)
        self._row_lengths = self.boundaries[np.searchsorted(self.boundaries, self.num_tokens)]
        rows = np.argsort(-self.num_tokens, kind="stable") if sort else np.arange(len(self.first))
        self._plan_unshuffled = BatchPlan.in_order(rows, self._row_lengths, batch_size)
        self._plans: dict[int, BatchPlan] = {}
        self._read_ahead = ReadAhead(workers, max_queue_size) if workers > 1 else None
        self._start = 0  # place of the present pass in the endless stream of batches
        self._taken: set[int] = set()  # what Keras took of the pass
        self._within_epoch = False
        self._keras_is_new = False  # it did not yet begin its first pass
        self._keras_reads_shapes = False
        self.seek(epoch, first_step)

    # === Batches ===

    def __len__(self) -> int:
        return len(self._plan_unshuffled)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        if not 0 <= index < len(self):
            raise IndexError(f"`index` must lie in 0..{len(self) - 1}. Received: index={index}")
        start = self._start
        if self._keras_reads_shapes and index == 1:
            return self._pack(start + 1, self._unlike_first(start))
        if self._within_epoch:
            self._taken.add(index)
        if self._read_ahead is None:
            return self._pack(start + index)
        return self._read_ahead.get(self._pack, start + index, start + len(self))

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return (self[index] for index in range(len(self)))

    def _pack(self, place: int, length: int | None = None) -> tuple[Any, ...]:
        """Pack the batch at a place in the endless stream of all epochs' batches."""
        rows, planned_length = self._batch(place)
        second = None if self.second is None else self.second.take(rows)
        x = self.packer(self.first.take(rows), second, length=length or planned_length)
        parts = [part for part in (self.y, self.sample_weight) if part is not None]
        return (x, *(keras.tree.map_structure(lambda array: array[rows], part) for part in parts))

    def _batch(self, place: int) -> tuple[Array, int]:
        """The rows of the batch at a place in the stream, and the length of the batch."""
        epoch, step = divmod(place, len(self))
        return self._plan(epoch).batch(step)

    def _plan(self, epoch: int) -> BatchPlan:
        # In a single batch there is nothing to shuffle that training would notice.
        if not self.shuffle or len(self) == 1:
            return self._plan_unshuffled
        plan = self._plans.get(epoch)
        if plan is None:
            generator = np.random.default_rng((self.seed, epoch))
            plan = BatchPlan.shuffled(self._row_lengths, self.batch_size, generator)
            # A pass reads two epochs at most. The dict is replaced, never changed: threads read it.
            near = {other: kept for other, kept in self._plans.items() if abs(other - epoch) == 1}
            self._plans = {**near, epoch: plan}
        return plan

    # === Statistics ===

    @property
    def order(self) -> Array:
        """The row number of each row of the present pass, as they come.

        Without `shuffle`, `outputs[np.argsort(batches.order)]` puts what `predict` returned back
        into the order of the rows; with it, take `order` before `predict` ends the pass.
        """
        return np.concatenate([self._batch(self._start + i)[0] for i in range(len(self))])

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The distinct shapes (batch, length) of `token_ids`, the same in every epoch."""
        plan = self._plan(self.epoch)
        return sorted(set(zip(plan.sizes.tolist(), plan.lengths.tolist(), strict=True)))

    @property
    def padding_fraction(self) -> float:
        """The share of padding among the tokens of an epoch, the same in every epoch."""
        plan = self._plan(self.epoch)
        return 1.0 - float(self.num_tokens.sum()) / float((plan.sizes * plan.lengths).sum())

    @property
    def token_id_range(self) -> Array:
        """The smallest and the largest id in any batch, to check them against a vocabulary."""
        packer = self.packer
        specials = np.array([packer.start_id, packer.separator_id, packer.padding_id])
        ids = [specials, self.first.ids] + ([] if self.second is None else [self.second.ids])
        return np.array([min(a.min() for a in ids if a.size), max(a.max() for a in ids if a.size)])

    # === Epochs ===

    @property
    def epoch(self) -> int:
        """The epoch that the present pass begins in."""
        return self._start // len(self)

    @property
    def first_step(self) -> int:
        """The batch of `epoch` that the present pass begins with."""
        return self._start % len(self)

    def seek(self, epoch: int, first_step: int = 0) -> None:
        """Begin the next pass at a batch of an epoch.

        Args:
            epoch: 0 or more.
            first_step: from 0 to the number of batches - 1. Default 0.
        """
        check_integer("epoch", epoch, 0)
        check_integer("first_step", first_step, 0)
        if first_step >= len(self):
            raise ValueError(
                f"`first_step` must be less than the number of batches, {len(self)}. "
                f"Received: first_step={first_step}"
            )
        self._taken = set()
        self._start = epoch * len(self) + first_step

    def state_at(self, step: int) -> dict[str, int]:
        """Where the batches go on after `step` of the present pass, in a form for JSON."""
        epoch, first_step = divmod(self._start + step, len(self))
        return {"seed": self.seed, "epoch": epoch, "first_step": first_step}

    def restore(self, state: dict[str, int]) -> None:
        """Begin the next pass where `state_at` said, in the order of its seed."""
        if state["seed"] != self.seed:
            self.seed, self._plans = state["seed"], {}
        self.seek(state["epoch"], state["first_step"])

    def on_epoch_begin(self) -> None:
        """Called by Keras when it begins a pass, or to look at its first batch only."""
        self._within_epoch = True
        self._keras_reads_shapes = False

    def on_epoch_end(self) -> None:
        """Called by Keras after a pass, after a part of it, and before the first one of a `fit`."""
        if len(self._taken) == len(self):
            self._start += len(self)
            self._taken = set()
        elif self._keras_is_new:  # that was a look at the first batch: it comes again
            self._taken = set()
        self._within_epoch = self._keras_is_new = self._keras_reads_shapes = False

    @property
    def workers(self) -> int:
        """What Keras reads to start threads of its own: always 1, this class has its own.

        The threads of Keras 3.15 drop and repeat batches once a pass is not read to its end, as
        when `fit` looks at the first batch to build the metrics.
        """
        # Keras reads this before anything else of a new `fit`. On TensorFlow it then takes batches
        # 0 and 1, and where they agree in length, it refuses every other length later.
        self._within_epoch = False
        self._keras_is_new = True
        self._keras_reads_shapes = keras.backend.backend() == "tensorflow"
        self._taken = set()  # the `fit` before may have been stopped
        return 1

    def _unlike_first(self, start: int) -> int | None:
        """A length for the batch after the first that tells Keras that lengths differ."""
        length = self._batch(start + 1)[1]
        alike = length == self._batch(start)[1] and len(self.shapes) > 1
        return length + 8 if alike else None


def _as_arrays(name: str, values: Any, num_rows: int) -> Any:
    """Arrays with a row an example, in the structure given."""
    if values is None:
        return None
    if isinstance(values, dict):
        return {key: _as_arrays(f"{name}[{key!r}]", v, num_rows) for key, v in values.items()}
    if isinstance(values, tuple):
        return tuple(_as_arrays(f"{name}[{i}]", v, num_rows) for i, v in enumerate(values))
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"`{name}` must hold numbers. Received: {name} of type {array.dtype}")
    if array.ndim == 0 or len(array) != num_rows:
        raise ValueError(
            f"`{name}` must have one row for each of the rows of `first`. "
            f"Received: {name} of shape {array.shape}, len(first)={num_rows}"
        )
    return array
