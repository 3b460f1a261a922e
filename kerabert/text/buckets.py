"""Which lengths batches are padded to."""

from collections.abc import Sequence

import numpy as np

from kerabert.text.token_rows import Array


def choose_boundaries(
    lengths: Array, num_buckets: int, ceiling: int, multiple: int = 8
) -> list[int]:
    """Choose the few lengths that rows are padded to, with the least padding.

    A row of length `l` is padded to the smallest boundary of `l` or more. With `n(i, j)` rows
    longer than `i` and no longer than `j`, the fewest tokens that `k` boundaries need, the last
    one `j`, are

        tokens(k, j) = min over i < j of tokens(k - 1, i) + n(i, j) * j

    which is computed for all candidates `j`: the multiples of `multiple` up to the longest row.

    Args:
        lengths: integer array (rows,), each from 1 to `ceiling`.
        num_buckets: the most boundaries, 1 or more.
        ceiling: no boundary is above it; the last one may be it, though no multiple.
        multiple: of what a boundary is a multiple, so that tensor cores are used in full.

    Returns:
        The boundaries, increasing; no more of them than lessen the padding.

    Example:

    >>> choose_boundaries(np.array([5, 6, 7, 8, 30, 32]), num_buckets=3, ceiling=512)
    [8, 32]
    >>> choose_boundaries(np.array([5, 6, 7, 8, 30, 32]), num_buckets=1, ceiling=512)
    [32]
    """
    highest = -(-int(lengths.max()) // multiple) * multiple
    candidates = np.arange(multiple, highest + 1, multiple)
    candidates[-1] = min(highest, ceiling)
    # rows_within[j]: the rows that fit into candidate j - 1; none fit into "no candidate", 0.
    rows_within = np.concatenate([[0], np.searchsorted(np.sort(lengths), candidates, "right")])
    bounds = np.concatenate([[0], candidates])
    # cost[i, j]: the tokens of the rows between candidates i and j, padded to candidate j.
    cost = ((rows_within[None, :] - rows_within[:, None]) * bounds[None, :]).astype(np.float64)
    cost[np.tril_indices(len(bounds))] = np.inf
    tokens = cost[0]
    before: list[Array] = []  # before[k][j]: the best last but one of k + 2 boundaries
    while len(before) + 1 < num_buckets:
        all_ways = tokens[:, None] + cost
        best = np.argmin(all_ways, axis=0)
        fewer = all_ways[best, np.arange(len(bounds))]
        if not fewer[-1] < tokens[-1]:
            break
        before.append(best)
        tokens = fewer
    place = len(bounds) - 1
    places = [place]
    for best in reversed(before):
        place = int(best[place])
        places.append(place)
    return [int(bounds[place]) for place in reversed(places)]


def check_boundaries(boundaries: Sequence[int], num_tokens: Array, ceiling: int) -> Array:
    """Return boundaries as an array, or raise `ValueError` if they do not fit the rows' lengths."""
    longest = int(num_tokens.max())
    array = np.asarray(boundaries)
    if (
        array.ndim != 1
        or array.dtype.kind not in "iu"  # an empty list is of floats
        or array[0] < 1
        or (np.diff(array) <= 0).any()
        or not longest <= array[-1] <= ceiling
    ):
        raise ValueError(
            "`boundaries` must be increasing integers, the last one from the longest row, "
            f"{longest}, to the packer's sequence_length, {ceiling}. "
            f"Received: boundaries={boundaries}"
        )
    return array
