"""One vector for a sentence out of those of its tokens."""

from typing import Any

import keras
from keras import ops

POOLINGS = ("mean", "cls", "max")


@keras.saving.register_keras_serializable(package="kerabert")
class SentencePooling(keras.layers.Layer):
    """Pools the vectors of a sequence's tokens into one.

    "mean" takes the mean over the tokens, [CLS] and [SEP] among them, "max" the largest value in
    each dimension, "cls" the vector of [CLS]. Padding does not count. Normalised, the vector is
    divided by its length, so that a product of two is their cosine.

    Args:
        pooling: str, "mean", "cls" or "max". Default "mean".
        normalize: bool. Default True.

    Inputs:
        inputs: float tensor (batch, sequence, hidden_dim), the backbone's `sequence_output`.
        padding_mask: bool tensor (batch, sequence), False at padding.

    Outputs:
        A float32 tensor (batch, hidden_dim).

    Raises:
        ValueError: if an argument is not one of those.

    Example:

    >>> import numpy as np
    >>> x = np.array([[[1.0, 3.0], [3.0, 1.0], [9.0, 9.0]]])
    >>> mask = np.array([[True, True, False]])
    >>> SentencePooling("mean", normalize=False)(x, mask)[0, 0].__float__()
    2.0

    Source: Reimers and Gurevych, 2019, section 3.
    """

    def __init__(self, pooling: str = "mean", normalize: bool = True, **kwargs: Any) -> None:
        # Sums over hundreds of tokens need float32 whatever the backbone computes in.
        super().__init__(**{"dtype": "float32", **kwargs})
        if pooling not in POOLINGS:
            raise ValueError(f"`pooling` must be one of {POOLINGS}. Received: pooling={pooling!r}")
        if not isinstance(normalize, bool):
            raise ValueError(f"`normalize` must be a bool. Received: normalize={normalize!r}")
        self.pooling = pooling
        self.normalize = normalize

    def call(self, inputs: Any, padding_mask: Any) -> Any:
        mask = ops.expand_dims(ops.cast(padding_mask, "bool"), 2)  # LiteRT slices no bools
        if self.pooling == "cls":
            x = inputs[:, 0, :]
        elif self.pooling == "max":
            x = ops.max(ops.where(mask, inputs, -1e9), axis=1)
        else:
            total = ops.sum(ops.where(mask, inputs, 0.0), axis=1)
            x = total / ops.maximum(ops.sum(ops.cast(mask, total.dtype), axis=1), 1e-9)
        if self.normalize:
            square = ops.sum(ops.square(x), axis=-1, keepdims=True)
            # The larger one inside the root: at 0 the root has no gradient.
            x = x / ops.sqrt(ops.maximum(square, 1e-24))
        return x

    def compute_output_spec(self, inputs: Any, padding_mask: Any) -> Any:
        return keras.KerasTensor((inputs.shape[0], inputs.shape[-1]), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "pooling": self.pooling, "normalize": self.normalize}
