"""Choices: the one that a model makes, and the labels that people write."""

from typing import Any, NamedTuple

import numpy as np

from kerabert.models.labels import encode_classes
from kerabert.text.token_rows import Array


class Choice(NamedTuple):
    """What `BertMultipleChoice.choose` says of one premise.

    Attributes:
        label: int, the number of the best choice, from 0.
        text: str, that choice.
        score: float, its probability.
        scores: tuple of float, the probability of each choice.
    """

    label: int
    text: str
    score: float
    scores: tuple[float, ...]


def make_choice(choices: list[str], logits: Array) -> Choice:
    """Return the choice that the logits of a row make.

    Args:
        choices: list of str.
        logits: array (choices,), or longer.

    Example:

    >>> make_choice(["a", "b"], np.array([0.0, np.log(3), -1e9]))
    Choice(label=1, text='b', score=0.75, scores=(0.25, 0.75))
    """
    own = logits[: len(choices)].astype("float64")
    exponentials = np.exp(own - own.max())
    scores = (exponentials / exponentials.sum()).tolist()
    label = int(own.argmax())
    return Choice(label, choices[label], scores[label], tuple(scores))


def encode_choices(y: Any, num_choices: Array) -> np.ndarray:
    """Turn the number of a choice for each row into int32 (rows,).

    Args:
        y: a sequence of int, or an array (rows,) or (rows, 1).
        num_choices: integer array (rows,), how many choices each row has.

    Raises:
        ValueError: if the number of rows differs, or a label is not a choice of its row.

    Example:

    >>> encode_choices([1, 2], np.array([2, 3])).tolist()
    [1, 2]
    """
    labels = encode_classes(y, len(num_choices), 2**31 - 1, None)
    bad = np.flatnonzero(labels >= num_choices)
    if len(bad):
        raise ValueError(
            "A label must be the number of a choice of its row, from 0. Received: "
            f"row {bad[0]} is {labels[bad[0]]}, with {num_choices[bad[0]]} choices."
        )
    return labels
