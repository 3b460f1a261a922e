"""What weights start from."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from kerabert.layers.arrays import take_over

Give = Callable[[Any, np.ndarray[Any, Any]], None]


def weight_initializer(initializer_range: float) -> Any:
    """Return BERT's initializer, a truncated normal."""
    return keras.initializers.TruncatedNormal(stddev=initializer_range)


@contextlib.contextmanager
def given_weights() -> Iterator[Give]:
    """Make layers some of whose variables start from given arrays, which were read from a file.

    In the block, variables have a shape and no value yet. They get it where the block ends: one
    that was given an array gets that array (its memory, see `take_over`), another one what its
    initializer says. So nothing is drawn or set to zero only to be overwritten: drawing the 110
    million random numbers of a BERT-base takes longer than reading its file.

    Yields:
        A function of a variable and an array of its shape.

    Example:

    >>> with given_weights() as give:
    ...     layer = keras.layers.Dense(2)
    ...     layer.build((None, 2))
    ...     give(layer.kernel, np.eye(2, dtype="float32"))
    >>> keras.ops.convert_to_numpy(layer.kernel).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    given: dict[int, tuple[Any, _Given]] = {}

    def give(variable: Any, array: np.ndarray[Any, Any]) -> None:
        if array.shape != tuple(variable.shape):
            raise ValueError(
                f"The array for {variable.path} must have the shape {tuple(variable.shape)}. "
                f"Received: {array.shape}."
            )
        start = _Given(take_over(array, variable.dtype))
        given[id(variable)] = variable, start
        # The only way to say what a variable that is there already starts from; should another
        # version of Keras not look here, `is_used` tells. With a `keras.distribution`, Keras
        # would compile a program for each array, the array in it.
        is_spread = keras.distribution.distribution() is not None
        variable._initializer = keras.initializers.Zeros() if is_spread else start

    with keras.StatelessScope():
        yield give
    for variable, start in given.values():
        if not start.is_used:
            variable.assign(start.tensor)
        elif keras.backend.backend() == "torch" and variable.trainable:
            _straighten_when_trained(variable.value)


class _Given:
    """An initializer that gives one tensor."""

    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor
        self.is_used = False

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        self.is_used = True
        return self.tensor


def _straighten_when_trained(parameter: Any) -> None:
    """Let a transposed kernel be copied into the usual memory layout once it has a gradient.

    A product with it is as fast as with any other. Its gradient is not, nor is an optimizer
    whose own variables lie otherwise: a training step would take up to half as long again.
    """

    if parameter.is_contiguous():
        return

    def straighten(parameter: Any) -> None:
        handle.remove()
        parameter.data = parameter.data.contiguous()
        parameter.grad = parameter.grad.contiguous()

    handle = parameter.register_post_accumulate_grad_hook(straighten)
