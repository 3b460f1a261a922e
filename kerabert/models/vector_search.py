"""Comparing vectors, and finding the nearest of many."""

import numpy as np

SIMILARITIES = ("cosine", "dot", "euclidean", "manhattan")

_QUERIES_AT_A_TIME = 128
_VECTORS_AT_A_TIME = 16_384
_VALUES_AT_A_TIME = 2**24  # of the differences that distances are made of: 64 MiB


def compare_vectors(first: np.ndarray, second: np.ndarray, function: str) -> np.ndarray:
    """Return how similar each of some vectors is to each of others.

    Args:
        first: float array (m, dim).
        second: float array (n, dim).
        function: str, one of `SIMILARITIES`; of the distances, the negative.

    Returns:
        float32 (m, n).

    Example:

    >>> compare_vectors(np.eye(2), np.array([[3.0, 4.0]]), "cosine").round(2).tolist()
    [[0.6000000238418579], [0.800000011920929]]
    >>> compare_vectors(np.eye(2), np.array([[1.0, 2.0]]), "manhattan").tolist()
    [[-2.0], [-2.0]]
    """
    first, second = first.astype("float32"), second.astype("float32")
    if function == "cosine":
        first, second = _units(first), _units(second)
    if function in ("cosine", "dot"):
        return first @ second.T
    scores = np.empty((len(first), len(second)), "float32")
    step = max(1, _VALUES_AT_A_TIME // max(1, second.size))
    for begin in range(0, len(first), step):
        difference = first[begin : begin + step, None] - second[None]
        if function == "manhattan":
            scores[begin : begin + step] = -np.abs(difference).sum(axis=2)
        else:
            scores[begin : begin + step] = -np.sqrt(np.square(difference).sum(axis=2))
    return scores


def find_nearest(
    queries: np.ndarray, vectors: np.ndarray, top_k: int, function: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the places and the scores of the vectors that are most similar to each query.

    A part of the vectors is looked at at a time, so that memory stays small.

    Args:
        queries: float array (m, dim).
        vectors: float array (n, dim).
        top_k: int, how many; all if there are fewer.
        function: str, one of `SIMILARITIES`.

    Returns:
        int (m, top_k), float32 (m, top_k), the best first; of equals the first.
    """
    found = []
    for begin in range(0, len(queries), _QUERIES_AT_A_TIME):
        part = queries[begin : begin + _QUERIES_AT_A_TIME]
        places = np.zeros((len(part), 0), "int64")
        scores = np.zeros((len(part), 0), "float32")
        for start in range(0, len(vectors), _VECTORS_AT_A_TIME):
            chunk = vectors[start : start + _VECTORS_AT_A_TIME]
            own = np.broadcast_to(np.arange(start, start + len(chunk)), (len(part), len(chunk)))
            places = np.concatenate([places, own], axis=1)
            scores = np.concatenate([scores, compare_vectors(part, chunk, function)], axis=1)
            if scores.shape[1] > top_k:  # the best so far, in the order of their places
                kept = np.argpartition(-scores, top_k - 1, axis=1)[:, :top_k]
                # `argpartition` takes any of those that are equal to the last: take the first.
                last = np.take_along_axis(scores, kept, 1).min(axis=1, keepdims=True)
                rank = np.where(scores > last, 0, np.where(scores == last, 1, 2))
                kept = np.sort(np.argsort(rank, axis=1, kind="stable")[:, :top_k], axis=1)
                places = np.take_along_axis(places, kept, 1)
                scores = np.take_along_axis(scores, kept, 1)
        order = np.argsort(-scores, axis=1, kind="stable")
        found.append((np.take_along_axis(places, order, 1), np.take_along_axis(scores, order, 1)))
    return np.concatenate([p for p, _ in found]), np.concatenate([s for _, s in found])


def _units(vectors: np.ndarray) -> np.ndarray:
    lengths = np.sqrt(np.square(vectors).sum(axis=-1, keepdims=True))
    return vectors / np.maximum(lengths, 1e-12)
