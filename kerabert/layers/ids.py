"""The range check of integer inputs, alike on every backend."""

from typing import Any

import keras


def check_ids(name: str, ids: Any, size: int) -> None:
    """Raise `ValueError` unless every id lies in 0..size-1.

    JAX fills what it looks up beyond a table with NaN, TensorFlow on a GPU with zeros, PyTorch
    stops the device: the same mistake must give the same answer. Inside a compiled function the
    values cannot be seen, and nothing is checked there; `fit`, `evaluate` and `predict` check
    their arrays before.

    Args:
        name: str, what the ids are called in the error.
        ids: int tensor or numpy array of any shape.
        size: int, the number of ids.

    Raises:
        ValueError: if an id is below 0 or above `size - 1`.

    Example:

    >>> import numpy as np
    >>> check_ids("token_ids", np.array([0, 7]), 8)
    """
    if not _has_values(ids) or 0 in tuple(ids.shape):
        return
    values = keras.ops.convert_to_numpy(ids)
    low, high = int(values.min()), int(values.max())
    if low < 0 or high >= size:
        raise ValueError(
            f"`{name}` must lie in 0..{size - 1}. Received: {name} from {low} to {high}."
        )


def _has_values(x: Any) -> bool:
    """Whether a tensor's values can be read now: not while a function is being compiled."""
    backend = keras.backend.backend()
    if isinstance(x, keras.KerasTensor):
        return False
    if backend == "tensorflow":
        return hasattr(x, "numpy") or hasattr(x, "__array_interface__")
    if backend == "jax":
        import jax

        return not isinstance(x, jax.core.Tracer)
    if backend == "torch":
        import torch

        is_meta = isinstance(x, torch.Tensor) and x.device.type == "meta"
        return not is_meta and not torch.compiler.is_compiling()
    return True
