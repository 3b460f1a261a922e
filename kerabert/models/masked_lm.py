"""The token behind each [MASK]."""

from typing import Any

import keras
import numpy as np

from kerabert.layers.ids import check_ids
from kerabert.layers.masked_lm_head import MaskedLMHead
from kerabert.models.backbone import BertBackbone
from kerabert.models.fill_mask import fill_mask
from kerabert.models.inputs import check_arrays
from kerabert.models.labels import check_target_shape, encode_ids
from kerabert.models.one_text import takes_one
from kerabert.models.packed_backbone import packed_inputs
from kerabert.models.packed_rows import check_packed_rows
from kerabert.models.task import BertTask
from kerabert.models.token_crossentropy import TokenCrossentropy
from kerabert.text.tokenizer import BertTokenizer


@keras.saving.register_keras_serializable(package="kerabert")
class BertMaskedLM(BertTask):
    """Predicts the tokens at masked positions, as BERT is pretrained.

    `logits = MaskedLMHead(sequence_output, mask_positions)`. It is trained with the mean
    cross-entropy of the masked tokens, each weighed by its `sample_weight`: 1 for a mask, 0 where
    a row has fewer masks than the array is wide.

    Args:
        backbone: `BertBackbone`. Its pooler, if it has one, is not trained.
        tokenizer: `BertTokenizer`, needed for strings.
        tie_embeddings: bool, whether the head shares the table of the token embedding.
            Default True, as in every published BERT.
        head_activation: str, the head's activation. Default: the backbone's. KerasHub's masked
            LMs have `"gelu"` on a backbone of `"gelu_new"`.
        head_layer_norm_epsilon: float, the head's epsilon. Default: the backbone's. KerasHub's
            masked LMs have 1e-5.
        sequence_length: int, the longest sequence in tokens. Default: the backbone's
            `max_sequence_length`.
        packed: bool, whether rows hold several examples each, as those of
            `PretrainingBatches(pack=True)` do. The weights and the preset are the same either way:
            `from_preset(..., packed=True)`. Default False.

    Inputs:
        The backbone's inputs and
        mask_positions: int32 (batch, masks), each in 0..sequence-1.
        With `packed`, in place of padding_mask,
        example_ids: int32 (batch, sequence), 1 at the tokens of a row's first example, 2 at those
            of its second and so on, 0 at padding.
        example_starts: int32 (batch, examples), where each example's [CLS] is, then 0.

    Outputs:
        Logits: float32 (batch, masks, vocabulary_size).

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "cat", "dog"]
    >>> backbone = BertBackbone(
    ...     len(vocabulary), hidden_dim=8, num_layers=1, num_heads=2, intermediate_dim=16,
    ...     use_pooler=False,
    ... )
    >>> model = BertMaskedLM(backbone, tokenizer=BertTokenizer(vocabulary))
    >>> filled = model.fill_mask(["a [MASK]", "[MASK] dog"], top_k=3)
    >>> [len(candidates) for text in filled for candidates in text]
    [3, 3]
    >>> filled[0][0][0].token in vocabulary
    True

    Source: Devlin et al., 2019, section 3.1, "Task #1".
    """

    default_learning_rate = 1e-4
    takes_strings = False
    uses_pooler = False

    def __init__(
        self,
        backbone: BertBackbone,
        tokenizer: BertTokenizer | None = None,
        tie_embeddings: bool = True,
        head_activation: str | None = None,
        head_layer_norm_epsilon: float | None = None,
        sequence_length: int | None = None,
        packed: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        # === Functional model ===
        masked_lm_head = make_masked_lm_head(
            backbone, tie_embeddings, head_activation, head_layer_norm_epsilon
        )
        inputs, vectors = run_backbone(backbone, packed)
        super().__init__(
            backbone,
            tokenizer=tokenizer,
            sequence_length=sequence_length,
            inputs=inputs,
            outputs=masked_lm_head(vectors["sequence_output"], inputs["mask_positions"]),
            name=name,
            **kwargs,
        )

        # === Config ===
        self.masked_lm_head = masked_lm_head
        self.tie_embeddings = tie_embeddings
        self.head_activation = head_activation
        self.head_layer_norm_epsilon = head_layer_norm_epsilon
        self.packed = packed

    def default_loss(self) -> Any:
        return TokenCrossentropy()

    def default_metrics(self) -> list[Any]:
        return []

    def default_weighted_metrics(self) -> Any:
        return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]  # only masks count

    def check_inputs(self, x: dict[str, Any]) -> None:
        check_masked_inputs(x, self.backbone, self.packed)

    def encode_targets(self, y: Any, num_rows: int) -> np.ndarray:
        return encode_ids(y, num_rows, self.backbone.vocabulary_size)

    def encode_array_targets(self, y: Any, x: dict[str, Any]) -> np.ndarray:
        return check_target_shape(super().encode_array_targets(y, x), x["mask_positions"])

    @takes_one(pairs=True)
    def fill_mask(self, texts: Any, top_k: int = 5, batch_size: int = 32) -> Any:
        """Return the likeliest tokens for each [MASK] in each text.

        Args:
            texts: a str or a pair of str; or a list of str, a tuple of two lists of str, a list
                of pairs; in which `[MASK]` stands for a hidden token.
            top_k: int, candidates a mask. Default 5.
            batch_size: int. Default 32.

        Returns:
            For each of a text's masks in order a list of `FilledMask`, the likeliest first; of
            many texts, a list of that for each.

        Raises:
            ValueError: if a text has no mask, or is cut before its last one.

        Example:

        >>> model = BertMaskedLM.from_preset("kerabert_mini_en_uncased")
        >>> text = "he opened the [MASK] and went into the house ."
        >>> [[likeliest]] = model.fill_mask(text, top_k=1)
        >>> likeliest.token
        'door'
        """
        return fill_mask(self, texts, top_k, batch_size, lambda outputs: outputs)

    def head_config(self) -> dict[str, Any]:
        return {
            "tie_embeddings": self.tie_embeddings,
            "head_activation": self.head_activation,
            "head_layer_norm_epsilon": self.head_layer_norm_epsilon,
            "sequence_length": self.sequence_length,
        }

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | ({"packed": True} if self.packed else {})

    @property
    def head_layers(self) -> dict[str, keras.layers.Layer]:
        return masked_lm_layers(self.masked_lm_head)


