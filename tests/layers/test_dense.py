import keras
import numpy as np
import pytest

from kerabert.layers.dense import Dense, affine
from tests.checks import PADDING_TOLERANCE, check_layer, largest_difference, to_numpy

X = np.random.default_rng(0).normal(size=(4, 8, 6)).astype("float32")


def test_layer():
    check_layer(lambda **kwargs: Dense(5, **kwargs), (X,), (4, 8, 5))


@pytest.mark.parametrize("rows", [2, 4])  # 16 and 32 of them: PyTorch has ways of its own
@pytest.mark.parametrize("arguments", [{}, {"use_bias": False}, {"activation": "tanh"}])
def test_trains_as_that_of_keras(arguments, rows):
    weights = [np.random.default_rng(1).normal(size=shape) for shape in ((6, 5), (5,), (5, 3))]
    if "use_bias" in arguments:
        del weights[1]
    trained = []
    for kind in (Dense, keras.layers.Dense):
        model = keras.Sequential([keras.Input((8, 6)), kind(5, **arguments)])
        model.add(kind(3, use_bias=False))
        model.set_weights(weights)
        model.compile(optimizer=keras.optimizers.SGD(0.5), loss="mse")
        loss = model.train_on_batch(X[:rows], np.ones((rows, 8, 3), "float32"))
        trained.append([loss, *model.get_weights()])
    assert largest_difference(trained[0], trained[1]) < 1e-5
    assert largest_difference(trained[0][1], weights[0]) > 0.01


def test_low_rank_updates_count():
    layer = Dense(5)
    before = to_numpy(layer(X))
    layer.enable_lora(2)
    layer.lora_kernel_b.assign(np.ones((2, 5)))
    update = keras.ops.convert_to_numpy(layer.lora_kernel_a).sum(axis=1, keepdims=True)
    assert largest_difference(layer(X), before + X @ np.repeat(update, 5, axis=1)) < 1e-5
    assert largest_difference(layer(X), before) > 0.01


def test_product_without_a_bias():
    kernel = np.random.default_rng(2).normal(size=(6, 3)).astype("float32")
    found = affine(keras.ops.convert_to_tensor(X), keras.ops.convert_to_tensor(kernel))
    assert largest_difference(found, X @ kernel) < 1e-5


def test_a_model_of_it_is_quantised():
    model = keras.Sequential([keras.Input((8, 6)), Dense(5)])
    before = to_numpy(model(X))
    model.quantize("int8")
    assert model.layers[0].quantization_mode == "int8"
    assert 0 < largest_difference(model(X), before) < 0.05 * np.abs(before).max()


@pytest.mark.parametrize("num_inputs", [64, 192, 384, 768, 1024])
@pytest.mark.parametrize("num_outputs", [9, 96, 384])
def test_a_row_does_not_depend_on_how_many_there_are(num_inputs, num_outputs):
    x = np.random.default_rng(3).normal(size=(1, 80, num_inputs)).astype("float32")
    layer = Dense(num_outputs)
    of_all = to_numpy(layer(x))
    for length in (2, 16, 33, 63):  # one row alone PyTorch multiplies by MKL
        assert largest_difference(layer(x[:, :length]), of_all[:, :length]) < PADDING_TOLERANCE
