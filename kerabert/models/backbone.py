"""BERT itself: token ids in, contextual vectors out."""

from collections.abc import Sequence
from typing import Any

import keras

from kerabert.layers.arguments import check_heads_divide, check_positive_integers
from kerabert.layers.embedding import BertEmbedding
from kerabert.layers.encoder_block import EncoderBlock
from kerabert.layers.pooler import Pooler
from kerabert.models.backbone_states import BackboneStates
from kerabert.models.inputs import check_arrays
from kerabert.models.lora import enable_lora
from kerabert.models.packed_backbone import PackedBackbone
from kerabert.models.preset_methods import PresetMethods


@keras.saving.register_keras_serializable(package="kerabert")
class BertBackbone(PresetMethods, keras.Model):
    """The BERT encoder.

    Embeddings, then `num_layers` encoder blocks, then the pooler:

        token_ids, segment_ids -> BertEmbedding -> EncoderBlock x num_layers -> sequence_output
        sequence_output[:, 0] -> Pooler -> pooled_output

    Args:
        vocabulary_size: int, number of token ids.
        hidden_dim: int, size of a token's vector.
        num_layers: int, number of encoder blocks.
        num_heads: int, attention heads of a block; must divide `hidden_dim`.
        intermediate_dim: int, inner size of a block's feed-forward network; usually 4 times
            `hidden_dim`.
        activation: str, the feed-forward activation: `"gelu"` (exact, Hugging Face),
            `"gelu_new"` (tanh form, Google) or another that `get_activation` knows.
        max_sequence_length: int, number of positions. Default 512.
        num_segments: int, number of segment ids. Default 2.
        dropout_rate: float in [0, 1). Default 0.1.
        attention_dropout_rate: float in [0, 1). Default 0.1.
        layer_norm_epsilon: float. Default 1e-12.
        initializer_range: float, standard deviation of the initial weights. Default 0.02.
        use_pooler: bool. False leaves the pooler and `pooled_output` out. Default True.
        gradient_checkpointing: bool, see `EncoderBlock`. Default False.
        frozen_layers: names of layers whose `trainable` is False, among "embedding", "block_0"
            and so on, and "pooler". Default none.
        dtype: str or `keras.DTypePolicy`, for example `"mixed_bfloat16"`. Default: Keras' global
            policy.

    Inputs:
        A dict of
        token_ids: int32 (batch, sequence), each in 0..vocabulary_size-1.
        segment_ids: int32 (batch, sequence), each in 0..num_segments-1.
        padding_mask: bool (batch, sequence), True at tokens, False at padding.

    Outputs:
        A dict of
        sequence_output: float (batch, sequence, hidden_dim), a vector for each token.
        pooled_output: float (batch, hidden_dim), a vector for the whole sequence.

    Raises:
        ValueError: if an argument is out of range, `num_heads` does not divide `hidden_dim`, an
            id is out of range, or a sequence is longer than `max_sequence_length`.

    Example:

    >>> import numpy as np
    >>> backbone = BertBackbone(
    ...     vocabulary_size=100, hidden_dim=8, num_layers=2, num_heads=2, intermediate_dim=32
    ... )
    >>> outputs = backbone({
    ...     "token_ids": np.array([[2, 17, 3, 0]]),
    ...     "segment_ids": np.array([[0, 0, 0, 0]]),
    ...     "padding_mask": np.array([[True, True, True, False]]),
    ... })
    >>> tuple(outputs["sequence_output"].shape), tuple(outputs["pooled_output"].shape)
    ((1, 4, 8), (1, 8))

    Source: Devlin et al., 2019, section 3.
    """

    def __init__(
        self,
        vocabulary_size: int,
        hidden_dim: int,
        num_layers: int,
        num_heads: int,
        intermediate_dim: int,
        activation: str = "gelu",
        max_sequence_length: int = 512,
        num_segments: int = 2,
        dropout_rate: float = 0.1,
        attention_dropout_rate: float = 0.1,
        layer_norm_epsilon: float = 1e-12,
        initializer_range: float = 0.02,
        use_pooler: bool = True,
        gradient_checkpointing: bool = False,
        frozen_layers: Sequence[str] = (),
        dtype: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        check_positive_integers(num_layers=num_layers, num_heads=num_heads, hidden_dim=hidden_dim)
        check_heads_divide(num_heads, hidden_dim)

        # === Layers ===
        embedding = BertEmbedding(
            vocabulary_size=vocabulary_size,
            hidden_dim=hidden_dim,
            max_sequence_length=max_sequence_length,
            num_segments=num_segments,
            dropout_rate=dropout_rate,
            layer_norm_epsilon=layer_norm_epsilon,
            initializer_range=initializer_range,
            dtype=dtype,
            name="embedding",
        )
        blocks = [
            EncoderBlock(
                num_heads=num_heads,
                intermediate_dim=intermediate_dim,
                activation=activation,
                dropout_rate=dropout_rate,
                attention_dropout_rate=attention_dropout_rate,
                layer_norm_epsilon=layer_norm_epsilon,
                initializer_range=initializer_range,
                gradient_checkpointing=gradient_checkpointing,
                dtype=dtype,
                name=f"block_{i}",
            )
            for i in range(num_layers)
        ]
        pooler = (
            Pooler(initializer_range=initializer_range, dtype=dtype, name="pooler")
            if use_pooler
            else None
        )

        # === Functional model ===
        inputs = {
            "token_ids": keras.Input((None,), dtype="int32", name="token_ids"),
            "segment_ids": keras.Input((None,), dtype="int32", name="segment_ids"),
            "padding_mask": keras.Input((None,), dtype="bool", name="padding_mask"),
        }
        x = embedding(inputs["token_ids"], inputs["segment_ids"])
        for block in blocks:
            x = block(x, padding_mask=inputs["padding_mask"])
        outputs = {"sequence_output": x}
        if pooler is not None:
            outputs["pooled_output"] = pooler(x)
        super().__init__(inputs=inputs, outputs=outputs, name=name, **kwargs)
        # Keras does not pass a `dtype` on to functional models.
        self.dtype_policy = embedding.dtype_policy

        # === Config ===
        self.embedding = embedding
        self.blocks = blocks
        self.pooler = pooler
        self.vocabulary_size = vocabulary_size
        self.hidden_dim = hidden_dim
        self.num_layers = num_layers
        self.num_heads = num_heads
        self.intermediate_dim = intermediate_dim
        self.activation = activation
        self.max_sequence_length = max_sequence_length
        self.num_segments = num_segments
        self.dropout_rate = dropout_rate
        self.attention_dropout_rate = attention_dropout_rate
        self.layer_norm_epsilon = layer_norm_epsilon
        self.initializer_range = initializer_range
        self.use_pooler = use_pooler
        self.gradient_checkpointing = gradient_checkpointing

        parts = _trained_parts(self)
        if not set(frozen_layers) <= set(parts):
            raise ValueError(
                f"`frozen_layers` must be among {list(parts)}. Received: {list(frozen_layers)}"
            )
        for part in frozen_layers:
            parts[part].trainable = False

    def with_states(
        self, hidden_states: bool = True, attention_weights: bool = False
    ) -> keras.Model:
        """Return a model on the same weights that also gives what lies between.

        Args:
            hidden_states: bool, add `hidden_states`: a list of `num_layers + 1` float tensors
                (batch, sequence, hidden_dim), the embeddings first.
            attention_weights: bool, add `attention_weights`: a list of `num_layers` float
                tensors (batch, num_heads, sequence, sequence).

        Returns:
            A `keras.Model` with this backbone's inputs, its outputs, and those lists.

        Example:

        >>> import numpy as np
        >>> backbone = BertBackbone(100, 8, num_layers=2, num_heads=2, intermediate_dim=32)
        >>> outputs = backbone.with_states(attention_weights=True)({
        ...     "token_ids": np.array([[2, 17, 3]]),
        ...     "segment_ids": np.array([[0, 0, 0]]),
        ...     "padding_mask": np.array([[True, True, True]]),
        ... })
        >>> len(outputs["hidden_states"]), tuple(outputs["attention_weights"][0].shape)
        (3, (1, 2, 3, 3))
        """
        return BackboneStates(self, hidden_states, attention_weights)

    def for_packed_rows(self) -> keras.Model:
        """Return a `PackedBackbone`: the same weights, for rows that hold several examples."""
        return PackedBackbone(self)

    def enable_lora(
        self, rank: int, alpha: float | None = None, layers: Sequence[str] = ("query", "value")
    ) -> None:
        """Freeze the backbone and train low-rank changes of some of its kernels instead.

        Calls Keras' own `Dense.enable_lora` on the named layers of every block: `W x` becomes
        `W x + alpha / rank * (x A) B`, with `A` and `B` trained. Saving writes the sum, so a
        saved model is an ordinary one. Call it before `compile`.

        Args:
            rank: int, the inner size of `A B`.
            alpha: float, the scale. Default: `rank`.
            layers: names among "query", "key", "value", "attention_output", "intermediate" and
                "output". Default: ("query", "value").

        Raises:
            ValueError: if `rank` is not a positive integer, or a name is not among those.

        Source: Hu et al., 2021, section 4.
        """
        enable_lora(self, rank, alpha, layers)

    def predict(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(x, dict):
            check_arrays(x, self)
        return super().predict(x, *args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        return {
            "vocabulary_size": self.vocabulary_size,
            "hidden_dim": self.hidden_dim,
            "num_layers": self.num_layers,
            "num_heads": self.num_heads,
            "intermediate_dim": self.intermediate_dim,
            "activation": self.activation,
            "max_sequence_length": self.max_sequence_length,
            "num_segments": self.num_segments,
            "dropout_rate": self.dropout_rate,
            "attention_dropout_rate": self.attention_dropout_rate,
            "layer_norm_epsilon": self.layer_norm_epsilon,
            "initializer_range": self.initializer_range,
            "use_pooler": self.use_pooler,
            "gradient_checkpointing": self.gradient_checkpointing,
            "frozen_layers": [
                part for part, layer in _trained_parts(self).items() if not layer.trainable
            ],
            "dtype": keras.saving.serialize_keras_object(self.dtype_policy),
            "name": self.name,
            "trainable": self.trainable,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "BertBackbone":
        config = dict(config)
        if isinstance(config.get("dtype"), dict):
            config["dtype"] = keras.saving.deserialize_keras_object(config["dtype"])
        return cls(**config)


def _trained_parts(backbone: BertBackbone) -> dict[str, keras.layers.Layer]:
    layers = (backbone.embedding, *backbone.blocks, backbone.pooler)
    return {layer.name: layer for layer in layers if layer is not None}
