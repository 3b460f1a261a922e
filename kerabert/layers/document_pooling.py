"""One vector for a long text out of those of its windows."""

from typing import Any

import keras
from keras import ops

from kerabert.layers.dense import Dense

DOCUMENT_POOLINGS = ("mean", "max", "attention")


@keras.saving.register_keras_serializable(package="kerabert")
class DocumentPooling(keras.layers.Layer):
    """Pools the vectors of a text's windows into one.

    "mean" takes their mean, "max" the largest value in each dimension, and "attention" a mean with
    learned weights, `softmax(w x)` over the windows. It starts from w = 0, that is from the mean.
    Windows that are all padding do not count. Of a single window its own vector comes out,
    whichever it is.

    Args:
        pooling: str, "mean", "max" or "attention". Default "mean".

    Inputs:
        inputs: float tensor (batch, windows, hidden_dim), for example each window's
            `pooled_output`.
        window_mask: bool tensor (batch, windows), False where there is no window.

    Outputs:
        A float32 tensor (batch, hidden_dim).

    Raises:
        ValueError: if `pooling` is not one of those.

    Example:

    >>> import numpy as np
    >>> x = np.array([[[1.0, 3.0], [3.0, 1.0], [9.0, 9.0]]])
    >>> mask = np.array([[True, True, False]])
    >>> DocumentPooling("max")(x, mask)[0, 1].__float__()
    3.0

    Source: Yang et al., 2016, section 2.2, for the attention; its inner layer is BERT's pooler.
    """

    def __init__(self, pooling: str = "mean", **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        if pooling not in DOCUMENT_POOLINGS:
            raise ValueError(
                f"`pooling` must be one of {DOCUMENT_POOLINGS}. Received: pooling={pooling!r}"
            )
        self.pooling = pooling
        self.attention: keras.layers.Dense | None = None

    def build(self, inputs_shape: Any, window_mask_shape: Any = None) -> None:
        if self.pooling == "attention":
            self.attention = Dense(
                1,
                use_bias=False,  # it would add the same to all windows
                kernel_initializer="zeros",
                dtype=self.dtype_policy,
                name="attention",
            )
            self.attention.build(inputs_shape)
        self.built = True

    def call(self, inputs: Any, window_mask: Any) -> Any:
        mask = ops.expand_dims(ops.cast(window_mask, "bool"), 2)
        if self.pooling == "max":
            return ops.max(ops.where(mask, inputs, -1e9), axis=1)
        if self.attention is None:
            weights = ops.cast(mask, inputs.dtype)
            weights = weights / ops.maximum(ops.sum(weights, axis=1, keepdims=True), 1)
        else:
            # Keras' softmax warns of texts of one window.
            scores = ops.where(mask, self.attention(inputs), -1e9)
            weights = ops.exp(scores - ops.max(scores, axis=1, keepdims=True))
            weights = weights / ops.sum(weights, axis=1, keepdims=True)
        return ops.sum(weights * inputs, axis=1)

    def compute_output_spec(self, inputs: Any, window_mask: Any) -> Any:
        return keras.KerasTensor((inputs.shape[0], inputs.shape[-1]), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "pooling": self.pooling}
