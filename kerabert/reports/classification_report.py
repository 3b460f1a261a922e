"""How well texts are classified: one class a text."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from kerabert.reports.calibration import Calibration
from kerabert.reports.class_scores import ClassScores
from kerabert.reports.report import Report, draw_matrix, list_errors
from kerabert.text.token_rows import Array


class ClassifiedText(NamedTuple):
    """A text with its true class and the one it was given.

    Attributes:
        row: int.
        text: str, a pair joined by " | "; empty where the inputs were no texts.
        label: str, the true class.
        predicted: str.
        score: float, the probability of the predicted class.
    """

    row: int
    text: str
    label: str
    predicted: str
    score: float


class ClassificationReport(Report):
    """What a classifier gets right, which classes it takes for others, how sure it is.

    Args:
        labels: int array (rows,), the true classes.
        probabilities: float array (rows, classes).
        classes: list of str, the classes' names.
        texts: list of str, one a row; None where the inputs were no texts.

    Attributes:
        confusion: int array (classes, classes), `confusion[i, j]` rows of class `i` were predicted
            as class `j`.
        scores: `ClassScores`, for each class.
        accuracy: float.
        calibration: `Calibration` of the likeliest classes.
        errors: list of `ClassifiedText`, the wrong ones, those of which the model was surest first.

    Example:

    >>> report = ClassificationReport(
    ...     np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]]),
    ...     classes=["negative", "positive"], texts=["bad", "not bad", "good"],
    ... )
    >>> print(report)
    class     precision   recall      F1  number
    negative     50.00%  100.00%  66.67%       1
    positive    100.00%   50.00%  66.67%       2
    macro        75.00%   75.00%  66.67%       3
    <BLANKLINE>
    accuracy 66.67%, macro F1 66.67%, expected calibration error 40.00%
    <BLANKLINE>
    The surest of 1 errors:
     80.0%  positive taken for negative: not bad
    """

    def __init__(
        self,
        labels: Array,
        probabilities: Array,
        classes: Sequence[str],
        texts: Sequence[str] | None = None,
    ) -> None:
        self.classes = list(classes)
        num_classes = len(self.classes)
        predicted = probabilities.argmax(axis=1)
        confidence = probabilities.max(axis=1)
        pairs = labels * num_classes + predicted
        self.confusion = np.bincount(pairs, minlength=num_classes**2).reshape(num_classes, -1)
        eye = np.eye(num_classes, dtype=bool)
        self.scores = ClassScores.count(self.classes, eye[labels], eye[predicted])
        self.accuracy = float((labels == predicted).mean())
        self.calibration = Calibration.measure(confidence, labels == predicted)
        wrong = np.flatnonzero(labels != predicted)
        self.errors = [
            ClassifiedText(
                row,
                "" if texts is None else texts[row],
                self.classes[labels[row]],
                self.classes[predicted[row]],
                float(confidence[row]),
            )
            for row in wrong[np.argsort(-confidence[wrong], kind="stable")].tolist()
        ]
        side = 3.0 + 0.25 * num_classes
        self.size = (side + 4.5, max(4.0, side))

    @property
    def macro_f1(self) -> float:
        """The mean of F1 of the classes that occur, in the truth or among the predictions."""
        return self.scores.macro_f1

    @property
    def micro_f1(self) -> float:
        """F1 of all decisions together: where each row has one class, the accuracy."""
        return self.scores.micro_f1

    def __str__(self) -> str:
        lines = [
            f"{self.scores}\n",
            f"accuracy {self.accuracy:.2%}, macro F1 {self.macro_f1:.2%}, expected calibration "
            f"error {self.calibration.expected_error:.2%}",
        ]
        lines += list_errors(
            self.errors, lambda error: f"{error.label} taken for {error.predicted}"
        )
        return "\n".join(lines)

    def draw(self, figure: Any) -> None:
        left, right = figure.subplots(1, 2)
        draw_matrix(left, self.confusion, self.classes, self.classes)
        left.set_title(f"accuracy {self.accuracy:.1%}")
        self.calibration.draw(right)
