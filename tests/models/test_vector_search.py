import numpy as np
import pytest

from kerabert.models import vector_search
from kerabert.models.vector_search import compare_vectors, find_nearest

RANDOM = np.random.default_rng(0)
QUERIES = RANDOM.normal(size=(5, 4)).astype("float32")
VECTORS = RANDOM.normal(size=(40, 4)).astype("float32")
VECTORS[20:] = VECTORS[:20]  # each has an equal


def by_hand(function):
    scores = np.zeros((5, 40))
    for i, query in enumerate(QUERIES.astype("float64")):
        for j, vector in enumerate(VECTORS.astype("float64")):
            scores[i, j] = {
                "dot": query @ vector,
                "cosine": query @ vector / np.sqrt((query @ query) * (vector @ vector)),
                "euclidean": -np.sqrt(((query - vector) ** 2).sum()),
                "manhattan": -np.abs(query - vector).sum(),
            }[function]
    return scores


@pytest.mark.parametrize("function", vector_search.SIMILARITIES)
def test_scores_and_the_nearest(function, monkeypatch):
    expected = by_hand(function)
    whole = compare_vectors(QUERIES, VECTORS, function)
    np.testing.assert_allclose(whole, expected, atol=1e-5)
    for size in (1, 7, 16, 1000):  # whatever the parts
        monkeypatch.setattr(vector_search, "_VECTORS_AT_A_TIME", size)
        monkeypatch.setattr(vector_search, "_QUERIES_AT_A_TIME", 2)
        monkeypatch.setattr(vector_search, "_VALUES_AT_A_TIME", 4 * size)
        for top_k in (1, 3, 40, 100):
            places, scores = find_nearest(QUERIES, VECTORS, top_k, function)
            assert places.shape == (5, min(top_k, 40))
            np.testing.assert_allclose(scores, -np.sort(-expected, axis=1)[:, :top_k], atol=1e-5)
            np.testing.assert_allclose(np.take_along_axis(expected, places, 1), scores, atol=1e-5)
            assert all(len(set(row)) == len(row) for row in places.tolist())


def test_of_equals_the_first():
    places, _ = find_nearest(QUERIES, np.ones((9, 4), "float32"), 3, "cosine")
    assert places.tolist() == [[0, 1, 2]] * 5


def test_a_vector_of_zeros_has_no_direction():
    assert compare_vectors(np.zeros((1, 4)), VECTORS, "cosine").tolist() == [[0.0] * 40]
