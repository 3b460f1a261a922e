"""BERT with both heads of its pretraining."""

from typing import Any

import keras
import numpy as np

from kerabert.models.backbone import BertBackbone
from kerabert.models.fill_mask import fill_mask
from kerabert.models.labels import check_target_shape, encode_classes, encode_ids
from kerabert.models.masked_lm import (
    check_masked_inputs,
    make_masked_lm_head,
    masked_lm_layers,
    run_backbone,
)
from kerabert.models.next_sentence import judge_pairs
from kerabert.models.next_sentence_predictor import make_next_sentence_head
from kerabert.models.one_text import takes_one
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
        A dict of logits:
        masked_lm: float32 (batch, masks, vocabulary_size).
        next_sentence: float32 (batch, 2); class 0 is "the second segment follows the first". With
            `packed` (batch, examples, 2); the targets are then (batch, examples), weighed by
            their `sample_weight`: 1 for an example, 0 for the filling.

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

    default_learning_rate = 1e-4
    takes_strings = False

    def __init__(
        self,
        backbone: BertBackbone,
        tokenizer: BertTokenizer | None = None,
        tie_embeddings: bool = True,
        sequence_length: int | None = None,
        packed: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        # === Functional model ===
        masked_lm_head = make_masked_lm_head(backbone, tie_embeddings)
        next_sentence_head = make_next_sentence_head(backbone)
        inputs, vectors = run_backbone(backbone, packed)
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
        self.packed = packed

    def default_loss(self) -> Any:
        if self.packed:
            next_sentence: Any = TokenCrossentropy()  # the mean over all examples of a batch
        else:
            next_sentence = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return {"masked_lm": TokenCrossentropy(), "next_sentence": next_sentence}

    def default_metrics(self) -> Any:
        return {} if self.packed else {"next_sentence": [_accuracy()]}

    def default_weighted_metrics(self) -> Any:
        masked_lm = {"masked_lm": [_accuracy()]}  # only masks count
        return masked_lm | ({"next_sentence": [_accuracy()]} if self.packed else {})

    def check_inputs(self, x: dict[str, Any]) -> None:
        check_masked_inputs(x, self.backbone, self.packed)

    def encode_targets(self, y: Any, num_rows: int) -> dict[str, np.ndarray]:
        if not isinstance(y, dict) or set(y) != {"masked_lm", "next_sentence"}:
            received = sorted(y) if isinstance(y, dict) else type(y).__name__
            raise ValueError(
                "`y` must be a dict with the keys `masked_lm` and `next_sentence`. "
                f"Received: {received}"
            )
        if self.packed:
            next_sentence = encode_ids(y["next_sentence"], num_rows, 2)
        else:
            next_sentence = encode_classes(y["next_sentence"], num_rows, 2, None)
        return {
            "masked_lm": encode_ids(y["masked_lm"], num_rows, self.backbone.vocabulary_size),
            "next_sentence": next_sentence,
        }

    def encode_array_targets(self, y: Any, x: dict[str, Any]) -> dict[str, np.ndarray]:
        targets = super().encode_array_targets(y, x)
        check_target_shape(targets["masked_lm"], x["mask_positions"])
        if self.packed:
            check_target_shape(targets["next_sentence"], x["example_starts"])
        return targets

    @takes_one(pairs=True)
    def fill_mask(self, texts: Any, top_k: int = 5, batch_size: int = 32) -> Any:
        """Return the likeliest tokens for each [MASK] in each text; see `BertMaskedLM`."""
        return fill_mask(self, texts, top_k, batch_size, lambda outputs: outputs["masked_lm"])

    def is_next(self, first: Any, second: Any, batch_size: int = 32) -> Any:
        """Tell whether a text follows another; see `BertNextSentencePredictor`."""
        return judge_pairs(self, first, second, batch_size, "next_sentence")

    def head_config(self) -> dict[str, Any]:
        return {"tie_embeddings": self.tie_embeddings, "sequence_length": self.sequence_length}

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | ({"packed": True} if self.packed else {})

    @property
    def head_layers(self) -> dict[str, keras.layers.Layer]:
        return masked_lm_layers(self.masked_lm_head) | {
            "cls.seq_relationship": self.next_sentence_head.dense
        }


def _accuracy() -> Any:
    return keras.metrics.SparseCategoricalAccuracy(name="accuracy")
