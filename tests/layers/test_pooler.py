import numpy as np
import pytest

from kerabert.layers import Pooler
from tests.checks import check_layer, largest_difference

X = np.random.default_rng(0).normal(size=(3, 5, 8)).astype("float32")


def test_layer():
    check_layer(Pooler, (X,), (3, 8))


def test_equals_the_formula_and_sees_the_first_token_alone():
    layer = Pooler(initializer_range=0.5)
    output = layer(X)
    kernel, bias = layer.get_weights()
    assert largest_difference(output, np.tanh(X[:, 0] @ kernel + bias)) < 1e-6
    assert largest_difference(layer(X[:, :2]), output) < 1e-6


def test_several_sequences_a_row():
    positions = np.array([[0, 3], [2, 4], [0, 0]], "int32")
    check_layer(Pooler, (X, positions), (3, 2, 8))
    layer = Pooler(initializer_range=0.5)
    outputs = layer(X, positions)
    for row, places in enumerate(positions):
        for number, place in enumerate(places):
            alone = layer(X[row : row + 1, place:])
            assert largest_difference(outputs[row, number], alone[0]) < 1e-6


def test_bad_input():
    with pytest.raises(ValueError, match=r"`positions` must lie in 0..4"):
        Pooler()(X, np.array([[0, 5], [0, 1], [0, 1]]))


def test_bad_argument():
    with pytest.raises(ValueError, match="`initializer_range` must be a positive number"):
        Pooler(initializer_range=0)
