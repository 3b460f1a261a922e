import keras
import numpy as np
import pytest

from kerabert.layers import SentencePooling
from tests.checks import check_layer, largest_difference, to_numpy

X = np.random.default_rng(0).normal(size=(3, 5, 8)).astype("float32")
LENGTHS = (5, 2, 3)
MASK = np.arange(5) < np.array(LENGTHS)[:, None]
BY_ROW = {
    "mean": lambda x: x.mean(axis=0),
    "cls": lambda x: x[0],
    "max": lambda x: x.max(axis=0),
}


@pytest.mark.parametrize("pooling", BY_ROW)
@pytest.mark.parametrize("normalize", [True, False])
def test_equals_a_plain_loop(pooling, normalize):
    rows = [BY_ROW[pooling](x[:length]) for x, length in zip(X, LENGTHS, strict=True)]
    if normalize:
        rows = [row / np.linalg.norm(row) for row in rows]
    layer = SentencePooling(pooling, normalize)
    assert largest_difference(layer(X, MASK), np.stack(rows)) < 1e-6
    # What stands at the padding does not count, whatever it is.
    padded = np.where(MASK[:, :, None], X, 1e6).astype("float32")
    assert largest_difference(layer(padded, MASK), np.stack(rows)) < 1e-6


def test_layer():
    check_layer(SentencePooling, (X, MASK), (3, 8))


def test_float32_unless_asked():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        outputs = SentencePooling()(X, MASK)
    finally:
        keras.config.set_dtype_policy(policy)
    assert keras.backend.standardize_dtype(outputs.dtype) == "float32"


@pytest.mark.parametrize("pooling", BY_ROW)
def test_a_row_of_padding_is_finite_and_so_is_its_gradient(pooling):
    inputs, mask = keras.Input((5, 8)), keras.Input((5,), dtype="bool")
    dense = keras.layers.Dense(4)
    model = keras.Model([inputs, mask], SentencePooling(pooling)(dense(inputs), mask))
    data = [np.zeros_like(X), MASK & (np.arange(3) > 0)[:, None]]
    assert np.isfinite(to_numpy(model(data))).all()
    model.compile("sgd", "mse", run_eagerly=keras.backend.backend() != "jax")
    model.fit(data, np.ones((3, 4)), verbose=0)
    assert all(np.isfinite(weight).all() for weight in dense.get_weights())


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"pooling": "sum"}, "`pooling` must be one of"),
        ({"normalize": 1}, "`normalize` must be a bool"),
    ],
)
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        SentencePooling(**kwargs)
