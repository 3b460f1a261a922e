"""Tensors in the memory of numpy arrays: weights come from the disk to a model without a detour."""

import math
import mmap
from typing import Any

import keras
import numpy as np

Array = np.ndarray[Any, Any]

# TensorFlow and JAX take over the memory of an array that begins at a multiple of 64 bytes. JAX
# must not: the results of a training step could not take the place of weights that are not its
# own, and both would be there. So for JAX arrays begin beside it.
_ALIGNMENT = 64
_BESIDE = 16
_STRIP = 32  # rows; a strip's rows and the columns they become fit a CPU's cache together


def empty_array(shape: tuple[int, ...], dtype: Any) -> Array:
    """Return an array, its values unset, that `take_over` takes as it is.

    Example:

    >>> empty_array((2, 3), "float32").shape
    (2, 3)
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(size + _ALIGNMENT + _BESIDE, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    if keras.backend.backend() == "jax":
        start += _BESIDE
    return memory[start : start + size].view(dtype).reshape(shape)


def take_over(array: Array, dtype: str) -> Any:
    """Return the backend's tensor of an array, whose memory it keeps if that is of use.

    Nobody else may use the array afterwards: a training step of PyTorch or TensorFlow writes into
    it. They keep an array that lies row by row, in a place that suits, may be written to, and has
    the right dtype; another one is copied. In the pages of a file PyTorch keeps it however it
    lies, even transposed: a copy would read them all. JAX copies every array.

    Args:
        array: numpy array of float32 or float64, of any memory layout.
        dtype: str, the tensor's.

    Returns:
        A tensor of that dtype on Keras' current device.

    Example:

    >>> tensor = take_over(np.ones((3, 2), "float32").T, "float32")
    >>> tuple(tensor.shape)
    (2, 3)
    """
    backend = keras.backend.backend()
    if not _suits(array, backend):
        array = _copy(array)
    if backend == "torch":
        import torch

        tensor = keras.ops.convert_to_tensor(torch.from_numpy(array), dtype)
        is_kept = tensor.device.type == "cpu" and _is_in_a_file(array)
        return tensor if is_kept else tensor.contiguous()
    if backend == "tensorflow":
        import tensorflow as tf

        tensor = tf.experimental.dlpack.from_dlpack(array.__dlpack__())
        return keras.ops.convert_to_tensor(tensor, dtype)
    if backend == "jax" and array.dtype.name == dtype:
        import jax

        return jax.device_put(array)  # in the background, and transposes at the speed of a copy
    return keras.ops.convert_to_tensor(array, dtype)


def _suits(array: Array, backend: str) -> bool:
    flags = array.flags
    if not (flags.writeable and flags.aligned and array.dtype.isnative):
        return False
    is_aligned = array.ctypes.data % _ALIGNMENT == 0
    if backend == "torch":
        return True
    if backend == "jax":
        return not (flags.c_contiguous and is_aligned)
    return flags.c_contiguous and is_aligned


def _is_in_a_file(array: Array) -> bool:
    base = array.base
    while isinstance(base, np.ndarray):
        base = base.base
    return isinstance(base, mmap.mmap)


def _copy(array: Array) -> Array:
    copy = empty_array(array.shape, array.dtype.newbyteorder("="))
    if array.ndim == 2 and array.T.flags.c_contiguous:
        for start in range(0, array.shape[1], _STRIP):  # twice as fast as all at once
            copy[:, start : start + _STRIP] = array[:, start : start + _STRIP]
    else:
        copy[...] = array
    return copy
