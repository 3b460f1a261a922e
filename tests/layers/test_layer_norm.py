import keras
import numpy as np
import pytest

from kerabert.layers.layer_norm import LayerNorm
from tests.checks import PADDING_TOLERANCE, check_layer, largest_difference, to_numpy

X = np.random.default_rng(0).normal(size=(3, 5, 8)).astype("float32")


def test_layer():
    check_layer(LayerNorm, (X,), X.shape)


@pytest.mark.parametrize("epsilon", [1e-12, 0.1])
def test_trains_as_that_of_keras(epsilon):
    weights = [np.random.default_rng(1).normal(size=8) for _ in range(2)]
    trained = []
    for kind in (LayerNorm, keras.layers.LayerNormalization):
        model = keras.Sequential([keras.Input((5, 8)), kind(epsilon=epsilon)])
        model.set_weights(weights)
        model.compile(optimizer=keras.optimizers.SGD(0.5), loss="mse")
        loss = model.train_on_batch(X, np.ones_like(X))
        trained.append([loss, *model.get_weights()])
    assert largest_difference(trained[0], trained[1]) < 1e-5
    assert largest_difference(trained[0][1], weights[0]) > 0.01


def test_half_precision_is_computed_in_float32():
    layer = LayerNorm(dtype="mixed_float16")
    y = layer(100 * X)
    assert keras.backend.standardize_dtype(y.dtype) == "float16"
    assert largest_difference(to_numpy(y).astype("float32"), LayerNorm()(100 * X)) < 2e-3


@pytest.mark.parametrize("compiled", [False, True])
def test_a_token_does_not_depend_on_how_many_there_are(compiled):
    x = np.random.default_rng(2).normal(size=(1, 8192, 24)).astype("float32")
    model = keras.Sequential([keras.Input((None, 24)), LayerNorm()])

    def compute(x):
        return model.predict(x, verbose=0) if compiled else to_numpy(model(x))

    of_all = compute(x)
    for length in (1, 3, 7, 8, 12, 15, 16, 33, 63, 1000):
        assert largest_difference(compute(x[:, :length]), of_all[:, :length]) < PADDING_TOLERANCE
