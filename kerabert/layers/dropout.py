"""Dropout whose mask can be drawn twice, for gradient checkpointing."""

from typing import Any

import keras


class _DrawnSeed(keras.random.SeedGenerator):
    """A seed that was drawn already, in the form that Keras' random functions take."""

    def __init__(self, value: Any) -> None:
        # Without `super().__init__()`: there is no state to make and track.
        self.value = value
        self._initial_seed = 0  # Keras on PyTorch ignores a generator whose first seed is None

    def next(self, ordered: bool = True) -> Any:
        return self.value


@keras.saving.register_keras_serializable(package="kerabert")
class ReplayableDropout(keras.layers.Dropout):
    """Dropout that takes the seed of its mask as an argument.

    Gradient checkpointing runs a block a second time in the backward pass. A seed generator that
    moves on inside the block would then give another mask than the forward pass had, and with it
    a wrong gradient. So the block draws its seeds beforehand, with `draw_seed()`, and hands them
    to `call`. Without that, the layer is Keras' own.

    Args:
        rate: float in [0, 1), the share of values set to zero in training.
        seed: int or None.

    Inputs:
        inputs: float tensor of any shape.

    Outputs:
        A tensor of the same shape and dtype.

    Example:

    >>> import numpy as np
    >>> dropout = ReplayableDropout(0.5, seed=1)
    >>> seed, x = dropout.draw_seed(), np.ones((2, 8), "float32")
    >>> one, two = (keras.ops.convert_to_numpy(dropout(x, training=True, seed=seed)) for _ in "ab")
    >>> bool((one == two).all())
    True
    """

    def draw_seed(self) -> Any:
        """Draw the seed of the next mask: an integer tensor (2,), or None where none is needed."""
        if self.rate == 0:
            return None
        if self.seed is None and keras.backend.backend() == "torch":
            # Keras then draws from PyTorch's global generator, which PyTorch's checkpointing
            # puts back by itself.
            return None
        return self.seed_generator.next()

    def call(self, inputs: Any, training: bool = False, seed: Any = None) -> Any:
        if seed is None or not training or self.rate == 0:
            return super().call(inputs, training=training)
        return keras.random.dropout(inputs, self.rate, seed=_DrawnSeed(seed))
