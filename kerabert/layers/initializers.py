"""What weights start from."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import keras

_is_left_out: ContextVar[bool] = ContextVar("_is_left_out", default=False)


def weight_initializer(initializer_range: float) -> Any:
    """Return BERT's initializer, a truncated normal; zeros inside `without_random_weights`."""
    if _is_left_out.get():
        return keras.initializers.Zeros()
    return keras.initializers.TruncatedNormal(stddev=initializer_range)


@contextlib.contextmanager
def without_random_weights() -> Iterator[None]:
    """Make layers whose weights are zeros, because they are about to be read from a file.

    Drawing the 110 million random numbers of a BERT-base takes longer than reading its file.

    Example:

    >>> with without_random_weights():
    ...     layer = keras.layers.Dense(2, kernel_initializer=weight_initializer(0.02))
    >>> layer.build((None, 2))
    >>> float(keras.ops.sum(keras.ops.abs(layer.kernel)))
    0.0
    """
    token = _is_left_out.set(True)
    try:
        yield
    finally:
        _is_left_out.reset(token)
