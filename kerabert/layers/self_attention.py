"""Multi-head self-attention, fused whenever it can be."""

from typing import Any

import keras
from keras import ops

from kerabert.layers import jax_cpu
from kerabert.layers.arguments import (
    check_heads_divide,
    check_positive_integers,
    check_positive_numbers,
    check_rates,
)
from kerabert.layers.dense import Dense
from kerabert.layers.dropout import ReplayableDropout
from kerabert.layers.initializers import weight_initializer


@keras.saving.register_keras_serializable(package="kerabert")
class SelfAttention(keras.layers.Layer):
    """Lets every token look at every other token of its sequence.

    `softmax(Q K^T / sqrt(head_dim) + mask) V` in each head; the heads are joined and projected
    back. `Q`, `K` and `V` are dense projections of the inputs.

    The backend's fused kernel does it, which never holds the (sequence x sequence) weights in
    memory, except in training with `attention_dropout_rate` above 0 and when the weights are
    asked for.

    Args:
        num_heads: int, must divide the size of the inputs.
        attention_dropout_rate: float in [0, 1), the share of attention weights dropped in
            training. Default 0.1.
        initializer_range: float, standard deviation of the truncated normal that the kernels
            start from. Default 0.02.

    Inputs:
        inputs: float tensor (batch, sequence, hidden_dim).
        padding_mask: bool tensor (batch, sequence), False at tokens that must not be looked at;
            or (batch, sequence, sequence), row by row. None means that there are none.
        return_attention_weights: bool. Default False.

    Outputs:
        A float tensor (batch, sequence, hidden_dim); with `return_attention_weights=True` a pair
        of it and the weights (batch, num_heads, sequence, sequence), before dropout.

    Raises:
        ValueError: if an argument is out of range, or `num_heads` does not divide the size of
            the inputs.

    Example:

    >>> import numpy as np
    >>> layer = SelfAttention(num_heads=2)
    >>> x, mask = np.ones((1, 3, 8), "float32"), np.array([[True, True, False]])
    >>> y, weights = layer(x, padding_mask=mask, return_attention_weights=True)
    >>> tuple(y.shape), tuple(weights.shape)
    ((1, 3, 8), (1, 2, 3, 3))

    Source: Vaswani et al., 2017, section 3.2.
    """

    def __init__(
        self,
        num_heads: int,
        attention_dropout_rate: float = 0.1,
        initializer_range: float = 0.02,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_positive_integers(num_heads=num_heads)
        check_rates(attention_dropout_rate=attention_dropout_rate)
        check_positive_numbers(initializer_range=initializer_range)
        self.num_heads = num_heads
        self.attention_dropout_rate = attention_dropout_rate
        self.initializer_range = initializer_range

    def build(self, inputs_shape: Any, padding_mask_shape: Any = None) -> None:
        hidden_dim = inputs_shape[-1]
        check_heads_divide(self.num_heads, hidden_dim)
        self.head_dim = hidden_dim // self.num_heads

        def projection(name: str) -> keras.layers.Dense:
            dense = Dense(
                hidden_dim,
                kernel_initializer=weight_initializer(self.initializer_range),
                dtype=self.dtype_policy,
                name=name,
            )
            dense.build(inputs_shape)
            return dense

        self.query = projection("query")
        self.key = projection("key")
        self.value = projection("value")
        self.output_projection = projection("output_projection")
        self.dropout = ReplayableDropout(
            self.attention_dropout_rate, dtype=self.dtype_policy, name="dropout"
        )
        self.built = True

    def call(
        self,
        inputs: Any,
        padding_mask: Any = None,
        training: bool = False,
        return_attention_weights: bool = False,
        dropout_seed: Any = None,
    ) -> Any:
        length, hidden_dim = ops.shape(inputs)[1], inputs.shape[-1]
        heads = (-1, length, self.num_heads, self.head_dim)
        query = ops.reshape(self.query(inputs), heads)  # (batch, sequence, heads, head_dim)
        key = ops.reshape(self.key(inputs), heads)
        value = ops.reshape(self.value(inputs), heads)
        mask = None if padding_mask is None else _broadcast_over_heads(padding_mask)

        weights = None
        if return_attention_weights or (training and self.attention_dropout_rate > 0):
            weights = self._attention_weights(query, key, mask)
            kept = self.dropout(weights, training=training, seed=dropout_seed)
            x = ops.einsum("bnts,bsnh->btnh", ops.cast(kept, value.dtype), value)
        else:
            x = _fused_attention(query, key, value, mask)
        x = self.output_projection(ops.reshape(x, (-1, length, hidden_dim)))
        return (x, weights) if return_attention_weights else x

    def _attention_weights(self, query: Any, key: Any, mask: Any) -> Any:
        scores = ops.einsum("btnh,bsnh->bnts", query * self.head_dim**-0.5, key)
        scores = ops.cast(scores, "float32")  # the softmax of half-precision scores is too coarse
        if mask is not None:
            # Large, not infinite: a row without any token gets even weights in place of NaN.
            scores += (1.0 - ops.cast(mask, "float32")) * -1e30
        return ops.softmax(scores, axis=-1)

    def compute_output_spec(
        self,
        inputs: Any,
        padding_mask: Any = None,
        training: bool = False,
        return_attention_weights: bool = False,
        dropout_seed: Any = None,
    ) -> Any:
        output = keras.KerasTensor(inputs.shape, dtype=self.compute_dtype)
        if not return_attention_weights:
            return output
        batch, length, _ = inputs.shape
        weights_shape = (batch, self.num_heads, length, length)
        return output, keras.KerasTensor(weights_shape, dtype="float32")

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "attention_dropout_rate": self.attention_dropout_rate,
            "initializer_range": self.initializer_range,
        }


