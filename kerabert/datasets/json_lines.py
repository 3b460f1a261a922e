"""Files of one example a line, each a JSON object."""

import json
import os
from pathlib import Path
from typing import Any

from kerabert.datasets.columns import Columns, choose_columns, refusal, split_columns
from kerabert.datasets.text_file import read_text


def read_json_lines(
    path: str | os.PathLike[str], columns: Columns = None, label_column: str | int | None = "label"
) -> tuple[Any, Any]:
    r"""Read texts, pairs, lists of words or choices with a label each, an object a line.

    Blank lines are left out.

    Args:
        path: a file of UTF-8 text, or of gzip if its name ends in ".gz".
        columns: the keys of the inputs: one, or a list of two for pairs, or for questions with
            their choices. A value is a string, or a list of strings. Default: all keys of the
            first line but the labels', if these are one or two.
        label_column: the key of the labels: strings, numbers, or lists of such; None: there are no
            labels. Default "label".

    Returns:
        `(inputs, labels)`, as `fit` takes them: the values of a key, or a tuple of those of two;
        and the labels, or None.

    Raises:
        ValueError: if the file cannot be read, is not UTF-8, has no row, a line is no JSON object
            or lacks a key, or a value is not what it must be; with the file, the row, from 0, its
            line, from 1, and the key.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "train.jsonl"
    ...     _ = path.write_text('{"id": 7, "premise": "Go.", "choices": ["a", "b"], "label": 1}\n')
    ...     read_json_lines(path, columns=["premise", "choices"])
    ((['Go.'], [['a', 'b']]), [1])
    """
    path = Path(path)
    rows: list[dict[str, Any]] = []
    lines: list[int] = []

    def place(row: int) -> str:
        return f"{path}: row {row}, line {lines[row]}"

    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        lines.append(number)
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{place(len(rows))} must be JSON. Received: {error}") from None
        if not isinstance(row, dict):
            raise ValueError(f"{place(len(rows))} must be a JSON object. Received: {row!r:.60}")
        rows.append(row)
    if not rows:
        raise ValueError(f"{path}: the file must have at least one row. Received: none.")
    names = list(rows[0])
    inputs, label = choose_columns(names, columns, label_column, str(path))

    def read(column: int) -> list[Any]:
        name = names[column]
        for row, values in enumerate(rows):
            if name not in values:
                raise refusal(place(row), name, "must be there", list(values))
        return [values[name] for values in rows]

    return split_columns(read, names, inputs, label, place)
