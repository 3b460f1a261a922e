"""How well texts are chosen."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from kerabert.reports.calibration import Calibration
from kerabert.reports.report import Report, shorten, tabulate
from kerabert.text.token_rows import Array


class WrongChoice(NamedTuple):
    """A premise of which the wrong choice was made.

    Attributes:
        row: int.
        premise: str; empty where the inputs were no texts.
        label: int, the number of the right choice.
        predicted: int, the number of the one that was made.
        right: str, the right choice; empty where the inputs were no texts.
        chosen: str, the one that was made.
        score: float, its probability.
    """

    row: int
    premise: str
    label: int
    predicted: int
    right: str
    chosen: str
    score: float


class ChoiceReport(Report):
    """How often the right choice is made, and how sure the model is.

    Args:
        labels: int array (rows,), the right choices.
        probabilities: float array (rows, choices); 0 for a choice that a row does not have.
        num_choices: int array (rows,), how many choices each row has.
        premises: list of str; None where the inputs were no texts.
        choices: list of lists of str, or None.

    Attributes:
        accuracy: float.
        chance: float, the accuracy of choosing blindly.
        by_number: dict from a number of choices to `(accuracy, rows)`.
        calibration: `Calibration` of the choices that were made.
        errors: list of `WrongChoice`, those of which the model was surest first.

    Example:

    >>> report = ChoiceReport(
    ...     np.array([0, 1]), np.array([[0.9, 0.1], [0.8, 0.2]]), np.array([2, 2]),
    ...     ["Dogs", "Cats"], [["bark", "purr"], ["bark", "purr"]],
    ... )
    >>> report.accuracy, report.chance, report.errors[0].chosen
    (0.5, 0.5, 'bark')
    """

    def __init__(
        self,
        labels: Array,
        probabilities: Array,
        num_choices: Array,
        premises: Sequence[str] | None = None,
        choices: Sequence[Sequence[str]] | None = None,
    ) -> None:
        predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
        is_right = predicted == labels
        self.accuracy = float(is_right.mean())
        self.chance = float((1 / num_choices).mean())
        self.by_number = {
            number: (float(is_right[num_choices == number].mean()), int(count))
            for number, count in enumerate(np.bincount(num_choices))
            if count
        }
        self.calibration = Calibration.measure(confidence, is_right)
        self.errors = []
        wrong = np.flatnonzero(~is_right)
        for row in wrong[np.argsort(-confidence[wrong], kind="stable")].tolist():
            label, found = int(labels[row]), int(predicted[row])
            own = None if choices is None else choices[row]
            premise = "" if premises is None else premises[row]
            right, chosen = ("", "") if own is None else (own[label], own[found])
            score = float(confidence[row])
            self.errors.append(WrongChoice(row, premise, label, found, right, chosen, score))

    def __str__(self) -> str:
        rows: list[list[Any]] = [[f"{n}", *values] for n, values in self.by_number.items()]
        lines = [
            tabulate(["choices", "accuracy", "number"], rows),
            f"\naccuracy {self.accuracy:.2%} (blindly {self.chance:.2%}), expected calibration "
            f"error {self.calibration.expected_error:.2%}",
        ]
        if self.errors:
            lines.append(f"\nThe surest of {len(self.errors)} errors:")
        for error in self.errors[:5]:
            lines.append(f"{error.score:6.1%}  {shorten(error.premise, 80)}".rstrip())
            chosen, right = (
                f"{number} {shorten(text, 40)}".rstrip()
                for number, text in ((error.predicted, error.chosen), (error.label, error.right))
            )
            lines.append(f"        chosen: {chosen}; right: {right}")
        return "\n".join(lines)

    def draw(self, figure: Any) -> None:
        left, right = figure.subplots(1, 2)
        numbers = [str(number) for number in self.by_number]
        left.bar(numbers, [accuracy for accuracy, _ in self.by_number.values()], 0.6)
        left.plot(numbers, [1 / number for number in self.by_number], "k_", ms=40, label="blindly")
        left.set(ylim=(0, 1), xlabel="choices", title=f"accuracy {self.accuracy:.1%}")
        left.legend()
        self.calibration.draw(right)
