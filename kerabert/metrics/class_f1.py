"""F1 of classes, as a Keras metric."""

from typing import Any, Literal

import keras
from keras import ops

from kerabert.metrics.class_counts import ClassCounts, divide


@keras.saving.register_keras_serializable(package="kerabert")
class ClassF1(ClassCounts):
    """F1 of the classes of rows, equal to scikit-learn's `f1_score`.

    Of a class, `F1 = 2 correct / (true + predicted)`; 0 if it is neither.

    `keras.metrics.F1Score` needs one-hot targets, and of logits takes none that is 0 for the
    highest; this one takes what `BertTextClassifier` is trained on.

    Args:
        num_classes: int.
        average: str, "binary": of one class of two; "macro": the mean of all classes or, where
            each row has one class, of those that are true or predicted anywhere; "micro": of the
            counts of all classes together, which is the accuracy where each row has one class.
            Default "macro".
        threshold: None: a row is of one class, and the one with the highest `y_pred` is predicted;
            float: a row is of any number of classes, and those whose `y_pred` is at least this
            are: 0 for logits, 0.5 for probabilities. Default None.
        positive_class: int, which class "binary" is of. Default 1.
        name: str. Default "f1".

    Inputs:
        y_true: int (batch,) or (batch, 1); with a threshold, (batch, num_classes) of 0 and 1.
        y_pred: float (batch, num_classes), logits or probabilities.
        sample_weight: float (batch,), as how many rows each counts. Default 1.

    Raises:
        ValueError: if an argument is not what it must be.

    Example:

    >>> metric = ClassF1(2, average="binary")
    >>> metric.update_state(np.array([1, 1, 0]), np.array([[0.0, 1.0], [0.5, 0.2], [0.1, 0.0]]))
    >>> round(float(metric.result()), 4)  # one of two found, nothing else
    0.6667
    """

    def __init__(
        self,
        num_classes: int,
        average: Literal["binary", "macro", "micro"] = "macro",
        threshold: float | None = None,
        positive_class: int = 1,
        name: str = "f1",
        dtype: Any = None,
    ) -> None:
        super().__init__(num_classes, threshold, name=name, dtype=dtype)
        if average not in ("binary", "macro", "micro"):
            raise ValueError(
                f'`average` must be "binary", "macro" or "micro". Received: average={average!r}'
            )
        if average == "binary" and (num_classes != 2 or threshold is not None):
            raise ValueError(
                '`average="binary"` must be of two classes that exclude each other. '
                f"Received: num_classes={num_classes}, threshold={threshold}"
            )
        if type(positive_class) is not int or not 0 <= positive_class < max(2, num_classes):
            raise ValueError(
                f"`positive_class` must lie in 0..{num_classes - 1}. "
                f"Received: positive_class={positive_class!r}"
            )
        self.average = average
        self.positive_class = positive_class

    def result(self) -> Any:
        correct = ops.convert_to_tensor(self.num_correct)
        total = self.num_true + self.num_predicted
        if self.average == "micro":
            return divide(2 * ops.sum(correct), ops.sum(total))
        scores = divide(2 * correct, total)
        if self.average == "binary":
            return scores[self.positive_class]
        if self.threshold is not None:
            return ops.mean(scores)
        return divide(ops.sum(scores), ops.sum(ops.cast(total > 0, self.dtype)))

    def get_config(self) -> dict[str, Any]:
        own = {"average": self.average, "positive_class": self.positive_class}
        return super().get_config() | own
