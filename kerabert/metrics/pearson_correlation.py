"""Pearson's correlation of all rows, as a Keras metric."""

from typing import Any

import keras
from keras import ops

from kerabert.layers.arguments import check_positive_integers


@keras.saving.register_keras_serializable(package="kerabert")
class PearsonCorrelation(keras.metrics.Metric):
    """How targets and predictions correlate linearly, equal to scipy's `pearsonr`.

        r = sum((y - mean y) (p - mean p)) / sqrt(sum((y - mean y)^2) sum((p - mean p)^2))

    over all rows since the last reset, however they are batched: means and sums of squares are
    kept, and merged with those of each batch. `keras.metrics.PearsonCorrelation` is of the columns
    within a row, averaged. Where all targets or all predictions are equal, so that there is no
    correlation, it is 0 (scipy says NaN); a NaN among them makes it NaN.

    Args:
        num_outputs: int, how many numbers a row has; of several, it is the mean of each one's
            correlation. Default 1.
        name: str. Default "pearson".

    Inputs:
        y_true: float (batch, num_outputs), or (batch,).
        y_pred: the same.
        sample_weight: float (batch,), as how many rows each counts. Default 1.

    Raises:
        ValueError: if `num_outputs` is not above 0.

    Example:

    >>> metric = PearsonCorrelation()
    >>> metric.update_state(np.array([0.0, 1.0]), np.array([1.0, 3.0]))
    >>> metric.update_state(np.array([2.0]), np.array([2.0]))
    >>> round(float(metric.result()), 4)
    0.5

    Source: Chan, Golub and LeVeque, 1983, for the merging.
    """

    def __init__(self, num_outputs: int = 1, name: str = "pearson", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        check_positive_integers(num_outputs=num_outputs)
        self.num_outputs = num_outputs
        self._direction = "up"  # for callbacks such as EarlyStopping
        sizes = {"total": (), "origin": (2, num_outputs), "mean": (2, num_outputs)}
        for key, shape in {**sizes, "moments": (3, num_outputs)}.items():
            setattr(self, key, self.add_variable(shape, "zeros", name=key))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        values, weights = read_rows(y_true, y_pred, sample_weight, self.num_outputs, self.dtype)
        # Differences from the first row are exactly 0 where all rows are equal.
        first = ops.argmax(ops.cast(weights > 0, "int32"))
        before = ops.convert_to_tensor(self.total)
        origin = ops.where(
            ops.equal(before, 0),
            ops.take(values, first, axis=1),
            ops.convert_to_tensor(self.origin),
        )
        total, mean, moments = find_moments(values - origin[:, None], weights)
        together = before + total
        share = total / ops.where(together > 0, together, 1)
        step = mean - self.mean
        self.moments.assign(self.moments + moments + before * share * _products(step))
        self.mean.assign(self.mean + share * step)
        self.origin.assign(origin)
        self.total.assign(together)

    def result(self) -> Any:
        return correlate(ops.convert_to_tensor(self.moments))

    def get_config(self) -> dict[str, Any]:
        return {"num_outputs": self.num_outputs, "name": self.name, "dtype": self.dtype}


def read_rows(
    y_true: Any, y_pred: Any, sample_weight: Any, num_outputs: int, dtype: Any
) -> tuple[Any, Any]:
    """Return both as one tensor (2, rows, num_outputs), and the weights (rows,)."""
    values = ops.stack(
        [ops.reshape(ops.cast(y, dtype), (-1, num_outputs)) for y in (y_true, y_pred)]
    )
    if sample_weight is None:
        return values, ops.ones_like(values[0, :, 0])
    weights = ops.reshape(ops.cast(sample_weight, dtype), (-1,))
    # What does not count may be NaN.
    return ops.where(weights[:, None] > 0, values, 0), weights


def find_moments(values: Any, weights: Any) -> tuple[Any, Any, Any]:
    """Return the sum of the weights, the means (2, outputs), and the moments (3, outputs).

    Args:
        values: tensor (2, rows, outputs).
        weights: tensor (rows,).
    """
    total = ops.sum(weights)
    mean = ops.sum(weights[:, None] * values, axis=1) / ops.where(total > 0, total, 1)
    products = _products(values - mean[:, None])  # (3, rows, outputs)
    return total, mean, ops.sum(weights[:, None] * products, axis=1)


def correlate(moments: Any) -> Any:
    """Return the mean correlation of outputs whose moments (3, outputs) are known."""
    one, other, both = moments[0], moments[1], moments[2]
    is_constant = ops.logical_or(ops.equal(one, 0), ops.equal(other, 0))
    spread = ops.where(is_constant, 1, ops.sqrt(one) * ops.sqrt(other))
    return ops.mean(ops.clip(both / spread, -1, 1))


def _products(pair: Any) -> Any:
    """The squares of the first and of the second, and their product."""
    return ops.stack([pair[0] * pair[0], pair[1] * pair[1], pair[0] * pair[1]])
