"""What all reports can do: print themselves, draw themselves, show in a notebook."""

import base64
import io
import os
from collections.abc import Callable, Sequence
from html import escape
from typing import Any


class Report:
    """The base class of the reports: a table of text by `print`, a picture by `plot`.

    A notebook shows both; without matplotlib, the table alone. Subclasses define `__str__` and
    `draw`.
    """

    size: tuple[float, float] = (10.0, 4.0)  # of the picture, in inches

    def draw(self, figure: Any) -> None:
        """Draw the report into a `matplotlib.figure.Figure`."""
        raise NotImplementedError

    def plot(self, path: str | os.PathLike[str] | None = None) -> Any:
        """Return the report as a picture, and write it if a path is given.

        Args:
            path: where to write it, with an ending that matplotlib knows, such as ".png". Default
                None: it is not written.

        Returns:
            A `matplotlib.figure.Figure`.

        Raises:
            ImportError: if matplotlib is not installed.
        """
        try:
            from matplotlib.figure import Figure
        except ImportError as error:
            raise ImportError(
                "A picture needs matplotlib. Install it with: pip install 'kerabert[plot]'"
            ) from error
        figure = Figure(figsize=self.size, layout="constrained")  # no window, whatever the backend
        self.draw(figure)
        if path is not None:
            figure.savefig(path, dpi=120)
        return figure

    def _repr_html_(self) -> str:
        table = f"<pre>{escape(str(self))}</pre>"
        try:
            figure = self.plot()
        except ImportError:
            return table
        data = io.BytesIO()
        figure.savefig(data, format="png", dpi=90)
        image = base64.b64encode(data.getvalue()).decode("ascii")
        return f'{table}<img src="data:image/png;base64,{image}" alt="{type(self).__name__}">'


def shorten(text: str, length: int = 60) -> str:
    """Return a text in one line of at most so many characters.

    Example:

    >>> shorten("one\\ntwo three", 9)
    'one two …'
    """
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"


def tabulate(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table: the first column to the left, numbers to the right, shares as percent.

    Example:

    >>> print(tabulate(["class", "F1", "number"], [["good", 0.5, 3]]))
    class      F1  number
    good   50.00%       3
    """
    cells = [list(head)] + [
        [f"{cell:.2%}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows
    ]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    )


def draw_matrix(axis: Any, counts: Any, rows: Sequence[str], columns: Sequence[str]) -> None:
    """Draw a table of counts in colour: each row by its shares."""
    import numpy as np

    counts = np.asarray(counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axis.set_xticks(range(len(columns)), [shorten(name, 16) for name in columns], rotation=90)
    axis.set_yticks(range(len(rows)), [shorten(name, 16) for name in rows])
    axis.set(xlabel="predicted", ylabel="true")
    if max(counts.shape) <= 30:
        size = 9 if max(counts.shape) <= 12 else 6
        for i, j in np.argwhere(counts):
            color = "white" if shares[i, j] > 0.6 else "black"
            axis.text(j, i, counts[i, j], ha="center", va="center", color=color, fontsize=size)


def list_errors(errors: Sequence[Any], describe: Callable[[Any], str]) -> list[str]:
    """Return the lines of the first few errors, each with its `score` and its `text`."""
    lines = [f"\nThe surest of {len(errors)} errors:"] if errors else []
    for error in errors[:5]:
        lines.append(f"{error.score:6.1%}  {describe(error)}: {shorten(error.text)}".rstrip(": "))
    return lines
