"""How well texts are given any number of classes."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from kerabert.reports.calibration import Calibration
from kerabert.reports.class_scores import ClassScores
from kerabert.reports.report import Report, list_errors, shorten
from kerabert.text.token_rows import Array


class LabelError(NamedTuple):
    """A wrong decision.

    Attributes:
        row: int.
        text: str, a pair joined by " | "; empty where the inputs were no texts.
        label: str, the class that it is about.
        is_true: bool, whether the text has the class.
        score: float, the probability that the model gave the class.
    """

    row: int
    text: str
    label: str
    is_true: bool
    score: float


class MultiLabelReport(Report):
    """What a multi-label classifier gets right, class by class.

    Args:
        labels: array (rows, classes); a value of at least 0.5 is a class that the row has.
        probabilities: float array (rows, classes).
        classes: list of str, the classes' names.
        texts: list of str, one a row; None where the inputs were no texts.
        threshold: float, the probability from which a class is predicted. Default 0.5.

    Attributes:
        scores: `ClassScores`, for each class.
        confusion: int array (classes, 2, 2), for each class the rows without and with it, by
            whether it was predicted.
        accuracy: float, the share of right decisions.
        exact_match: float, the share of rows with all decisions right.
        best_thresholds: dict from each class to the probability from which predicting it would
            give most F1 on these rows.
        calibration: `Calibration` of all probabilities, of how often they come true.
        errors: list of `LabelError`, those of which the model was surest first.

    Example:

    >>> report = MultiLabelReport(
    ...     np.array([[1, 0], [1, 1]]), np.array([[0.9, 0.1], [0.4, 0.7]]), ["film", "good"]
    ... )
    >>> report.exact_match, report.best_thresholds["film"], report.errors[0].label
    (0.5, 0.4, 'film')
    """

    def __init__(
        self,
        labels: Array,
        probabilities: Array,
        classes: Sequence[str],
        texts: Sequence[str] | None = None,
        threshold: float = 0.5,
    ) -> None:
        self.classes = list(classes)
        self.threshold = threshold
        true = np.asarray(labels) >= 0.5
        predicted = probabilities >= threshold
        self.scores = ClassScores.count(self.classes, true, predicted)
        self.confusion = np.stack(
            [
                [[np.sum(~t & ~p), np.sum(~t & p)], [np.sum(t & ~p), np.sum(t & p)]]
                for t, p in zip(true.T, predicted.T, strict=True)
            ]
        )
        self.accuracy = float((true == predicted).mean())
        self.exact_match = float((true == predicted).all(axis=1).mean())
        self.best_thresholds = {
            name: _best_threshold(true[:, i], probabilities[:, i])
            for i, name in enumerate(self.classes)
        }
        self.calibration = Calibration.measure(probabilities.reshape(-1), true.reshape(-1))
        rows, numbers = np.nonzero(true != predicted)
        gap = np.abs(probabilities - threshold)[rows, numbers]
        self.errors = [
            LabelError(
                int(rows[i]),
                "" if texts is None else texts[rows[i]],
                self.classes[numbers[i]],
                bool(true[rows[i], numbers[i]]),
                float(probabilities[rows[i], numbers[i]]),
            )
            for i in np.argsort(-gap, kind="stable").tolist()
        ]
        self.size = (10.0, max(4.0, 1.5 + 0.25 * len(self.classes)))

    @property
    def macro_f1(self) -> float:
        """The mean of F1 of the classes that occur, in the truth or among the predictions."""
        return self.scores.macro_f1

    @property
    def micro_f1(self) -> float:
        """F1 of all decisions together."""
        return self.scores.micro_f1

    def __str__(self) -> str:
        lines = [
            f"{self.scores}\n",
            f"threshold {self.threshold:g}: micro F1 {self.micro_f1:.2%}, macro F1 "
            f"{self.macro_f1:.2%}, all classes of a row right {self.exact_match:.2%}, expected "
            f"calibration error {self.calibration.expected_error:.2%}",
        ]
        lines += list_errors(
            self.errors,
            lambda error: f"{error.label}, which it {'has' if error.is_true else 'has not'}",
        )
        return "\n".join(lines)

    def draw(self, figure: Any) -> None:
        left, right = figure.subplots(1, 2)
        places = np.arange(len(self.classes))
        for shift, name in ((0.25, "precision"), (0, "recall"), (-0.25, "f1")):
            values = [getattr(scores, name) for scores in self.scores.classes.values()]
            left.barh(places + shift, values, 0.25, label="F1" if name == "f1" else name)
        left.set_yticks(places, [shorten(name, 16) for name in self.classes])
        left.set(xlim=(0, 1), title=f"micro F1 {self.micro_f1:.1%}")
        left.invert_yaxis()
        left.legend()
        self.calibration.draw(right)


def _best_threshold(true: Array, probabilities: Array) -> float:
    """The probability from which predicting a class gives most F1; of equal ones the highest."""
    order = np.argsort(-probabilities, kind="stable")
    correct = np.cumsum(true[order])
    f1 = 2 * correct / (np.arange(1, len(order) + 1) + max(1, true.sum()))
    values = probabilities[order]
    last = np.append(values[1:] != values[:-1], True)  # equal ones are predicted together
    return float(values[np.argmax(np.where(last, f1, -1))])
