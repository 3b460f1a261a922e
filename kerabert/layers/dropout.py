"""Dropout whose mask can be drawn twice, for gradient checkpointing, and drawn fast."""

from typing import Any

import keras

from kerabert.layers import jax_cpu, torch_dropout


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
    to `call`. Without that, the layer is Keras' own, but that in a CPU the mask is drawn by
    `jax_cpu.drop` and `torch_dropout.drop`.

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
        if not training or self.rate == 0:
            return super().call(inputs, training=False)
        if jax_cpu.is_used() and self.noise_shape is None:
            return jax_cpu.drop(inputs, self.rate, self.draw_seed() if seed is None else seed)
        if seed is None:
            if self._takes_torch_dropout(inputs):
                return torch_dropout.drop(inputs, self.rate)
            return super().call(inputs, training=True)
        return keras.random.dropout(inputs, self.rate, seed=_DrawnSeed(seed))

    def _takes_torch_dropout(self, inputs: Any) -> bool:
        return (
            keras.backend.backend() == "torch"
            and self.seed is None
            and self.noise_shape is None
            and inputs.device.type == "cpu"
        )
