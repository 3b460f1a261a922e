"""How often each class is true, predicted, and both, as the state of Keras metrics."""

from typing import Any

import keras
from keras import ops

from kerabert.layers.arguments import check_positive_integers


class ClassCounts(keras.metrics.Metric):
    """Counts the rows of each class, the rows predicted of it, and those that are both.

    What is made of classes alone, such as `ClassF1`, is a subclass with a `result`.

    Args:
        num_classes: int.
        threshold: None: a row is of one class, and the one with the highest `y_pred` is predicted;
            float: a row is of any number of classes, and those whose `y_pred` is at least this
            are. Default None.
        name: str.

    Inputs:
        y_true: int (batch,) or (batch, 1); with a threshold, (batch, num_classes) of 0 and 1.
        y_pred: float (batch, num_classes), logits or probabilities.
        sample_weight: float (batch,), as how many rows each counts. Default 1.

    Raises:
        ValueError: if an argument is not what it must be.
    """

    def __init__(
        self,
        num_classes: int,
        threshold: float | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        check_positive_integers(num_classes=num_classes)
        is_number = isinstance(threshold, int | float) and not isinstance(threshold, bool)
        if threshold is not None and not is_number:
            raise ValueError(
                f"`threshold` must be a number or None. Received: threshold={threshold!r}"
            )
        self.num_classes = num_classes
        self.threshold = threshold
        self._direction = "up"  # for callbacks such as EarlyStopping
        self.num_true = self.add_variable((num_classes,), "zeros", name="num_true")
        self.num_predicted = self.add_variable((num_classes,), "zeros", name="num_predicted")
        self.num_correct = self.add_variable((num_classes,), "zeros", name="num_correct")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_pred = ops.convert_to_tensor(y_pred)
        if self.threshold is None:
            numbers = ops.reshape(ops.cast(y_true, "int32"), (-1,))
            true = ops.one_hot(numbers, self.num_classes, dtype=self.dtype)
            likeliest = ops.reshape(ops.argmax(y_pred, axis=-1), (-1,))
            predicted = ops.one_hot(likeliest, self.num_classes, dtype=self.dtype)
        else:
            true = ops.cast(ops.cast(y_true, self.dtype) > 0.5, self.dtype)
            predicted = ops.cast(y_pred >= self.threshold, self.dtype)
        weights: Any = 1.0
        if sample_weight is not None:
            weights = ops.reshape(ops.cast(sample_weight, self.dtype), (-1, 1))
        for variable, flags in (
            (self.num_true, true),
            (self.num_predicted, predicted),
            (self.num_correct, true * predicted),
        ):
            variable.assign(variable + ops.sum(weights * flags, axis=0))

    def get_config(self) -> dict[str, Any]:
        return {
            "num_classes": self.num_classes,
            "threshold": self.threshold,
            "name": self.name,
            "dtype": self.dtype,
        }


def divide(one: Any, other: Any) -> Any:
    """`one / other`, and 0 where `other` is 0."""
    return ops.where(other > 0, one / ops.where(other > 0, other, 1), 0)
