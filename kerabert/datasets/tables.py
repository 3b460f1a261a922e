"""Files of one example a line, in columns: TSV as GLUE has it, and CSV."""

import csv
import io
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from kerabert.datasets.columns import Columns, choose_columns, refusal, split_columns
from kerabert.datasets.text_file import read_text

LabelType = Literal["auto", "text", "integer", "number"]
_Rows = Iterator[tuple[int, list[str]]]  # the number of the line, from 1, and the fields


def read_tsv(
    path: str | os.PathLike[str],
    columns: Columns = None,
    label_column: str | int | None = "label",
    *,
    has_header: bool = True,
    label_type: LabelType = "auto",
) -> tuple[Any, Any]:
    r"""Read texts or pairs with a label each from a file of columns between tabs.

    As in the files of GLUE, quotes are characters like others: nothing is quoted, and a field
    holds no tab and no line break. Blank lines are left out.

    Args:
        path: a file of UTF-8 text, or of gzip if its name ends in ".gz".
        columns: the columns of the texts: a name or a number, or a list of two for pairs. Numbers
            count from 0, negative ones from the end. Default: all but the labels', if these are
            one or two.
        label_column: the column of the labels, by name or number; None: there are no labels.
            Default "label".
        has_header: bool, whether the first line names the columns; else they have numbers only.
            Default True.
        label_type: what labels are read as: "text", "integer", "number", or "auto": integers if
            all are, else numbers if all are, else text. Names of classes that look like numbers
            are to be read as "text". Default "auto".

    Returns:
        `(inputs, labels)`, as `fit` takes them: a list of str, or a tuple of two for pairs; and a
        list of str, int or float, or None without labels.

    Raises:
        ValueError: if the file cannot be read, is not UTF-8, has no row or not the columns, or a
            row has too many or too few fields or a wrong label; with the file, the row, from 0,
            its line, from 1, and the column.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "train.tsv"
    ...     _ = path.write_text("id\tsentence\tlabel\n7\tA fine \"film\".\t1\n")
    ...     read_tsv(path, columns="sentence")
    (['A fine "film".'], [1])
    """
    path = Path(path)
    lines = enumerate(read_text(path).split("\n"), start=1)
    stripped = ((number, line.removesuffix("\r")) for number, line in lines)
    rows = ((number, line.split("\t")) for number, line in stripped if line.strip())
    return _read_table(path, rows, columns, label_column, has_header, label_type)


def read_csv(
    path: str | os.PathLike[str],
    columns: Columns = None,
    label_column: str | int | None = "label",
    *,
    has_header: bool = True,
    label_type: LabelType = "auto",
    separator: str = ",",
) -> tuple[Any, Any]:
    r"""Read texts or pairs with a label each from a file of comma-separated values.

    A field between double quotes may hold separators, line breaks and, doubled, quotes.

    Args:
        path, columns, label_column, has_header, label_type: as in `read_tsv`.
        separator: str, the character between two fields. Default ",".

    Returns:
        `(inputs, labels)`, as `read_tsv`.

    Raises:
        ValueError: as `read_tsv`; and if a quote is not closed.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "train.csv"
    ...     _ = path.write_text('sentence,label\n"Well, a ""film"".",0.5\n')
    ...     read_csv(path)
    (['Well, a "film".'], [0.5])
    """
    path = Path(path)
    rows = _parse_csv(path, read_text(path), separator)
    return _read_table(path, rows, columns, label_column, has_header, label_type)


def _parse_csv(path: Path, text: str, separator: str) -> _Rows:
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    except TypeError:
        raise ValueError(
            f"`separator` must be one character. Received: separator={separator!r}"
        ) from None
    line = 1
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise ValueError(
                f"{path}: line {line} must begin a row of CSV. Received: {error}"
            ) from None
        if fields is None:
            return
        if any(field.strip() for field in fields):
            yield line, fields
        line = reader.line_num + 1


def _read_table(
    path: Path,
    rows: _Rows,
    columns: Columns,
    label_column: str | int | None,
    has_header: bool,
    label_type: str,
) -> tuple[Any, Any]:
    if label_type not in _TYPES:
        raise ValueError(
            f"`label_type` must be one of {list(_TYPES)}. Received: label_type={label_type!r}"
        )
    found = list(rows)
    names = found.pop(0)[1] if has_header and found else []
    if not found:
        raise ValueError(f"{path}: the file must have at least one row. Received: none.")
    names = names or [str(number) for number in range(len(found[0][1]))]

    def place(row: int) -> str:
        return f"{path}: row {row}, line {found[row][0]}"

    for row, (_, fields) in enumerate(found):
        if len(fields) != len(names):
            raise ValueError(
                f"{place(row)} must have {len(names)} fields, as the first line has. "
                f"Received: {len(fields)}, {fields!r:.60}"
            )
    inputs, label = choose_columns(names, columns, label_column, str(path))

    def read(column: int) -> list[Any]:
        values = [fields[column] for _, fields in found]
        if column != label:
            return values
        read_label, requirement = _TYPES[_find_type(values) if label_type == "auto" else label_type]
        labels = []
        for row, value in enumerate(values):
            labels.append(read_label(value))
            if labels[-1] is None:
                raise refusal(place(row), names[column], requirement, value)
        return labels

    return split_columns(read, names, inputs, label, place)


def _find_type(values: list[str]) -> str:
    for name in ("integer", "number"):
        if all(_TYPES[name][0](value) is not None for value in values):
            return name
    return "text"


def _text(value: str) -> str | None:
    return value.strip() or None


def _integer(value: str) -> int | None:
    try:
        return None if "_" in value else int(value)  # Python reads 1_000 as 1000
    except ValueError:
        return None


def _number(value: str) -> float | None:
    try:
        number = math.nan if "_" in value else float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


# How a label is read, None if it is not of the type; and what it must be.
_TYPES: dict[str, tuple[Any, str]] = {
    "auto": (_text, "must not be empty"),
    "text": (_text, "must not be empty"),
    "integer": (_integer, "must be a whole number"),
    "number": (_number, "must be a finite number"),
}
