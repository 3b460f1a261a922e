"""BERT with both heads of its pretraining."""

from typing import Any

import keras
import numpy as np

from kerabert.models.backbone import BertBackbone
from kerabert.models.fill_mask import FilledMask, fill_mask
from kerabert.models.labels import check_target_shape, encode_classes, encode_ids
from kerabert.models.masked_lm import (
    check_masked_inputs,
    make_masked_lm_head,
    mask_positions_input,
    masked_lm_layers,
)
from kerabert.models.next_sentence_predictor import make_next_sentence_head
from kerabert.models.task import BertTask
from kerabert.models.token_crossentropy import TokenCrossentropy
from kerabert.text.tokenizer import BertTokenizer


@keras.saving.register_keras_serializable(package="kerabert")
class BertPretrainer(BertTask):
    """BERT as it is pretrained: hidden tokens and next sentences at once.

    `masked_lm = MaskedLMHead(sequence_output, mask_positions)` and
    `next_sentence = NextSentenceHead(pooled_output)`; the loss is the sum of both heads'.

    Args:
        backbone: `BertBackbone` with a pooler.
        tokenizer: `BertTokenizer`, needed for strings.
        tie_embeddings: bool, see `BertMaskedLM`. Default True.
        sequence_length: int, the longest sequence in tokens. Default: the backbone's
            `max_sequence_length`.

    Inputs:
        The backbone's inputs and
        mask_positions: int32 (batch, masks), each in 0..sequence-1.

    Outputs:
        A dict of logits:
        masked_lm: float32 (batch, masks, vocabulary_size).
        next_sentence: float32 (batch, 2); class 0 is "the second segment follows the first".

    Raises:
        ValueError: if an argument is out of range, or the backbone has no pooler.

    Example:

    >>> import numpy as np
    >>> backbone = BertBackbone(
    ...     8, hidden_dim=8, num_layers=1, num_heads=2, intermediate_dim=16
    ... )
    >>> model = BertPretrainer(backbone)
    >>> x = {
    ...     "token_ids": np.array([[2, 5, 4, 3, 4, 3]]),
    ...     "segment_ids": np.array([[0, 0, 0, 0, 1, 1]]),
    ...     "padding_mask": np.ones((1, 6), bool),
    ...     "mask_positions": np.array([[2, 4]]),
    ... }
    >>> y = {"masked_lm": np.array([[6, 7]]), "next_sentence": np.array([0])}
    >>> history = model.fit(x, y, verbose=0)
    >>> outputs = model.predict(x, verbose=0)
    >>> outputs["masked_lm"].shape, outputs["next_sentence"].shape
    ((1, 2, 8), (1, 2))

    Source: Devlin et al., 2019, section 3.1 and appendix A.2.
    """

    takes_strings = False

    def __init__(
        self,
        backbone: BertBackbone,
        tokenizer: BertTokenizer | None = None,
        tie_embeddings: bool = True,
        sequence_length: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        # === Functional model ===
        masked_lm_head = make_masked_lm_head(backbone, tie_embeddings)
        next_sentence_head = make_next_sentence_head(backbone)
        inputs = {**backbone.input, "mask_positions": mask_positions_input()}
        vectors = backbone(backbone.input)
        super().__init__(
            backbone,
            tokenizer=tokenizer,
            sequence_length=sequence_length,
            inputs=inputs,
            outputs={
                "masked_lm": masked_lm_head(vectors["sequence_output"], inputs["mask_positions"]),
                "next_sentence": next_sentence_head(vectors["pooled_output"]),
            },
            name=name,
            **kwargs,
        )

        # === Config ===
        self.masked_lm_head = masked_lm_head
        self.next_sentence_head = next_sentence_head
        self.tie_embeddings = tie_embeddings

    def default_loss(self) -> Any:
        return {
            "masked_lm": TokenCrossentropy(),
            "next_sentence": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        }

    def default_metrics(self) -> Any:
        return {"next_sentence": [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]}

    def default_weighted_metrics(self) -> Any:
        accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
        return {"masked_lm": [accuracy]}  # only masks count

    def check_inputs(self, x: dict[str, Any]) -> None:
        check_masked_inputs(x, self.backbone)

    def encode_targets(self, y: Any, num_rows: int) -> dict[str, np.ndarray]:
        if not isinstance(y, dict) or set(y) != {"masked_lm", "next_sentence"}:
            received = sorted(y) if isinstance(y, dict) else type(y).__name__
            raise ValueError(
                "`y` must be a dict with the keys `masked_lm` and `next_sentence`. "
                f"Received: {received}"
            )
        return {
            "masked_lm": encode_ids(y["masked_lm"], num_rows, self.backbone.vocabulary_size),
            "next_sentence": encode_classes(y["next_sentence"], num_rows, 2, None),
        }

    def encode_array_targets(self, y: Any, x: dict[str, Any]) -> dict[str, np.ndarray]:
        targets = super().encode_array_targets(y, x)
        check_target_shape(targets["masked_lm"], x["mask_positions"])
        return targets

    def fill_mask(
        self, texts: Any, top_k: int = 5, batch_size: int = 32
    ) -> list[list[list[FilledMask]]]:
        """Return the likeliest tokens for each [MASK] in each text; see `BertMaskedLM`."""
        return fill_mask(self, texts, top_k, batch_size, lambda outputs: outputs["masked_lm"])

    def head_config(self) -> dict[str, Any]:
        return {"tie_embeddings": self.tie_embeddings, "sequence_length": self.sequence_length}

    @property
    def head_layers(self) -> dict[str, keras.layers.Layer]:
        return masked_lm_layers(self.masked_lm_head) | {
            "cls.seq_relationship": self.next_sentence_head.dense
        }
