"""Which columns of labelled data are the inputs, and which one the labels."""

from collections.abc import Callable, Sequence
from typing import Any

# What a reader calls a row, for the error messages: its number and where it stands.
Place = Callable[[int], str]
Columns = str | int | Sequence[str | int] | None


def choose_columns(
    names: Sequence[str], columns: Columns, label_column: str | int | None, source: str
) -> tuple[list[int], int | None]:
    """Return the places of the input columns, one or two, and of the label column.

    Args:
        names: the names of all columns.
        columns: a name or a place of a column, or a list of one or two; None: all but the labels'.
        label_column: a name or a place; None: there are no labels.
        source: what the names are of, for the error messages.

    Raises:
        ValueError: if a column is not there, or there are not one or two of inputs.

    Example:

    >>> choose_columns(["a", "b", "label"], None, "label", "file")
    ([0, 1], 2)
    >>> choose_columns(["a", "b", "label"], "b", -1, "file")
    ([1], 2)
    """

    def find(column: Any) -> int:
        if isinstance(column, str) and column in names:
            return list(names).index(column)
        is_place = isinstance(column, int) and not isinstance(column, bool)
        if is_place and -len(names) <= column < len(names):
            return int(column) % len(names)
        raise ValueError(
            f"{source}: a column must be one of {list(names)}, or its number. Received: {column!r}"
        )

    label = None if label_column is None else find(label_column)
    if columns is None:
        inputs = [place for place in range(len(names)) if place != label]
    else:
        inputs = [find(c) for c in ([columns] if isinstance(columns, str | int) else columns)]
    if len(inputs) not in (1, 2) or label in inputs or len(set(inputs)) < len(inputs):
        raise ValueError(
            f"{source}: `columns` must be one or two of {list(names)} beside the labels. "
            f"Received: {[names[place] for place in inputs]}, label_column={label_column!r}"
        )
    return inputs, label


def check_inputs(values: list[Any], column: str, place: Place) -> list[Any]:
    """Return a column of texts, or of lists of texts (words, choices), as `fit` takes it.

    Raises:
        ValueError: if a value is something else, or not what the first one is; with the row.
    """
    are_lists = bool(values) and not isinstance(values[0], str)
    for row, value in enumerate(values):
        members = value if are_lists and isinstance(value, list) else [value]
        if are_lists != isinstance(value, list) or not all(isinstance(m, str) for m in members):
            kind = "a list of strings" if are_lists else "a string"
            raise refusal(place(row), column, f"must be {kind}", value)
    return values


def check_labels(values: list[Any], column: str, place: Place) -> list[Any]:
    """Return a column of labels: each a string, a number, a list of such, or SQuAD's answers.

    Raises:
        ValueError: if a value is something else; with the row.
    """
    for row, value in enumerate(values):
        members = value if isinstance(value, list) else [value]
        if isinstance(value, dict) and {"text", "answer_start"} <= set(value):
            continue  # answers as SQuAD has them, which `BertQuestionAnswerer` reads and checks
        if not all(isinstance(member, str | int | float) for member in members):
            raise refusal(
                place(row), column, "must be a string, a number, or a list of such", value
            )
    return values


def refusal(place: str, column: str, requirement: str, received: Any) -> ValueError:
    """The error for a value, with its row and its column."""
    text = repr(received)
    return ValueError(
        f"{place}: column {column!r} {requirement}. "
        f"Received: {text[:60]}{'...' if len(text) > 60 else ''}"
    )


def split_columns(
    read: Callable[[int], list[Any]],
    names: Sequence[str],
    inputs: list[int],
    label: int | None,
    place: Place,
) -> tuple[Any, Any]:
    """Return `(inputs, labels)` of columns that `read` gives by their place."""
    found = [check_inputs(read(column), names[column], place) for column in inputs]
    labels = None if label is None else check_labels(read(label), names[label], place)
    return (found[0] if len(found) == 1 else tuple(found)), labels
