"""Classes as people read them."""

from dataclasses import dataclass

import numpy as np

from kerabert.text.token_rows import Array


@dataclass(frozen=True)
class Classification:
    """What `BertTextClassifier.classify` says of one text.

    Attributes:
        labels: the class, as a tuple of one; of a multi-label model, all classes whose
            probability reaches the threshold, the likeliest first.
        score: float, the probability of the likeliest class.
        scores: dict, the probability of each class.
    """

    labels: tuple[str, ...]
    score: float
    scores: dict[str, float]

    @property
    def label(self) -> str | None:
        """The likeliest of `labels`; None if there is none."""
        return self.labels[0] if self.labels else None


def class_probabilities(logits: Array, multi_label: bool) -> Array:
    """Return float64 (rows, classes): the sigmoid of each logit, or the softmax of each row.

    Example:

    >>> class_probabilities(np.array([[0.0, 0.0]]), multi_label=False).tolist()
    [[0.5, 0.5]]
    """
    logits = np.asarray(logits).astype("float64")
    if multi_label:
        return 1 / (1 + np.exp(-logits))
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def read_classifications(
    probabilities: Array, names: list[str], threshold: float | None
) -> list[Classification]:
    """Return what is said of each row.

    Args:
        probabilities: float array (rows, classes).
        names: the classes' names.
        threshold: float, the probability from which a class is given; None: the likeliest is.
    """
    results = []
    for row in probabilities.tolist():
        ranked = sorted(range(len(row)), key=lambda i: -row[i])
        chosen = ranked[:1] if threshold is None else [i for i in ranked if row[i] >= threshold]
        results.append(
            Classification(
                labels=tuple(names[i] for i in chosen),
                score=row[ranked[0]],
                scores=dict(zip(names, row, strict=True)),
            )
        )
    return results
