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


def test_bad_argument():
    with pytest.raises(ValueError, match="`initializer_range` must be a positive number"):
        Pooler(initializer_range=0)
