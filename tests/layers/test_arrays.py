import mmap

import keras
import numpy as np
import pytest

from kerabert.layers.arrays import empty_array, take_over
from tests.checks import to_numpy

BACKEND = keras.backend.backend()


def values(shape, dtype="float32"):
    return np.random.default_rng(0).normal(size=shape).astype(dtype)


def unaligned(shape):
    """An array whose memory begins at an odd address."""
    source = values(shape)
    memory = np.zeros(source.nbytes + 1, np.uint8)
    array = memory[1:].view("float32").reshape(shape)
    array[...] = source
    return array


def read_only(shape):
    return np.frombuffer(values(shape).tobytes(), "float32").reshape(shape)


ARRAYS = {
    "plain": values((5, 3)),
    "transposed": values((70, 33)).T,
    "strided": values((6, 8))[::2, ::4],
    "three": values((2, 3, 4)).transpose(2, 0, 1),
    "scalar": np.array(2.5, "float32"),
    "empty": values((0, 4)),
    "empty, transposed": values((0, 4)).T,
    "unaligned": unaligned((5, 3)),
    "unaligned, transposed": unaligned((5, 3)).T,
    "read only": read_only((5, 3)),
    "another byte order": values((5, 3), ">f4"),
    "double": values((5, 3), "float64"),
}


@pytest.mark.parametrize("shape", [(), (0, 3), (3,), (7, 5), (1000, 3)])
@pytest.mark.parametrize("dtype", ["float32", "<f2", "float64"])
def test_empty_array(shape, dtype):
    array = empty_array(shape, dtype)
    assert array.shape == shape and array.dtype == dtype
    assert array.flags.c_contiguous and array.flags.writeable
    is_aligned = array.ctypes.data % 64 == 0
    assert array.size == 0 or is_aligned is (BACKEND != "jax")


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_values(name, dtype):
    array = ARRAYS[name]
    tensor = take_over(array, dtype)
    assert keras.backend.standardize_dtype(tensor.dtype) == dtype
    assert tuple(tensor.shape) == array.shape
    tolerance = 0 if dtype == "float32" else 0.01
    found = to_numpy(keras.ops.cast(tensor, "float32"))
    assert np.allclose(found, array.astype("float32"), rtol=tolerance, atol=0)


def in_a_file(shape, offset):
    """As in a mapped file: its beginning is aligned, its arrays need not be."""
    array = np.ndarray(shape, "float32", buffer=mmap.mmap(-1, 4096), offset=offset)
    array[...] = values(shape)
    return array


@pytest.mark.parametrize("offset", [0, 4, 8, 9])
def test_pages_of_a_file(offset):
    array = in_a_file((5, 3), offset)
    tensors = take_over(array, "float32"), take_over(array.T, "float32")
    assert np.array_equal(to_numpy(tensors[0]), values((5, 3)))
    assert np.array_equal(to_numpy(tensors[1]), values((5, 3)).T)
    if BACKEND == "torch":
        is_kept = offset % 4 == 0
        assert [tensor.data_ptr() == array.ctypes.data for tensor in tensors] == [is_kept] * 2
        assert tensors[1].is_contiguous() is not is_kept


def address(tensor):
    if BACKEND == "torch":
        return tensor.data_ptr()
    if BACKEND == "jax":
        return tensor.unsafe_buffer_pointer()
    return np.from_dlpack(tensor).ctypes.data


@pytest.mark.skipif(BACKEND not in ("torch", "jax", "tensorflow"), reason="has no addresses")
def test_whose_the_memory_is():
    array = empty_array((500, 30), "float32")
    array[...] = values(array.shape)
    is_kept = address(take_over(array, "float32")) == array.ctypes.data
    assert is_kept is (BACKEND != "jax")


@pytest.mark.skipif(BACKEND != "jax", reason="JAX gives up arrays")
@pytest.mark.parametrize("start", range(0, 64, 4))
def test_results_can_take_the_place_of_weights(start):
    import jax

    memory = np.zeros(128 + 4 * 300, np.uint8)
    start += -memory.ctypes.data % 64
    array = memory[start : start + 4 * 300].view("float32")
    tensor = take_over(array, "float32")
    place = tensor.unsafe_buffer_pointer()
    result = jax.jit(lambda x: x + 1, donate_argnums=0)(tensor)
    assert result.unsafe_buffer_pointer() == place
    assert not array.any()


def test_what_must_not_be_written_to_is_copied():
    memory = values((5, 3)).tobytes()
    array = np.frombuffer(memory, "float32").reshape(5, 3)
    variable = keras.Variable(lambda shape, dtype: take_over(array, dtype), shape=(5, 3))
    before = array.copy()
    variable.assign_add(keras.ops.ones((5, 3)))
    assert np.array_equal(array, before)
    assert np.allclose(to_numpy(variable), before + 1)
