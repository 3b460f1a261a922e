import mmap
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from kerabert.layers.initializers import given_weights, weight_initializer
from tests.checks import REPOSITORY, to_numpy
from tests.tiny import make_backbone

needs_torch = pytest.mark.skipif(keras.backend.backend() != "torch", reason="PyTorch's memory")


def normal(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def make_dense(units=3, initializer="glorot_uniform"):
    layer = keras.layers.Dense(units, kernel_initializer=initializer)
    layer.build((None, 2))
    return layer


def test_is_a_truncated_normal():
    keras.utils.set_random_seed(0)
    values = to_numpy(weight_initializer(0.02)((200, 200)))
    assert np.abs(values).max() <= 0.04 + 1e-6
    # A normal cut at two standard deviations has 0.880 of its spread.
    assert abs(values.std() / 0.02 - 0.880) < 0.01
    assert abs(values.mean()) < 4 * 0.02 / 200


def forbidden(shape, dtype=None):
    raise AssertionError("drawn only to be overwritten")


def test_given_arrays_and_initializers():
    kernel = normal(2, 3)
    with given_weights() as give:
        layer = make_dense(initializer=forbidden)
        give(layer.kernel, kernel)
        other = make_dense(initializer="ones")
    assert np.array_equal(to_numpy(layer.kernel), kernel)
    assert np.array_equal(to_numpy(layer.bias), np.zeros(3))
    assert np.array_equal(to_numpy(other.kernel), np.ones((2, 3)))
    assert to_numpy(layer(np.eye(2, dtype="float32"))) == pytest.approx(kernel)


def test_the_last_array_counts():
    with given_weights() as give:
        layer = make_dense()
        give(layer.bias, normal(3))
        give(layer.bias, normal(3) + 1)
    assert np.array_equal(to_numpy(layer.bias), normal(3) + 1)


def test_dtypes():
    with given_weights() as give:
        layer = keras.layers.Dense(3, dtype="bfloat16")
        layer.build((None, 2))
        give(layer.kernel, normal(3, 2).astype("float64").T)
    assert layer.kernel.dtype == "bfloat16"
    assert np.abs(to_numpy(layer.kernel) - normal(3, 2).T).max() < 0.01


def test_a_wrong_shape_is_refused():
    expected = r"kernel must have the shape \(2, 3\).*\(3, 2\)"
    with pytest.raises(ValueError, match=expected), given_weights() as give:
        layer = make_dense()
        give(layer.kernel, normal(3, 2))
    make_backbone()  # whatever was left over does no harm


def test_arrays_arrive_even_if_keras_does_not_ask_for_them():
    with given_weights() as give:
        layer = make_dense()
        give(layer.kernel, normal(2, 3))
        layer.kernel._initializer = keras.initializers.Zeros()
    assert np.array_equal(to_numpy(layer.kernel), normal(2, 3))


def test_inside_of_another_scope():
    with keras.StatelessScope(), given_weights() as give:
        layer = make_dense()
        give(layer.kernel, normal(2, 3))
    assert np.array_equal(to_numpy(layer.kernel), normal(2, 3))


SPREAD = """
import keras, numpy as np
from kerabert.layers.initializers import given_weights

mesh = keras.distribution.DeviceMesh((1, 2), ("batch", "model"), keras.distribution.list_devices())
layouts = keras.distribution.LayoutMap(mesh)
layouts[".*kernel"] = (None, "model")
distribution = keras.distribution.ModelParallel(layout_map=layouts, batch_dim_name="batch")
kernel = np.arange(8, dtype="float32").reshape(2, 4)
with distribution.scope(), given_weights() as give:
    layer = keras.layers.Dense(4)
    layer.build((None, 2))
    give(layer.kernel, kernel)
shards = layer.kernel.value.addressable_shards
assert [np.asarray(shard.data).tolist() for shard in shards] == [
    kernel[:, :2].tolist(), kernel[:, 2:].tolist()
]
"""


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="keras.distribution is for JAX")
def test_variables_on_several_devices():
    two = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2", "KERAS_BACKEND": "jax"}
    environment = os.environ | two | {"PYTHONPATH": str(REPOSITORY)}
    subprocess.run([sys.executable, "-c", SPREAD], env=environment, check=True)


def make_given(kernel, bias):
    with given_weights() as give:
        layer = make_dense()
        give(layer.kernel, kernel)
        give(layer.bias, bias)
    return layer


def train(layer):
    model = keras.Sequential([layer])
    model.compile(keras.optimizers.Adam(0.1), "mse")
    model.fit(normal(4, 2), normal(4, 3), epochs=3, verbose=0)
    return to_numpy(layer.kernel)


def test_training_is_that_of_assigned_weights():
    array = normal(3, 2)
    assigned = make_dense()
    assigned.kernel.assign(array.T)
    expected = train(assigned)
    given = make_given(array.copy().T, np.zeros(3, "float32"))
    assert train(given) == pytest.approx(expected, abs=1e-6)


@needs_torch
def test_a_transposed_kernel_lies_as_usual_once_it_has_a_gradient():
    pages = mmap.mmap(-1, 4096, access=mmap.ACCESS_WRITE)
    array = np.ndarray((3, 2), "float32", buffer=pages, offset=8)
    array[...] = normal(3, 2)
    layer = make_given(array.T, np.zeros(3, "float32"))
    kernel = layer.kernel.value
    assert (kernel.data_ptr(), kernel.stride()) == (array.ctypes.data, (1, 2))
    layer(np.ones((1, 2), "float32"))
    assert not kernel.is_contiguous()
    for _ in range(2):
        layer(np.ones((1, 2), "float32")).sum().backward()
        assert kernel.is_contiguous() and kernel.grad.is_contiguous()
    assert np.array_equal(to_numpy(kernel), array.T)
    assert np.array_equal(to_numpy(kernel.grad), np.full((2, 3), 2))