def _broadcast_over_heads(padding_mask: Any) -> Any:
    mask = ops.cast(padding_mask, "bool")
    # Not mask[:, None]: LiteRT slices no bools.
    if len(mask.shape) == 2:
        return ops.expand_dims(mask, (1, 2))  # (batch, 1, 1, sequence)
    return ops.expand_dims(mask, 1)  # (batch, 1, sequence, sequence)


def _fused_attention(query: Any, key: Any, value: Any, mask: Any) -> Any:
    """Attention whose result for a token does not depend on how much padding follows.

    The kernels sum so many tokens side by side and what is left over in another order. So a
    sequence is lengthened to a multiple of that here, by tokens that are masked.
    """
    length = ops.shape(query)[1]
    # A length that is not known yet is a graph's for any length, which is exported.
    if keras.backend.backend() == "tensorflow" or isinstance(length, int):
        more = -length % _summed_side_by_side(query)
        query, key, value, mask = _lengthen(query, key, value, mask, more)
    if jax_cpu.is_used():
        x = jax_cpu.attend(query, key, value, mask)
    else:
        x = ops.dot_product_attention(
            query, key, value, mask=mask, is_causal=False, flash_attention=_flash_attention()
        )
    return x[:, :length]


def _summed_side_by_side(query: Any) -> int:
    """Of how many tokens a CPU's kernels take a multiple; 1 where it is no CPU."""
    if keras.backend.backend() == "jax":
        return 64 if jax_cpu.is_used() else 1
    if keras.backend.backend() == "torch":
        return 16 if query.device.type == "cpu" else 1
    return 16


def _lengthen(query: Any, key: Any, value: Any, mask: Any, more: Any) -> tuple[Any, Any, Any, Any]:
    if isinstance(more, int) and more == 0:
        return query, key, value, mask
    if mask is None:
        mask = ops.ones((1, 1, 1, ops.shape(key)[1]), dtype="bool")
    query, key, value = (
        ops.pad(x, [[0, 0], [0, more], [0, 0], [0, 0]]) for x in (query, key, value)
    )
    mask = ops.pad(mask, [[0, 0], [0, 0], [0, 0], [0, more]])
    if mask.shape[2] != 1:  # the new tokens may look at all: seeing none gives NaN in some kernels
        mask = ops.pad(mask, [[0, 0], [0, 0], [0, more], [0, 0]], constant_values=True)
    return query, key, value, mask


def _flash_attention() -> bool | None:
    """Keras' own choice, but never its TPU kernel on JAX.

    That kernel (Keras 3.15) takes one mask for a whole batch: the first row's, so a batch of
    sequences of different lengths would be masked wrongly.
    """
    if keras.backend.backend() == "jax":
        import jax

        if jax.default_backend() == "tpu":
            return False
    return None
