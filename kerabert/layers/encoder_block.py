"""One layer of the encoder: attention, then a feed-forward network."""

from typing import Any

import keras

from kerabert.layers.activations import get_activation
from kerabert.layers.arguments import (
    check_positive_integers,
    check_positive_numbers,
    check_rates,
)
from kerabert.layers.dense import Dense
from kerabert.layers.dropout import ReplayableDropout
from kerabert.layers.initializers import weight_initializer
from kerabert.layers.layer_norm import LayerNorm
from kerabert.layers.self_attention import SelfAttention


@keras.saving.register_keras_serializable(package="kerabert")
class EncoderBlock(keras.layers.Layer):
    """A transformer encoder layer with the normalisation after each residual, as BERT has it.

    `x = LayerNorm(x + dropout(attention(x)))`, then
    `x = LayerNorm(x + dropout(W2 activation(W1 x)))`.

    Args:
        num_heads: int, must divide the size of the inputs.
        intermediate_dim: int, size of the feed-forward network's inner layer.
        activation: str, a name that `kerabert.layers.get_activation` knows. Default `"gelu"`.
        dropout_rate: float in [0, 1). Default 0.1.
        attention_dropout_rate: float in [0, 1). Default 0.1.
        layer_norm_epsilon: float. Default 1e-12.
        initializer_range: float, standard deviation of the truncated normal that the kernels
            start from. Default 0.02.
        gradient_checkpointing: bool. True keeps only the block's inputs for the backward pass
            and computes the rest again: about a third more time for a fraction of the memory,
            and the same gradients. Default False.

    Inputs:
        inputs: float tensor (batch, sequence, hidden_dim).
        padding_mask: bool tensor (batch, sequence), False at padding; None where there is none.
        return_attention_weights: bool. Default False.

    Outputs:
        A float tensor (batch, sequence, hidden_dim); with `return_attention_weights=True` a pair
        of it and the weights (batch, num_heads, sequence, sequence).

    Raises:
        ValueError: if an argument is out of range, or `num_heads` does not divide the size of
            the inputs.

    Example:

    >>> import numpy as np
    >>> block = EncoderBlock(num_heads=2, intermediate_dim=16)
    >>> tuple(block(np.ones((1, 3, 8), "float32")).shape)
    (1, 3, 8)

    Source: Devlin et al., 2019, section 3; Vaswani et al., 2017, section 3.1.
    """

    def __init__(
        self,
        num_heads: int,
        intermediate_dim: int,
        activation: str = "gelu",
        dropout_rate: float = 0.1,
        attention_dropout_rate: float = 0.1,
        layer_norm_epsilon: float = 1e-12,
        initializer_range: float = 0.02,
        gradient_checkpointing: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_positive_integers(num_heads=num_heads, intermediate_dim=intermediate_dim)
        check_rates(dropout_rate=dropout_rate, attention_dropout_rate=attention_dropout_rate)
        check_positive_numbers(
            layer_norm_epsilon=layer_norm_epsilon, initializer_range=initializer_range
        )
        self._activation_function = get_activation(activation)
        self.num_heads = num_heads
        self.intermediate_dim = intermediate_dim
        self.activation = activation
        self.dropout_rate = dropout_rate
        self.attention_dropout_rate = attention_dropout_rate
        self.layer_norm_epsilon = layer_norm_epsilon
        self.initializer_range = initializer_range
        self.gradient_checkpointing = gradient_checkpointing

    def build(self, inputs_shape: Any, padding_mask_shape: Any = None) -> None:
        hidden_dim = inputs_shape[-1]
        policy = self.dtype_policy

        def dense(units: int, name: str) -> keras.layers.Dense:
            initializer = weight_initializer(self.initializer_range)
            return Dense(units, kernel_initializer=initializer, dtype=policy, name=name)

        def layer_norm(name: str) -> LayerNorm:
            return LayerNorm(epsilon=self.layer_norm_epsilon, dtype=policy, name=name)

        self.attention = SelfAttention(
            self.num_heads,
            attention_dropout_rate=self.attention_dropout_rate,
            initializer_range=self.initializer_range,
            dtype=policy,
            name="attention",
        )
        self.attention_layer_norm = layer_norm("attention_layer_norm")
        self.intermediate = dense(self.intermediate_dim, "intermediate")
        self.output_projection = dense(hidden_dim, "output_projection")
        self.output_layer_norm = layer_norm("output_layer_norm")
        self.attention_output_dropout = ReplayableDropout(
            self.dropout_rate, dtype=policy, name="attention_output_dropout"
        )
        self.output_dropout = ReplayableDropout(
            self.dropout_rate, dtype=policy, name="output_dropout"
        )
        self.attention.build(inputs_shape)
        self.attention_layer_norm.build(inputs_shape)
        self.intermediate.build(inputs_shape)
        self.output_projection.build((*inputs_shape[:-1], self.intermediate_dim))
        self.output_layer_norm.build(inputs_shape)
        self.built = True

    def call(
        self,
        inputs: Any,
        padding_mask: Any = None,
        training: bool = False,
        return_attention_weights: bool = False,
    ) -> Any:
        if not (training and self.gradient_checkpointing) or return_attention_weights:
            return self._forward(
                inputs, padding_mask, training, return_attention_weights, (None, None, None)
            )

        # Keras' own RematScope cannot be used: with dropout inside it fails on TensorFlow and
        # JAX, and on PyTorch (Keras 3.15) it recomputes with other masks than it ran with.
        dropouts = (self.attention.dropout, self.attention_output_dropout, self.output_dropout)
        seeds = tuple(dropout.draw_seed() for dropout in dropouts)

        def recomputed(inputs: Any) -> Any:
            return self._forward(inputs, padding_mask, True, False, seeds)

        return keras.remat(recomputed)(inputs)

    def _forward(
        self, inputs: Any, padding_mask: Any, training: bool, with_weights: bool, seeds: Any
    ) -> Any:
        x, weights = inputs, None
        attended = self.attention(
            x,
            padding_mask=padding_mask,
            training=training,
            return_attention_weights=with_weights,
            dropout_seed=seeds[0],
        )
        if with_weights:
            attended, weights = attended
        attended = self.attention_output_dropout(attended, training=training, seed=seeds[1])
        x = self.attention_layer_norm(x + attended)
        transformed = self._activation_function(self.intermediate(x))  # (..., intermediate_dim)
        transformed = self.output_projection(transformed)  # (batch, sequence, hidden)
        transformed = self.output_dropout(transformed, training=training, seed=seeds[2])
        x = self.output_layer_norm(x + transformed)
        return (x, weights) if with_weights else x

    def compute_output_spec(
        self,
        inputs: Any,
        padding_mask: Any = None,
        training: bool = False,
        return_attention_weights: bool = False,
    ) -> Any:
        return self.attention.compute_output_spec(
            inputs, padding_mask, return_attention_weights=return_attention_weights
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "intermediate_dim": self.intermediate_dim,
            "activation": self.activation,
            "dropout_rate": self.dropout_rate,
            "attention_dropout_rate": self.attention_dropout_rate,
            "layer_norm_epsilon": self.layer_norm_epsilon,
            "initializer_range": self.initializer_range,
            "gradient_checkpointing": self.gradient_checkpointing,
        }