def make_masked_lm_head(
    backbone: BertBackbone,
    tie_embeddings: bool,
    activation: str | None = None,
    layer_norm_epsilon: float | None = None,
) -> MaskedLMHead:
    """Return the head that fits a backbone, with its activation and epsilon where none are given.

    Raises:
        ValueError: if an argument is out of range.
    """
    if not isinstance(tie_embeddings, bool):
        raise ValueError(
            f"`tie_embeddings` must be a bool. Received: tie_embeddings={tie_embeddings!r}"
        )
    return MaskedLMHead(
        token_embedding=backbone.embedding.token_embedding if tie_embeddings else None,
        vocabulary_size=backbone.vocabulary_size,
        activation=backbone.activation if activation is None else activation,
        layer_norm_epsilon=(
            backbone.layer_norm_epsilon if layer_norm_epsilon is None else layer_norm_epsilon
        ),
        initializer_range=backbone.initializer_range,
        dtype=backbone.dtype_policy,
        name="masked_lm_head",
    )


def masked_lm_layers(head: MaskedLMHead) -> dict[str, keras.layers.Layer]:
    """Return what holds the head's weights by Hugging Face's name."""
    return {
        "cls.predictions.transform.dense": head.dense,
        "cls.predictions.transform.LayerNorm": head.layer_norm,
        "cls.predictions": head,
    }


def run_backbone(backbone: BertBackbone, packed: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the symbolic inputs, with mask positions, and the backbone's vectors of them.

    Raises:
        ValueError: if `packed` is not a bool.
    """
    if not isinstance(packed, bool):
        raise ValueError(f"`packed` must be a bool. Received: packed={packed!r}")
    mask_positions = keras.Input((None,), dtype="int32", name="mask_positions")
    if packed:
        inputs = packed_inputs()
        vectors = backbone.for_packed_rows()(inputs)
    else:
        inputs = backbone.input
        vectors = backbone(inputs)
    return {**inputs, "mask_positions": mask_positions}, vectors


def check_masked_inputs(x: dict[str, Any], backbone: BertBackbone, packed: bool = False) -> None:
    """Raise `ValueError` unless `x` holds the inputs of a backbone and mask positions within them.

    Args:
        packed: bool, whether the backbone is one for packed rows.
    """
    rest = dict(x)
    positions = rest.pop("mask_positions", None)
    if positions is None:
        raise ValueError(
            "A dict of inputs must have the key `mask_positions`: the positions to predict, "
            f"int (batch, masks). Received: keys={sorted(x)}"
        )
    if packed:
        rest = check_packed_rows(rest)
    elif "example_ids" in rest:
        raise ValueError(
            "Rows of several examples must be given to a model made with `packed=True`. "
            f"Received: keys={sorted(x)}"
        )
    check_arrays(rest, backbone)
    batch, length = x["token_ids"].shape
    shape = tuple(getattr(positions, "shape", ()))
    dtype = str(getattr(positions, "dtype", type(positions).__name__))
    if len(shape) != 2 or shape[0] != batch or not shape[1] or "int" not in dtype:
        raise ValueError(
            f"`mask_positions` must be integers (batch, masks), batch = {batch}, masks above 0. "
            f"Received: {dtype} {shape}."
        )
    check_ids("mask_positions", positions, int(length))
