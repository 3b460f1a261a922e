import keras
import numpy as np
import pytest

from kerabert.layers import SelfAttention
from tests.checks import PADDING_TOLERANCE, check_layer, largest_difference, to_numpy

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 5, 8)).astype("float32")
MASK = np.arange(5)[None, :] < np.array([[5], [3], [1]])


def reference(layer, x, mask):
    """Attention in numpy, one head at a time."""
    weights = [w.astype("float64") for w in layer.get_weights()[:8]]
    wq, bq, wk, bk, wv, bv, wo, bo = weights
    q, k, v = x @ wq + bq, x @ wk + bk, x @ wv + bv
    dim = x.shape[-1] // layer.num_heads
    heads, all_weights = [], []
    for h in range(layer.num_heads):
        part = slice(h * dim, (h + 1) * dim)
        scores = q[..., part] @ k[..., part].swapaxes(1, 2) / np.sqrt(dim)
        scores = np.where(mask, scores, -np.inf)
        e = np.exp(scores - scores.max(-1, keepdims=True))
        all_weights.append(e / e.sum(-1, keepdims=True))
        heads.append(all_weights[-1] @ v[..., part])
    return np.concatenate(heads, -1) @ wo + bo, np.stack(all_weights, 1)


def make(**kwargs):
    # Large kernels: with the usual ones all scores are nearly equal, and a wrong one hides.
    return SelfAttention(2, attention_dropout_rate=0.0, initializer_range=0.8, **kwargs)


def test_layer():
    check_layer(make, (X, MASK), X.shape)


@pytest.mark.parametrize("training", [False, True])
def test_equals_the_formula(training):
    layer = make()
    output, weights = layer(X, MASK, training=training, return_attention_weights=True)
    expected, expected_weights = reference(layer, X, MASK[:, None, :])
    assert largest_difference(output, expected) < 1e-4
    assert largest_difference(weights, expected_weights) < 1e-5
    # The fused kernel, taken when no weights are asked for, gives the same.
    assert largest_difference(layer(X, MASK, training=training), expected) < 1e-4


def test_a_mask_for_each_row():
    layer = make()
    mask = RNG.random((3, 5, 5)) < 0.6
    mask[:, np.arange(5), np.arange(5)] = True
    output = layer(X, mask)
    expected, _ = reference(layer, X, mask)
    assert largest_difference(output, expected) < 1e-4


def test_no_mask_is_a_full_mask():
    layer = make()
    assert largest_difference(layer(X), layer(X, np.ones((3, 5), bool))) < 1e-6


@pytest.mark.parametrize("weights", [False, True])
def test_a_row_of_padding_alone_stays_finite(weights):
    output = make()(X, MASK & (np.arange(3) > 0)[:, None], return_attention_weights=weights)
    assert all(np.isfinite(x).all() for x in keras.tree.flatten(to_numpy(output)))


def test_attention_dropout_acts_in_training_only():
    layer = SelfAttention(2, attention_dropout_rate=0.5, initializer_range=0.8)
    output = layer(X, MASK)
    assert largest_difference(layer(X, MASK, training=False), output) == 0
    assert largest_difference(layer(X, MASK, training=True), output) > 1e-3


def test_heads_must_divide():
    with pytest.raises(ValueError, match="Received: num_heads=3, hidden_dim=8"):
        SelfAttention(3)(X)


@pytest.mark.parametrize("row_by_row", [False, True])
def test_padding_changes_nothing(row_by_row):
    layer = SelfAttention(2, attention_dropout_rate=0.0, initializer_range=0.2)
    x = RNG.normal(size=(2, 70, 64)).astype("float32")
    outputs = []
    for length in (23, 24, 32, 41, 70):
        mask = np.arange(length)[None, :] < np.array([[23], [9]])
        if row_by_row:
            mask = np.repeat(mask[:, None], length, axis=1)
        outputs.append(to_numpy(layer(x[:, :length], mask))[:, :23])
    for output in outputs[1:]:
        assert np.abs(output - outputs[0]).max() < PADDING_TOLERANCE


def test_a_mask_for_each_row_trains():
    x, mask = keras.Input((5, 8)), keras.Input((5, 5), dtype="bool")
    layer = make()
    model = keras.Model([x, mask], layer(x, mask))
    model.compile(optimizer=keras.optimizers.SGD(0.5), loss="mse")
    before = layer.get_weights()
    model.train_on_batch([X, np.repeat(MASK[:, None], 5, axis=1)], np.ones_like(X))
    assert all(np.isfinite(values).all() for values in layer.get_weights())
    assert largest_difference(layer.get_weights()[0], before[0]) > 1e-3
