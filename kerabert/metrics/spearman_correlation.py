"""Spearman's correlation of all rows, as a Keras metric."""

from typing import Any

import keras
from keras import ops

from kerabert.layers.arguments import check_positive_integers
from kerabert.metrics.pearson_correlation import correlate, find_moments, read_rows


@keras.saving.register_keras_serializable(package="kerabert")
class SpearmanCorrelation(keras.metrics.Metric):
    """How the ranks of targets and of predictions correlate, equal to scipy's `spearmanr`.

    It is Pearson's correlation of the ranks, over all rows since the last reset; equal values
    share the mean of their ranks. Ranks need all rows at once: up to `max_rows` of them are kept,
    of more the last ones. Where all targets or all predictions are equal, so that there is no
    correlation, it is 0 (scipy says NaN); a NaN among them makes it NaN.

    Args:
        num_outputs: int, how many numbers a row has; of several, it is the mean of each one's
            correlation. Default 1.
        max_rows: int, how many rows are kept. They are sorted each time the result is asked for,
            in training after each step: some milliseconds. Default 8192.
        name: str. Default "spearman".

    Inputs:
        y_true: float (batch, num_outputs), or (batch,).
        y_pred: the same.
        sample_weight: float (batch,), as how many rows each counts. Default 1.

    Raises:
        ValueError: if an argument is not above 0.

    Example:

    >>> metric = SpearmanCorrelation()
    >>> metric.update_state(np.array([0.0, 1.0]), np.array([1.0, 30.0]))
    >>> metric.update_state(np.array([2.0]), np.array([2.0]))
    >>> round(float(metric.result()), 4)
    0.5
    """

    def __init__(
        self,
        num_outputs: int = 1,
        max_rows: int = 8192,
        name: str = "spearman",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        check_positive_integers(num_outputs=num_outputs, max_rows=max_rows)
        self.num_outputs = num_outputs
        self.max_rows = max_rows
        self._direction = "up"  # for callbacks such as EarlyStopping
        # A row: its targets, its predictions and its weight, which is 0 where none is kept yet.
        self.rows = self.add_variable((max_rows, 2 * num_outputs + 1), "zeros", name="rows")
        self.place = self.add_variable((), "zeros", dtype="int32", name="place")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        values, weights = read_rows(y_true, y_pred, sample_weight, self.num_outputs, self.dtype)
        rows = ops.concatenate([values[0], values[1], weights[:, None]], axis=1)
        rows = rows[-self.max_rows :]
        count = ops.shape(rows)[0]
        places = (self.place + ops.arange(count, dtype="int32")) % self.max_rows
        kept = ops.convert_to_tensor(self.rows)
        self.rows.assign(ops.scatter_update(kept, places[:, None], rows))
        self.place.assign((self.place + count) % self.max_rows)

    def result(self) -> Any:
        rows = ops.convert_to_tensor(self.rows)
        weights = rows[:, -1]
        columns = [_rank(ops.take(rows, i, axis=1), weights) for i in range(2 * self.num_outputs)]
        ranks = ops.reshape(ops.stack(columns), (2, self.num_outputs, self.max_rows))
        ranks = ops.transpose(ranks, (0, 2, 1))
        first = ops.argmax(ops.cast(weights > 0, "int32"))
        ranks = ranks - ops.take(ranks, first, axis=1)[:, None]
        return correlate(find_moments(ops.where(weights[:, None] > 0, ranks, 0), weights)[2])

    def get_config(self) -> dict[str, Any]:
        return {
            "num_outputs": self.num_outputs,
            "max_rows": self.max_rows,
            "name": self.name,
            "dtype": self.dtype,
        }


def _rank(values: Any, weights: Any) -> Any:
    """The mean rank of each value, as a share of all; a value counts as often as its weight."""
    order = ops.argsort(values)
    ordered = ops.take(values, order)
    # before[i]: how much comes before the i-th in order.
    before = ops.pad(ops.cumsum(ops.take(weights, order)), [[1, 0]])
    below = ops.take(before, ops.searchsorted(ordered, values, side="left"))
    up_to = ops.take(before, ops.searchsorted(ordered, values, side="right"))
    ranks = (below + up_to) / 2 / ops.maximum(before[-1], 1)
    unknown = ops.any(ops.logical_and(weights > 0, ops.isnan(values)))
    return ops.where(unknown, float("nan"), ranks)
