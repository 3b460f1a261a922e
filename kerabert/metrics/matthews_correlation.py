"""Matthews' correlation of classes, as a Keras metric."""

from typing import Any

import keras
from keras import ops

from kerabert.metrics.class_counts import ClassCounts, divide


@keras.saving.register_keras_serializable(package="kerabert")
class MatthewsCorrelation(ClassCounts):
    """How true and predicted classes correlate, equal to scikit-learn's `matthews_corrcoef`.

    Of two classes, with the counts of true and false positives and negatives,

        (TP TN - FP FN) / sqrt((TP + FP) (TP + FN) (TN + FP) (TN + FN))

    and of more, the same of each class against the others, summed before it is divided. 1 is
    right throughout, 0 no better than chance; 0, too, where only one class is true or predicted.

    Args:
        num_classes: int, at least 2.
        name: str. Default "matthews".

    Inputs:
        y_true: int (batch,) or (batch, 1).
        y_pred: float (batch, num_classes), logits or probabilities.
        sample_weight: float (batch,), as how many rows each counts. Default 1.

    Raises:
        ValueError: if there are not two classes or more.

    Example:

    >>> metric = MatthewsCorrelation(2)
    >>> metric.update_state(np.array([1, 1, 0]), np.array([[0.0, 1.0], [0.5, 0.2], [0.1, 0.0]]))
    >>> round(float(metric.result()), 4)
    0.5

    Source: Matthews, 1975; of several classes, Gorodkin, 2004. GLUE measures CoLA by it.
    """

    def __init__(self, num_classes: int, name: str = "matthews", dtype: Any = None) -> None:
        super().__init__(num_classes, name=name, dtype=dtype)
        if num_classes < 2:
            raise ValueError(f"`num_classes` must be at least 2. Received: {num_classes}")

    def result(self) -> Any:
        num_rows = ops.sum(ops.convert_to_tensor(self.num_true))
        # Shares, not counts, whose products would be too large for float32 to hold.
        true, predicted, correct = (
            divide(ops.convert_to_tensor(counts), num_rows)
            for counts in (self.num_true, self.num_predicted, self.num_correct)
        )
        missed = divide(self.num_true - self.num_correct, num_rows)
        wrong = divide(self.num_predicted - self.num_correct, num_rows)
        neither = divide(num_rows - self.num_true - self.num_predicted + self.num_correct, num_rows)
        covariance = ops.sum(correct * neither - missed * wrong)
        # s - t is summed from counts, and so exact where 1 - t would not be.
        spread = ops.sum(true * divide(num_rows - self.num_true, num_rows))
        spread_predicted = ops.sum(predicted * divide(num_rows - self.num_predicted, num_rows))
        return divide(covariance, ops.sqrt(spread) * ops.sqrt(spread_predicted))

    def get_config(self) -> dict[str, Any]:
        return {"num_classes": self.num_classes, "name": self.name, "dtype": self.dtype}
