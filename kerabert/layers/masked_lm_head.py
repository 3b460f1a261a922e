"""The head that says which token was hidden."""

from typing import Any

import keras
from keras import ops

from kerabert.layers.activations import get_activation
from kerabert.layers.arguments import check_positive_integers, check_positive_numbers
from kerabert.layers.dense import Dense, affine
from kerabert.layers.ids import check_ids
from kerabert.layers.initializers import weight_initializer
from kerabert.layers.layer_norm import LayerNorm


@keras.saving.register_keras_serializable(package="kerabert")
class MaskedLMHead(keras.layers.Layer):
    """Predicts the token at each masked position.

    `logits = LayerNorm(activation(W x + b)) E^T + c`, where `E` is the table of the token
    embedding (tied) or one of the head's own (untied). The masked positions are gathered first:
    the product with `E`, the largest in BERT, is made for them alone.

    Args:
        token_embedding: `keras.layers.Embedding` whose table the head shares, or None for a table
            of its own. Default None.
        vocabulary_size: int, number of token ids. Default: that of `token_embedding`.
        activation: str, a name that `kerabert.layers.get_activation` knows. Default `"gelu"`.
        layer_norm_epsilon: float. Default 1e-12.
        initializer_range: float, standard deviation of the truncated normal that the kernels
            start from. Default 0.02.

    Inputs:
        inputs: float tensor (batch, sequence, hidden_dim), the backbone's `sequence_output`.
        mask_positions: int tensor (batch, masks), each in 0..sequence-1; None means every
            position in order.

    Outputs:
        Logits: float32 (batch, masks, vocabulary_size).

    Raises:
        ValueError: if an argument is out of range, neither an embedding nor a size is given or
            they disagree, the inputs have another size than the embedding, or (when the values
            can be seen, that is outside a compiled function) a position is out of range.

    Example:

    >>> import numpy as np
    >>> head = MaskedLMHead(vocabulary_size=100)
    >>> x, positions = np.ones((2, 6, 8), "float32"), np.array([[1, 4], [2, 0]])
    >>> tuple(head(x, positions).shape)
    (2, 2, 100)

    Source: Devlin et al., 2019, section 3.1, "Task #1"; the transform before the table is in
    Google's code only.
    """

    def __init__(
        self,
        token_embedding: keras.layers.Embedding | None = None,
        vocabulary_size: int | None = None,
        activation: str = "gelu",
        layer_norm_epsilon: float = 1e-12,
        initializer_range: float = 0.02,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if token_embedding is not None:
            if not isinstance(token_embedding, keras.layers.Embedding):
                raise ValueError(
                    "`token_embedding` must be a keras.layers.Embedding. "
                    f"Received: a {type(token_embedding).__name__}"
                )
            if vocabulary_size not in (None, token_embedding.input_dim):
                raise ValueError(
                    "`vocabulary_size` must be that of `token_embedding`, "
                    f"{token_embedding.input_dim}. Received: vocabulary_size={vocabulary_size}"
                )
            vocabulary_size = token_embedding.input_dim
        check_positive_integers(vocabulary_size=vocabulary_size)
        check_positive_numbers(
            layer_norm_epsilon=layer_norm_epsilon, initializer_range=initializer_range
        )
        self._activation_function = get_activation(activation)
        self.token_embedding = token_embedding
        self.vocabulary_size = vocabulary_size
        self.activation = activation
        self.layer_norm_epsilon = layer_norm_epsilon
        self.initializer_range = initializer_range

    def build(self, inputs_shape: Any, mask_positions_shape: Any = None) -> None:
        hidden_dim = inputs_shape[-1]
        embedding = self.token_embedding
        if embedding is not None and embedding.output_dim != hidden_dim:
            raise ValueError(
                "The inputs must have as many dimensions as `token_embedding`, "
                f"{embedding.output_dim}. Received: hidden_dim={hidden_dim}."
            )
        initializer = weight_initializer(self.initializer_range)
        self.dense = Dense(
            hidden_dim, kernel_initializer=initializer, dtype=self.dtype_policy, name="dense"
        )
        self.layer_norm = LayerNorm(
            epsilon=self.layer_norm_epsilon, dtype=self.dtype_policy, name="layer_norm"
        )
        self.dense.build(inputs_shape)
        self.layer_norm.build(inputs_shape)
        self.table = None
        if embedding is None:
            self.table = self.add_weight(
                shape=(self.vocabulary_size, hidden_dim), initializer=initializer, name="table"
            )
        elif not embedding.built:
            embedding.build()
        self.bias = self.add_weight(
            shape=(self.vocabulary_size,), initializer="zeros", autocast=False, name="bias"
        )
        self.built = True

    def call(self, inputs: Any, mask_positions: Any = None) -> Any:
        x = inputs
        if mask_positions is not None:
            if inputs.shape[1] is not None:
                check_ids("mask_positions", mask_positions, inputs.shape[1])
            positions = ops.expand_dims(ops.cast(mask_positions, "int32"), 2)
            x = ops.take_along_axis(x, positions, axis=1)  # (batch, masks, hidden)
        x = self.layer_norm(self._activation_function(self.dense(x)))
        table = self.table if self.token_embedding is None else self.token_embedding.embeddings
        table = ops.cast(table, x.dtype)
        logits = affine(x, ops.transpose(table))  # (batch, masks, vocabulary)
        # A softmax over thousands of half-precision logits is too coarse.
        return ops.cast(logits, "float32") + self.bias

    def compute_output_spec(self, inputs: Any, mask_positions: Any = None) -> Any:
        rows = inputs if mask_positions is None else mask_positions
        return keras.KerasTensor((*rows.shape[:2], self.vocabulary_size), dtype="float32")

    def get_config(self) -> dict[str, Any]:
        embedding = self.token_embedding
        return {
            **super().get_config(),
            "token_embedding": embedding and keras.saving.serialize_keras_object(embedding),
            "vocabulary_size": self.vocabulary_size,
            "activation": self.activation,
            "layer_norm_epsilon": self.layer_norm_epsilon,
            "initializer_range": self.initializer_range,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "MaskedLMHead":
        config = dict(config)
        if isinstance(config.get("token_embedding"), dict):
            config["token_embedding"] = keras.saving.deserialize_keras_object(
                config["token_embedding"]
            )
        return cls(**config)
