"""What the losses that compare vectors have in common."""

from typing import Any

import keras
from keras import ops


class VectorLoss(keras.losses.Loss):
    """The base class of the losses that compare the vectors of the texts of a row.

    A loss of your own defines `call`, which returns a number for each row, and `compare`.

    Args:
        **kwargs: `name`, `reduction` and others of `keras.losses.Loss`.

    Inputs:
        y_true: with `takes_scores`, float (batch,). Else int (batch, texts), the same number for
            the same text wherever in the batch it is, -1 where there is no text.
        y_pred: float32 (batch, texts, dim).

    Outputs:
        float32 (), the mean over the rows.
    """

    takes_scores = False  # whether a row has a number to learn, else its texts say all
    fewest_texts = 2  # of a row
    most_texts: int | None = None

    def __init__(self, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def compare(self, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
        """Return (targets, predictions) for the metrics, with a row for each row."""
        raise NotImplementedError

    def default_metrics(self) -> list[Any]:
        """The metrics that `compile` uses: of what `compare` gives."""
        return []

    def check_vectors(self, y_pred: Any) -> None:
        """Raise `ValueError` unless these are the vectors of as many texts a row as are needed."""
        shape = tuple(y_pred.shape)
        if len(shape) == 3 and self.takes_texts(shape[1]):
            return
        raise ValueError(
            f"A {type(self).__name__} must be given {self.needed} texts a row. "
            f"Received: vectors of shape {shape}."
        )

    def takes_texts(self, number: int) -> bool:
        """Whether a row may have so many texts."""
        return self.fewest_texts <= number and number <= (self.most_texts or number)

    @property
    def needed(self) -> str:
        """How many texts a row must have, in words."""
        if self.most_texts == self.fewest_texts:
            return str(self.fewest_texts)
        return f"{self.fewest_texts} or more"


def unit_vectors(vectors: Any) -> Any:
    """Divide vectors by their length."""
    square = ops.sum(ops.square(vectors), axis=-1, keepdims=True)
    # The larger one inside the root: at 0 the root has no gradient.
    return vectors / ops.sqrt(ops.maximum(square, 1e-24))


def best_of_row(name: str) -> Any:
    """Return the metric that tells how often the target has the highest number of its row."""
    return keras.metrics.SparseCategoricalAccuracy(name=name)
