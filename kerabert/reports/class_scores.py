"""Precision, recall and F1 of classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerabert.metrics.entity_scores import Scores
from kerabert.reports.report import tabulate
from kerabert.text.token_rows import Array


@dataclass(frozen=True)
class ClassScores:
    """Scores of each class, and their means; printed, a table.

    Attributes:
        classes: dict from a class's name to its `Scores`: `precision`, `recall`, `f1`, `num_true`
            (the support), `num_predicted`, `num_correct`. A share of nothing is 0.
    """

    classes: dict[str, Scores]

    @classmethod
    def count(cls, names: Sequence[str], true: Array, predicted: Array) -> "ClassScores":
        """Count decisions.

        Args:
            names: the classes' names.
            true: bool array (rows, classes), which classes a row has.
            predicted: bool array (rows, classes), which it is said to have.

        Example:

        >>> scores = ClassScores.count(
        ...     ["a", "b"], np.eye(2, dtype=bool)[[0, 1, 1]], np.eye(2, dtype=bool)[[0, 0, 1]]
        ... )
        >>> scores.classes["b"].recall, round(scores.macro_f1, 4), round(scores.micro_f1, 4)
        (0.5, 0.6667, 0.6667)
        """
        counts = [values.sum(axis=0).tolist() for values in (true, predicted, true & predicted)]
        return cls({name: Scores(*row) for name, *row in zip(names, *counts, strict=True)})

    @property
    def total(self) -> Scores:
        """The scores of all decisions together ("micro")."""
        values = self.classes.values()
        return Scores(
            sum(scores.num_true for scores in values),
            sum(scores.num_predicted for scores in values),
            sum(scores.num_correct for scores in values),
        )

    @property
    def micro_f1(self) -> float:
        """F1 of all decisions together."""
        return self.total.f1

    @property
    def macro_f1(self) -> float:
        """The mean of F1 of the classes that occur, in the truth or among the predictions."""
        return self._mean("f1")

    @property
    def weighted_f1(self) -> float:
        """The mean of the classes' F1, each as often as it is true."""
        values = self.classes.values()
        total = sum(scores.f1 * scores.num_true for scores in values)
        return total / max(1, self.total.num_true)

    def _mean(self, name: str) -> float:
        occur = [s for s in self.classes.values() if s.num_true or s.num_predicted]
        return float(np.mean([getattr(scores, name) for scores in occur])) if occur else 0.0

    def __str__(self) -> str:
        rows: list[list[Any]] = [
            [name, scores.precision, scores.recall, scores.f1, scores.num_true]
            for name, scores in self.classes.items()
        ]
        means = [self._mean(name) for name in ("precision", "recall", "f1")]
        rows.append(["macro", *means, self.total.num_true])
        return tabulate(["class", "precision", "recall", "F1", "number"], rows)
