"""The weights of classes, as `fit` takes them, made into weights of rows."""

from typing import TYPE_CHECKING, Any

import numpy as np

from kerabert.models.inputs import is_dataset
from kerabert.models.preparation import split_validation

if TYPE_CHECKING:
    from kerabert.models.text_classifier import BertTextClassifier


def read_class_weights(
    class_weight: Any, labels: np.ndarray | None, classes: list[str] | None, num_classes: int
) -> np.ndarray:
    """Return the weight of each class, float32 (num_classes,).

    Args:
        class_weight: a dict from a class, by name or number, to its weight, 1 by default; or
            "balanced": `rows / (classes that occur * rows of the class)`, so that all classes
            weigh the same together.
        labels: int array, the class of each row; None where they are not known, and so not to be
            balanced.
        classes: the classes' names, or None.
        num_classes: int.

    Raises:
        ValueError: if it is something else, a class is unknown, or a weight not a finite number
            of 0 or more.

    Example:

    >>> read_class_weights({"b": 3}, None, ["a", "b"], 2).tolist()
    [1.0, 3.0]
    >>> read_class_weights("balanced", np.array([0, 0, 0, 1]), None, 2).tolist()
    [0.6666666865348816, 2.0]
    """
    weights = np.ones(num_classes, "float32")
    if isinstance(class_weight, str) and class_weight == "balanced" and labels is not None:
        counts = np.bincount(labels, minlength=num_classes)
        occurs = counts > 0
        weights[occurs] = len(labels) / (occurs.sum() * counts[occurs])
        return weights
    if not isinstance(class_weight, dict):
        balanced = "" if labels is None else ', or "balanced"'
        raise ValueError(
            f"`class_weight` must be a dict from a class to its weight{balanced}. "
            f"Received: class_weight={class_weight!r}"
        )
    for name, weight in class_weight.items():
        number = classes.index(name) if classes and name in classes else name
        if not isinstance(number, int | np.integer) or not 0 <= number < num_classes:
            raise ValueError(
                f"`class_weight` must be of the classes {classes or f'0..{num_classes - 1}'}. "
                f"Received: {name!r}"
            )
        weights[number] = check_weight(weight, f"class {name!r}")
    return weights


def check_weight(weight: Any, of: str) -> float:
    """Return a weight as a float, or raise `ValueError` if it is no finite number of 0 or more."""
    try:
        number = float(weight)
    except (TypeError, ValueError):
        number = np.nan
    if not 0 <= number < np.inf:
        raise ValueError(f"A weight must be a number of 0 or more. Received: {weight!r} for {of}.")
    return number


def weigh_classes(
    task: "BertTextClassifier", x: Any, y: Any, arguments: dict[str, Any]
) -> tuple[Any, Any, dict[str, Any]]:
    """Return what `BertTask.fit` takes where there is a `class_weight`.

    Of texts and arrays it becomes a part of `sample_weight`, of the rows that are trained on
    alone; with a dataset, whose rows are not known before they come, Keras applies it.

    Args:
        x, y: as in `BertTextClassifier.fit`.
        arguments: the others of `fit`.
    """
    arguments = dict(arguments)
    class_weight = arguments.pop("class_weight")
    if task.multi_label:
        raise ValueError(
            "`class_weight` must be of classes that exclude each other: a multi-label model takes "
            f"`sample_weight`. Received: class_weight={class_weight!r}"
        )
    if not task.compiled:
        task.compile()
    if is_dataset(x) or not task.encodes_targets:
        of_class = read_class_weights(class_weight, None, task.classes, task.num_classes)
        return x, y, {**arguments, "class_weight": dict(enumerate(of_class.tolist()))}
    if y is None:
        return x, y, arguments  # which is refused
    sample_weight = arguments.pop("sample_weight", None)
    share = arguments.pop("validation_split", 0.0)
    if share and arguments.get("validation_data") is None:
        (x, y, sample_weight), arguments["validation_data"] = split_validation(
            x, y, sample_weight, share
        )
    labels = task.encode_targets(y, len(y) if hasattr(y, "__len__") else 0)
    weights = read_class_weights(class_weight, labels, task.classes, task.num_classes)[labels]
    if sample_weight is not None:
        if np.shape(sample_weight) != weights.shape:
            raise ValueError(
                "`sample_weight` must have a weight for each row. "
                f"Received: {np.shape(sample_weight)} for {len(weights)} rows."
            )
        weights = weights * np.asarray(sample_weight, "float32")
    return x, y, {**arguments, "sample_weight": weights}
