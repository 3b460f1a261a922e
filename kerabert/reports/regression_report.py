"""How well numbers are predicted."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from kerabert.reports.report import Report, shorten
from kerabert.text.token_rows import Array


class ScoredText(NamedTuple):
    """A text with its true number and the predicted one.

    Attributes:
        row: int.
        text: str, a pair joined by " | "; empty where the inputs were no texts.
        number: float, the true one.
        predicted: float.
        output: int, of several outputs which one.
    """

    row: int
    text: str
    number: float
    predicted: float
    output: int


class RegressionReport(Report):
    """How near predicted numbers are to the true ones.

    Args:
        numbers: float array (rows, outputs).
        predicted: float array (rows, outputs).
        texts: list of str, one a row; None where the inputs were no texts.

    Attributes:
        numbers, predicted: as given.
        pearson: float, Pearson's correlation, of several outputs the mean; NaN where the numbers,
            or the predictions, are all the same.
        spearman: float, Spearman's: that of the ranks.
        mean_absolute_error: float.
        root_mean_squared_error: float.
        errors: list of `ScoredText`, all of them, the largest errors first.

    Example:

    >>> report = RegressionReport(
    ...     np.array([[1.0], [2.0], [4.0]]), np.array([[1.5], [2.0], [3.0]]), ["a", "b", "c"]
    ... )
    >>> print(report)
    Pearson 1.0000, Spearman 1.0000, mean absolute error 0.5000, root mean squared error 0.6455
    <BLANKLINE>
    The largest errors:
     4.00 predicted as  3.00: c
     1.00 predicted as  1.50: a
     2.00 predicted as  2.00: b
    """

    size = (5.5, 5.0)

    def __init__(
        self, numbers: Array, predicted: Array, texts: Sequence[str] | None = None
    ) -> None:
        self.numbers = np.asarray(numbers, "float64")
        self.predicted = np.asarray(predicted, "float64")
        gaps = np.abs(self.predicted - self.numbers)
        columns = list(zip(self.numbers.T, self.predicted.T, strict=True))
        self.pearson = float(np.mean([_correlate(a, b) for a, b in columns]))
        self.spearman = float(np.mean([_correlate(_rank(a), _rank(b)) for a, b in columns]))
        self.mean_absolute_error = float(gaps.mean())
        self.root_mean_squared_error = float(np.sqrt((gaps**2).mean()))
        self.errors = []
        for place in np.argsort(-gaps.reshape(-1), kind="stable").tolist():
            row, output = divmod(place, gaps.shape[1])
            text = "" if texts is None else texts[row]
            one, other = (float(v[row, output]) for v in (self.numbers, self.predicted))
            self.errors.append(ScoredText(row, text, one, other, output))

    def __str__(self) -> str:
        lines = [
            f"Pearson {self.pearson:.4f}, Spearman {self.spearman:.4f}, mean absolute error "
            f"{self.mean_absolute_error:.4f}, root mean squared error "
            f"{self.root_mean_squared_error:.4f}\n",
            "The largest errors:",
        ]
        for error in self.errors[:5]:
            what = f"{error.number:5.2f} predicted as {error.predicted:5.2f}"
            lines.append(f"{what}: {shorten(error.text)}".rstrip(": "))
        return "\n".join(lines)

    def draw(self, figure: Any) -> None:
        axis = figure.subplots()
        for output, (numbers, predicted) in enumerate(
            zip(self.numbers.T, self.predicted.T, strict=True)
        ):
            axis.scatter(numbers, predicted, s=12, alpha=0.5, label=f"output {output}")
        ends = [self.numbers.min(), self.numbers.max()]
        axis.plot(ends, ends, color="grey", linestyle="--")
        if self.numbers.shape[1] > 1:
            axis.legend()
        axis.set(xlabel="true", ylabel="predicted")
        axis.set_title(f"Pearson {self.pearson:.3f}, Spearman {self.spearman:.3f}")


def _correlate(a: Array, b: Array) -> float:
    a, b = a - a.mean(), b - b.mean()
    size = np.sqrt((a**2).sum() * (b**2).sum())
    return float((a * b).sum() / size) if size else float("nan")


def _rank(values: Array) -> Array:
    """The ranks; equal values have the mean of theirs."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[which]
