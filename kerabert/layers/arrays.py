"""Tensors in the memory of numpy arrays: weights come from the disk to a model without a copy."""

import math
import mmap
from typing import Any

import keras
import numpy as np

Array = np.ndarray[Any, Any]

_ALIGNMENT = 64  # bytes; JAX copies an array that begins elsewhere, TensorFlow needs it
_STRIP = 32  # rows; a strip's rows and the columns they become fit a CPU's cache together


def aligned_empty(shape: tuple[int, ...], dtype: Any) -> Array:
    """Return an array, its values unset, that every backend can make a tensor of as it is.

    Example:

    >>> aligned_empty((2, 3), "float32").ctypes.data % 64
    0
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(size + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    return memory[start : start + size].view(dtype).reshape(shape)


def take_over(array: Array, dtype: str) -> Any:
    """Return the backend's tensor of an array, whose memory it keeps if it can.

    Nobody else may use the array afterwards: a training step of PyTorch or TensorFlow writes into
    it. An array is kept if it lies row by row from an address that is a multiple of 64, may be
    written to, and has the right dtype; another one is copied. In the pages of a file it is kept
    by PyTorch wherever and however it lies there, even transposed: a copy would read them all.

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
    if not (backend == "torch" and array.flags.aligned and _is_in_a_file(array)):
        flags, is_native = array.flags, array.dtype.isnative
        is_placed = flags.c_contiguous and array.ctypes.data % _ALIGNMENT == 0
        array = array if is_placed and flags.writeable and is_native else _aligned_copy(array)
    if backend == "torch":
        import torch

        tensor = keras.ops.convert_to_tensor(torch.from_numpy(array), dtype)
        return tensor if tensor.device.type == "cpu" else tensor.contiguous()
    if backend == "tensorflow":
        import tensorflow as tf

        tensor = tf.experimental.dlpack.from_dlpack(array.__dlpack__())
        return keras.ops.convert_to_tensor(tensor, dtype)
    return keras.ops.convert_to_tensor(array, dtype)


def _is_in_a_file(array: Array) -> bool:
    base = array.base
    while isinstance(base, np.ndarray):
        base = base.base
    return isinstance(base, mmap.mmap)


def _aligned_copy(array: Array) -> Array:
    copy = aligned_empty(array.shape, array.dtype.newbyteorder("="))
    if array.ndim == 2 and array.T.flags.c_contiguous:
        for start in range(0, array.shape[1], _STRIP):  # twice as fast as all at once
            copy[:, start : start + _STRIP] = array[:, start : start + _STRIP]
    else:
        copy[...] = array
    return copy
