"""Labels as people write them, as arrays that a loss takes; and those that are refused."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerabert.text.arguments import described, hides_members


def check_classes(classes: Sequence[str] | None, num_classes: int | None) -> list[str] | None:
    """Return class names as a list, or raise `ValueError` if they are not names, or disagree."""
    if classes is None:
        if num_classes is None:
            raise ValueError("One of `classes` and `num_classes` must be given. Received: neither.")
        return None
    if isinstance(classes, str) or not all(isinstance(name, str) for name in classes):
        raise ValueError(f"`classes` must be a list of str. Received: classes={classes!r}")
    names = list(classes)
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated or not names:
        raise ValueError(f"`classes` must be different names. Received: classes={names}")
    if num_classes is not None and num_classes != len(names):
        raise ValueError(
            "`num_classes` must be the number of `classes`. "
            f"Received: num_classes={num_classes}, {len(names)} classes."
        )
    return names


def encode_classes(
    y: Any, num_rows: int, num_classes: int, classes: list[str] | None
) -> np.ndarray:
    """Turn one class a row, by name or number, into int32 (rows,).

    Args:
        y: a sequence of str or int, or an array (rows,) or (rows, 1).
        num_rows: int, how many rows the inputs have.
        num_classes: int.
        classes: the classes' names, or None.

    Raises:
        ValueError: if the number of rows differs, a label is neither a known name nor a number
            in 0..num_classes-1.

    Example:

    >>> encode_classes(["b", "a"], 2, 2, ["a", "b"]).tolist()
    [1, 0]
    """
    values = _rows(y, num_rows)
    if classes is not None and any(isinstance(value, str) for value in values):
        number = {name: i for i, name in enumerate(classes)}
        for row, value in enumerate(values):
            if value not in number:
                raise ValueError(
                    f"A label must be one of {classes}. Received: row {row} is {value!r}."
                )
        return np.array([number[value] for value in values], dtype="int32")
    try:
        array = np.asarray(values)
        numbers = np.nan_to_num(array).astype("int64") if array.dtype.kind in "biuf" else None
    except (ValueError, TypeError, OverflowError):
        array, numbers = np.empty(0), None
    if array.ndim == 2 and array.shape[1] == 1 and numbers is not None:
        array, numbers = array[:, 0], numbers[:, 0]
    if numbers is None or array.ndim != 1:
        raise ValueError(
            "Labels must be one class number"
            f"{' or name' if classes else ''} a row. Received: y of shape {array.shape}, "
            f"for example {values[0]!r}."
        )
    bad = np.flatnonzero((numbers != array) | (numbers < 0) | (numbers >= num_classes))
    if len(bad):
        raise ValueError(
            f"A label must be a whole number in 0..{num_classes - 1}. "
            f"Received: row {bad[0]} is {array[bad[0]]}."
        )
    return numbers.astype("int32")


def encode_class_sets(
    y: Any, num_rows: int, num_classes: int, classes: list[str] | None
) -> np.ndarray:
    """Turn any number of classes a row into float32 (rows, num_classes) of 0 and 1.

    Args:
        y: a sequence of sequences of names, or an array (rows, num_classes) within [0, 1].
        num_rows: int, how many rows the inputs have.
        num_classes: int.
        classes: the classes' names, or None.

    Raises:
        ValueError: if the number of rows differs, a name is not known, or an array has another
            shape or values outside [0, 1].

    Example:

    >>> encode_class_sets([["b", "a"], []], 2, 2, ["a", "b"]).tolist()
    [[1.0, 1.0], [0.0, 0.0]]
    """
    values = _rows(y, num_rows)
    if classes is not None and not isinstance(y, np.ndarray) and _are_names(values):
        number = {name: i for i, name in enumerate(classes)}
        array = np.zeros((num_rows, num_classes), "float32")
        for row, names in enumerate(values):
            for name in names:
                if name not in number:
                    raise ValueError(
                        f"A label must be one of {classes}. Received: row {row} has {name!r}."
                    )
                array[row, number[name]] = 1
        return array
    array = _as_floats(values)
    if array.shape != (num_rows, num_classes):
        raise ValueError(
            "Labels of a multi-label model must be a list of class names a row, or an array "
            f"(rows, num_classes) = {(num_rows, num_classes)}. Received: y of shape {array.shape}, "
            f"for example {values[0]!r}."
        )
    if not ((array >= 0) & (array <= 1)).all():
        raise ValueError(
            "Labels of a multi-label model must lie in [0, 1]. "
            f"Received: values from {array.min()} to {array.max()}."
        )
    return array


def encode_numbers(y: Any, num_rows: int, num_outputs: int) -> np.ndarray:
    """Turn numbers to predict into float32 (rows, num_outputs).

    Raises:
        ValueError: if the number of rows or columns differs, or a value is not a finite number.

    Example:

    >>> encode_numbers([1, 2.5], 2, 1).tolist()
    [[1.0], [2.5]]
    """
    values = _rows(y, num_rows)
    array = _as_floats(values)
    if array.shape == (num_rows,) and num_outputs == 1:
        array = array[:, None]
    if array.shape != (num_rows, num_outputs):
        raise ValueError(
            f"Targets must be {num_outputs} number{'s' if num_outputs > 1 else ''} a row. "
            f"Received: y of shape {array.shape}, for example {values[0]!r}."
        )
    bad = np.flatnonzero(~np.isfinite(array).all(axis=1))
    if len(bad):
        raise ValueError(
            f"Targets must be finite numbers. Received: row {bad[0]} is {values[bad[0]]!r}."
        )
    return array


def encode_ids(y: Any, num_rows: int, size: int) -> np.ndarray:
    """Turn one id for each of several places a row into int32 (rows, places).

    Raises:
        ValueError: if the number of rows differs, `y` does not hold integers on two axes, or an id
            is outside 0..size-1.

    Example:

    >>> encode_ids([[1, 0], [2, 2]], 2, 3).dtype
    dtype('int32')
    """
    _check_rows(y, num_rows)
    try:
        array = np.asarray(y)
    except ValueError:
        array = np.empty(0)  # rows of different lengths
    if array.ndim != 2 or array.dtype.kind not in "iu" or not array.size:
        raise ValueError(
            "Targets must be integers (rows, places), as many in each row. "
            f"Received: y of shape {array.shape}, dtype {array.dtype}."
        )
    bad = np.flatnonzero(((array < 0) | (array >= size)).any(axis=1))
    if len(bad):
        raise ValueError(
            f"Targets must lie in 0..{size - 1}, also where their weight is 0. "
            f"Received: row {bad[0]} is {array[bad[0]].tolist()}."
        )
    return array.astype("int32")


def check_target_shape(y: np.ndarray, places: Any) -> np.ndarray:
    """Return targets that have one id for each place, or raise `ValueError`."""
    if y.shape != tuple(places.shape):
        raise ValueError(
            f"Targets must have the shape of their places, {tuple(places.shape)}. "
            f"Received: {y.shape}."
        )
    return y


def _as_floats(values: list[Any]) -> np.ndarray:
    """The values as float32, or an empty array if they are not numbers in rows of one length."""
    try:
        return np.asarray(values, "float32")
    except (ValueError, TypeError):
        return np.empty(0, "float32")


def _rows(y: Any, num_rows: int) -> list[Any]:
    _check_rows(y, num_rows)
    return y.tolist() if hasattr(y, "tolist") else list(y)


def _check_rows(y: Any, num_rows: int) -> None:
    if hides_members(y) or not hasattr(y, "__len__"):
        raise ValueError(
            f"`y` must be a list, an array or one column of a table. Received: y={described(y)}."
        )
    if len(y) != num_rows:
        raise ValueError(
            f"`x` and `y` must have the same number of rows. Received: {num_rows} in x, "
            f"{len(y)} in y."
        )


def _are_names(values: list[Any]) -> bool:
    return all(
        isinstance(names, list | tuple | set) and all(isinstance(name, str) for name in names)
        for names in values
    )


def takes_same_targets(loss: Any, default: Any) -> bool:
    """Whether a loss, or each of a dict, takes targets in the form that the default takes."""
    if isinstance(default, dict):
        return isinstance(loss, dict) and all(
            name in default and takes_same_targets(part, default[name])
            for name, part in loss.items()
        )
    return default is not None and (
        isinstance(loss, type(default)) or isinstance(default, type(loss))
    )
