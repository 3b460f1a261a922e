"""Datasets of Hugging Face's library `datasets`, and what has the same two things."""

from typing import Any

from kerabert.datasets.columns import Columns, choose_columns, split_columns


def from_hugging_face(
    dataset: Any, columns: Columns = None, label_column: str | int | None = "label"
) -> tuple[Any, Any]:
    """Take texts, pairs, lists of words or choices with a label each out of a dataset.

    Classes that the dataset keeps as numbers stay numbers; their names are
    `dataset.features["label"].names`.

    Args:
        dataset: one split of a dataset: what has `column_names`, a list of str, and gives a column
            by its name, `dataset["label"]`.
        columns: the columns of the inputs: one, or a list of two for pairs, or for questions with
            their choices. Default: all but the labels', if these are one or two.
        label_column: the column of the labels; None: there are no labels. Default "label".

    Returns:
        `(inputs, labels)`, as `fit` takes them: the values of a column, or a tuple of those of
        two; and the labels, or None.

    Raises:
        ValueError: if it is no such dataset, or several splits in one, has no row or not the
            columns, or a value is not what it must be; with the row, from 0, and the column.

    Example:

    >>> class Reviews(dict):
    ...     column_names = ["text", "label"]
    >>> from_hugging_face(Reviews(text=["Fine.", "Bad."], label=[1, 0]))
    (['Fine.', 'Bad.'], [1, 0])
    """
    names = getattr(dataset, "column_names", None)
    if isinstance(names, dict):
        raise ValueError(
            f"`dataset` must be one split, as dataset[{next(iter(names), '')!r}]. "
            f"Received: the splits {sorted(map(str, names))}"
        )
    if not isinstance(names, list | tuple) or not hasattr(dataset, "__getitem__"):
        raise ValueError(
            "`dataset` must have `column_names` and give columns by name. "
            f"Received: a {type(dataset).__name__}"
        )
    inputs, label = choose_columns(names, columns, label_column, "the dataset")

    def read(column: int) -> list[Any]:
        values = dataset[names[column]]
        found = [_plain(v) for v in (values.tolist() if hasattr(values, "tolist") else values)]
        if not found:
            raise ValueError("The dataset must have at least one row. Received: none.")
        return found

    return split_columns(read, names, inputs, label, lambda row: f"the dataset: row {row}")


def _plain(value: Any) -> Any:
    """Lists and numbers in place of arrays, tensors and tuples."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    return list(value) if isinstance(value, tuple) else value
