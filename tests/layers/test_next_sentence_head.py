import numpy as np
import pytest

from kerabert.layers import NextSentenceHead
from tests.checks import check_layer, largest_difference

X = np.random.default_rng(0).normal(size=(3, 8)).astype("float32")


def test_layer():
    check_layer(NextSentenceHead, (X,), (3, 2), half_dtype="float32")


def test_equals_the_formula():
    layer = NextSentenceHead(initializer_range=0.5)
    layer.build(X.shape)
    kernel, bias = layer.get_weights()[0], np.array([0.5, -1.0])
    layer.set_weights([kernel, bias])
    assert largest_difference(layer(X), X @ kernel + bias) < 1e-6


def test_bad_argument():
    with pytest.raises(ValueError, match="`initializer_range` must be a positive number"):
        NextSentenceHead(initializer_range=0)
