"""Token, position and segment embeddings, summed and normalised."""

from typing import Any

import keras
from keras import ops

from kerabert.layers.arguments import (
    check_positive_integers,
    check_positive_numbers,
    check_rates,
)
from kerabert.layers.dropout import ReplayableDropout
from kerabert.layers.ids import check_ids
from kerabert.layers.initializers import weight_initializer
from kerabert.layers.layer_norm import LayerNorm


@keras.saving.register_keras_serializable(package="kerabert")
class BertEmbedding(keras.layers.Layer):
    """Turns token ids into vectors.

    `LayerNorm(token[t] + position[i] + segment[s])`, then dropout, for token id `t` at position
    `i` in segment `s`. Positions count from 0 at the beginning of a row, unless they are given.

    Args:
        vocabulary_size: int, number of token ids.
        hidden_dim: int, size of a vector.
        max_sequence_length: int, number of positions. Default 512.
        num_segments: int, number of segment ids. Default 2.
        dropout_rate: float in [0, 1). Default 0.1.
        layer_norm_epsilon: float. Default 1e-12.
        initializer_range: float, standard deviation of the truncated normal that the tables start
            from. Default 0.02.

    Inputs:
        token_ids: int tensor (batch, sequence), each in 0..vocabulary_size-1.
        segment_ids: int tensor (batch, sequence), each in 0..num_segments-1; None means all 0.
        position_ids: int tensor (batch, sequence), each in 0..max_sequence_length-1; None means
            0, 1, 2 and so on in each row.

    Outputs:
        A float tensor (batch, sequence, hidden_dim).

    Raises:
        ValueError: if an argument is out of range, a sequence without `position_ids` is longer
            than `max_sequence_length`, or (when the values can be seen, that is outside a compiled
            function) an id is out of range.

    Example:

    >>> import numpy as np
    >>> layer = BertEmbedding(vocabulary_size=100, hidden_dim=8)
    >>> tuple(layer(np.array([[2, 17, 3]])).shape)
    (1, 3, 8)

    Source: Devlin et al., 2019, section 3, "Input/Output Representations".
    """

    def __init__(
        self,
        vocabulary_size: int,
        hidden_dim: int,
        max_sequence_length: int = 512,
        num_segments: int = 2,
        dropout_rate: float = 0.1,
        layer_norm_epsilon: float = 1e-12,
        initializer_range: float = 0.02,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_positive_integers(
            vocabulary_size=vocabulary_size,
            hidden_dim=hidden_dim,
            max_sequence_length=max_sequence_length,
            num_segments=num_segments,
        )
        check_rates(dropout_rate=dropout_rate)
        check_positive_numbers(
            layer_norm_epsilon=layer_norm_epsilon, initializer_range=initializer_range
        )
        self.vocabulary_size = vocabulary_size
        self.hidden_dim = hidden_dim
        self.max_sequence_length = max_sequence_length
        self.num_segments = num_segments
        self.dropout_rate = dropout_rate
        self.layer_norm_epsilon = layer_norm_epsilon
        self.initializer_range = initializer_range

        def table(size: int, name: str) -> keras.layers.Embedding:
            return keras.layers.Embedding(
                size,
                hidden_dim,
                embeddings_initializer=weight_initializer(initializer_range),
                dtype=self.dtype_policy,
                name=name,
            )

        self.token_embedding = table(vocabulary_size, "token_embedding")
        self.position_embedding = table(max_sequence_length, "position_embedding")
        self.segment_embedding = table(num_segments, "segment_embedding")
        self.layer_norm = LayerNorm(
            epsilon=layer_norm_epsilon, dtype=self.dtype_policy, name="layer_norm"
        )
        self.dropout = ReplayableDropout(dropout_rate, dtype=self.dtype_policy, name="dropout")

    def build(
        self, token_ids_shape: Any, segment_ids_shape: Any = None, position_ids_shape: Any = None
    ) -> None:
        self.token_embedding.build()
        self.position_embedding.build()
        self.segment_embedding.build()
        self.layer_norm.build((None, None, self.hidden_dim))
        self.built = True

    def call(
        self,
        token_ids: Any,
        segment_ids: Any = None,
        position_ids: Any = None,
        training: bool = False,
    ) -> Any:
        length = token_ids.shape[1]
        if position_ids is not None:
            check_ids("position_ids", position_ids, self.max_sequence_length)
        elif length is not None and length > self.max_sequence_length:
            raise ValueError(
                f"A sequence must have at most `max_sequence_length` tokens. Received: "
                f"{length} tokens, max_sequence_length={self.max_sequence_length}."
            )
        check_ids("token_ids", token_ids, self.vocabulary_size)
        if segment_ids is None:
            segment_ids = ops.zeros_like(token_ids)
        else:
            check_ids("segment_ids", segment_ids, self.num_segments)
        x = self.token_embedding(token_ids)  # (batch, sequence, hidden)
        x += self.segment_embedding(segment_ids)
        if position_ids is None:
            position_ids = ops.arange(ops.shape(token_ids)[1])
        x += self.position_embedding(position_ids)  # (sequence, hidden) or as x
        return self.dropout(self.layer_norm(x), training=training)

    def compute_output_shape(
        self, token_ids_shape: Any, segment_ids_shape: Any = None, position_ids_shape: Any = None
    ) -> Any:
        return (*token_ids_shape, self.hidden_dim)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "hidden_dim": self.hidden_dim,
            "max_sequence_length": self.max_sequence_length,
            "num_segments": self.num_segments,
            "dropout_rate": self.dropout_rate,
            "layer_norm_epsilon": self.layer_norm_epsilon,
            "initializer_range": self.initializer_range,
        }
