import numpy as np
import pytest

from kerabert.layers import DocumentPooling
from tests.checks import check_layer, largest_difference, to_numpy

X = np.random.default_rng(0).normal(size=(3, 4, 8)).astype("float32")
WINDOWS = (4, 1, 3)
MASK = np.arange(4) < np.array(WINDOWS)[:, None]
KERNEL = np.random.default_rng(1).normal(size=(8, 1)).astype("float32")


def attend(x):
    weights = np.exp(x @ KERNEL)
    return (weights / weights.sum() * x).sum(axis=0)


BY_ROW = {"mean": lambda x: x.mean(axis=0), "max": lambda x: x.max(axis=0), "attention": attend}


def make(pooling):
    layer = DocumentPooling(pooling)
    layer(X, MASK)
    if pooling == "attention":
        layer.attention.set_weights([KERNEL])
    return layer


@pytest.mark.parametrize("pooling", BY_ROW)
def test_equals_a_plain_loop(pooling):
    rows = [BY_ROW[pooling](x[:count]) for x, count in zip(X, WINDOWS, strict=True)]
    layer = make(pooling)
    assert largest_difference(layer(X, MASK), np.stack(rows)) < 1e-6
    # What stands where no window is does not count, whatever it is; one window is as it was.
    padded = np.where(MASK[:, :, None], X, 1e6).astype("float32")
    assert largest_difference(layer(padded, MASK), np.stack(rows)) < 1e-6
    assert np.array_equal(to_numpy(layer(padded, MASK))[1], X[1, 0])


def test_attention_starts_from_the_mean():
    pooled = (DocumentPooling(pooling)(X, MASK) for pooling in ("attention", "mean"))
    assert largest_difference(*pooled) < 1e-6


@pytest.mark.parametrize("pooling", BY_ROW)
def test_layer(pooling):
    check_layer(lambda **kwargs: DocumentPooling(pooling, **kwargs), (X, MASK), (3, 8))


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"`pooling` must be one of .* pooling='cls'"):
        DocumentPooling("cls")
