"""The layer normalisation that the other layers are made of."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerabert")
class LayerNorm(keras.layers.LayerNormalization):
    """Keras' layer normalisation of the last axis, the same for a token wherever it stands.

    `(x - mean) / sqrt(variance + epsilon) * gamma + beta`. On TensorFlow Keras multiplies by
    `rsqrt`, which gives the last tokens of an array other last bits than those before them; so
    there it is divided by the root here, both of which are rounded exactly.

    Args, inputs, outputs: those of `keras.layers.LayerNormalization`, without `axis` and
    `rms_scaling`.

    Source: Ba et al., 2016, section 3.
    """

    def __init__(self, epsilon: float = 1e-12, **kwargs: Any) -> None:
        super().__init__(epsilon=epsilon, **kwargs)

    def call(self, inputs: Any) -> Any:
        if keras.backend.backend() != "tensorflow":
            return super().call(inputs)
        x = ops.cast(inputs, keras.backend.result_type(inputs.dtype, "float32"))
        mean, variance = ops.moments(x, axes=-1, keepdims=True)
        # The maximum changes no value, but stops TensorFlow from making a product with rsqrt of it.
        deviation = ops.maximum(ops.sqrt(variance + self.epsilon), 0.0)
        gamma, beta = ops.cast(self.gamma, x.dtype), ops.cast(self.beta, x.dtype)
        return ops.cast((x - mean) / deviation * gamma + beta, self.compute_dtype)
