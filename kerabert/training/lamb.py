"""The optimizer of BERT in large batches."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from kerabert.training.optimizer import ExcludesFromDecay


@keras.saving.register_keras_serializable(package="kerabert")
class BertLamb(ExcludesFromDecay, keras.optimizers.Lamb):
    """LAMB as BERT is pretrained with it, in batches of thousands of rows.

    With `m` and `v` the bias-corrected moments of Adam, each variable `w` changes by
    `-rate * |w| / |r| * r`, `r = m / (sqrt(v) + epsilon) + weight_decay * w`: by a step in
    proportion to its own norm, so that large rates do no harm. Biases and LayerNorm are neither
    decayed nor scaled: `r` is their step.

    Args:
        learning_rate: float (the peak of a `WarmupLinearDecay` over the `fit` call), or any Keras
            schedule. Default 1e-3.
        weight_decay: float. Default 0.01.
        beta_1: float. Default 0.9.
        beta_2: float. Default 0.999.
        epsilon: float. Default 1e-6.
        global_clipnorm: float or None, the largest norm of all gradients together. Default 1.0.
        exclude_from_decay: parts of the names of variables that are neither decayed nor scaled.
            Default: biases and the gamma and beta of LayerNorm.
        **kwargs: see `keras.optimizers.Lamb`.

    Example:

    >>> optimizer = BertLamb(learning_rate=2e-3)
    >>> keras.optimizers.deserialize(keras.optimizers.serialize(optimizer)).exclude_from_decay
    ('bias', 'gamma', 'beta')

    Source: You et al., 2020, algorithm 2 with phi the identity, and section 4.1. Deliberate
    differences: `keras.optimizers.Lamb` decays weights outside of the norm, the paper and this
    inside; the paper scales biases and LayerNorm too, the code that it was measured with does not.
    """

    def __init__(
        self,
        learning_rate: Any = 1e-3,
        weight_decay: float = 0.01,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-6,
        global_clipnorm: float | None = 1.0,
        exclude_from_decay: Sequence[str] = ("bias", "gamma", "beta"),
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate=learning_rate,
            exclude_from_decay=exclude_from_decay,
            weight_decay=weight_decay,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            global_clipnorm=global_clipnorm,
            **kwargs,
        )

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        rate = ops.cast(learning_rate, variable.dtype)
        gradient = ops.cast(gradient, variable.dtype)
        step = ops.cast(self.iterations + 1, variable.dtype)
        index = self._get_variable_index(variable)
        momentum, velocity = self._momentums[index], self._velocities[index]
        self.assign_add(momentum, (gradient - momentum) * (1 - self.beta_1))
        self.assign_add(velocity, (ops.square(gradient) - velocity) * (1 - self.beta_2))
        unbiased = momentum / (1 - ops.power(ops.cast(self.beta_1, variable.dtype), step))
        scale = velocity / (1 - ops.power(ops.cast(self.beta_2, variable.dtype), step))
        update = unbiased / (ops.sqrt(scale) + self.epsilon)
        ratio = 1.0
        if self._use_weight_decay(variable):
            update = update + self.weight_decay * ops.convert_to_tensor(variable)
            norm, update_norm = ops.norm(ops.ravel(variable)), ops.norm(ops.ravel(update))
            is_positive = ops.logical_and(norm > 0, update_norm > 0)
            ratio = ops.where(is_positive, norm / ops.where(is_positive, update_norm, 1.0), 1.0)
        self.assign_sub(variable, rate * ratio * update)

    def _apply_weight_decay(self, variables: Any) -> None:
        """Nothing: the decay is part of the update."""
