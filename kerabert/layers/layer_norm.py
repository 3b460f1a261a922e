"""The layer normalisation that the other layers are made of."""

import math
from typing import Any

import keras
from keras import ops

from kerabert.layers import jax_cpu


@keras.saving.register_keras_serializable(package="kerabert")
class LayerNorm(keras.layers.LayerNormalization):
    """Keras' layer normalisation of the last axis, the same for a token wherever it stands.

    `(x - mean) / sqrt(variance + epsilon) * gamma + beta`. On TensorFlow and JAX Keras multiplies
    by `rsqrt`, an approximation that in a CPU differs: on TensorFlow for the last tokens of an
    array, on JAX from some 2,500 tokens on. There it is divided by the root here, both of which
    are rounded exactly.

    Args, inputs, outputs: those of `keras.layers.LayerNormalization`, without `axis` and
    `rms_scaling`.

    Source: Ba et al., 2016, section 3.
    """

    def __init__(self, epsilon: float = 1e-12, **kwargs: Any) -> None:
        super().__init__(epsilon=epsilon, **kwargs)

    def call(self, inputs: Any) -> Any:
        if jax_cpu.is_used():
            # XLA sums fewer than 4,096 numbers by another kernel.
            fewest = math.ceil(4096 / inputs.shape[-1])
            return jax_cpu.with_rows(fewest, self._normalize, inputs)
        if keras.backend.backend() == "tensorflow":
            return self._normalize(inputs)
        return super().call(inputs)

    def _normalize(self, inputs: Any) -> Any:
        x = ops.cast(inputs, keras.backend.result_type(inputs.dtype, "float32"))
        mean, variance = ops.moments(x, axes=-1, keepdims=True)
        # Neither maximum changes a value: the one stops XLA from rounding the variance only after
        # the sum, which it does in some kernels, the other stops the compilers from taking rsqrt.
        deviation = ops.maximum(ops.sqrt(ops.maximum(variance, 0.0) + self.epsilon), 0.0)
        gamma, beta = ops.cast(self.gamma, x.dtype), ops.cast(self.beta, x.dtype)
        if keras.backend.backend() == "jax":
            # In this form XLA rounds alike in each of its kernels; in that below it does not.
            scale = gamma / deviation
            x = x * scale + (beta - mean * scale)
        else:
            x = (x - mean) / deviation * gamma + beta
        return ops.cast(x, self.compute_dtype)
