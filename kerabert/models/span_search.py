"""The best spans of windows: where an answer may begin and end."""

import numpy as np

from kerabert.text.token_rows import Array


def best_spans(
    start: Array, end: Array, first: Array, last: Array, max_length: int, num_best: int
) -> tuple[Array, Array, Array]:
    """Return the spans of each row with the highest `start[i] + end[j]`.

    All of them are looked at: `first <= i <= j < last`, `j - i < max_length`.

    Args:
        start: float array (rows, columns), the logit that an answer begins at each column.
        end: the same for its last column.
        first: int array (rows,), where the context begins.
        last: int array (rows,), where it ends: the column behind it.
        max_length: int, the most columns of a span.
        num_best: int, how many spans.

    Returns:
        `(begins, ends, scores)`, each (rows, num_best), the best first; `ends` are the last
        columns. Where a row has fewer spans, the score is -inf.

    Example:

    >>> start, end = np.array([[9.0, 1.0, 0.0, 2.0]]), np.array([[9.0, 0.0, 3.0, 1.0]])
    >>> begins, ends, scores = best_spans(start, end, np.array([1]), np.array([4]), 2, 2)
    >>> begins.tolist(), ends.tolist(), scores.tolist()
    ([[1, 2]], [[2, 2]], [[4.0, 3.0]])
    """
    rows, length = start.shape
    columns = np.arange(length)
    inside = (columns >= first[:, None]) & (columns < last[:, None])
    width = min(max_length, length)
    start = np.where(inside, start, -np.inf)
    end = np.pad(np.where(inside, end, -np.inf), [(0, 0), (0, width - 1)], constant_values=-np.inf)
    scores = start[:, :, None] + np.lib.stride_tricks.sliding_window_view(end, width, axis=1)
    scores = scores.reshape(rows, length * width)
    if num_best == 1:
        best = scores.argmax(axis=1)[:, None]
    else:
        num_found = min(num_best, scores.shape[1])
        # The order of the columns decides between equals, alike on every backend.
        best = np.sort(np.argpartition(-scores, num_found - 1, axis=1)[:, :num_found], axis=1)
        order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
        best = np.take_along_axis(best, order, axis=1)
    begins, extra = np.divmod(best, width)
    return begins, begins + extra, np.take_along_axis(scores, best, axis=1)
