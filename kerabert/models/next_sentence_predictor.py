"""Whether a text follows another."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from kerabert.layers.next_sentence_head import NextSentenceHead
from kerabert.models.backbone import BertBackbone
from kerabert.models.labels import encode_classes
from kerabert.models.next_sentence import judge_pairs
from kerabert.models.task import BertTask
from kerabert.text.tokenizer import BertTokenizer


@keras.saving.register_keras_serializable(package="kerabert")
class BertNextSentencePredictor(BertTask):
    """Tells whether the second text of a pair follows the first, as BERT is pretrained.

    `logits = NextSentenceHead(pooled_output)`. Labels are 0 where the second text follows the
    first, 1 where it is from elsewhere, as in every published BERT.

    Args:
        backbone: `BertBackbone` with a pooler.
        tokenizer: `BertTokenizer`, needed for strings.
        sequence_length: int, the longest sequence in tokens. Default: the backbone's
            `max_sequence_length`.

    Inputs:
        Pairs of strings, or the backbone's inputs.

    Outputs:
        Logits: float32 (batch, 2).

    Raises:
        ValueError: if an argument is out of range, or the backbone has no pooler.

    Example:

    >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "cat", "sat"]
    >>> backbone = BertBackbone(
    ...     len(vocabulary), hidden_dim=8, num_layers=1, num_heads=2, intermediate_dim=16
    ... )
    >>> model = BertNextSentencePredictor(backbone, tokenizer=BertTokenizer(vocabulary))
    >>> history = model.fit((["a cat", "a"], ["sat", "cat"]), [0, 1], verbose=0)
    >>> answer = model.is_next("a cat", "sat")
    >>> answer.is_next == (answer.score >= 0.5)
    True

    Source: Devlin et al., 2019, section 3.1, "Task #2".
    """

    def __init__(
        self,
        backbone: BertBackbone,
        tokenizer: BertTokenizer | None = None,
        sequence_length: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        # === Functional model ===
        next_sentence_head = make_next_sentence_head(backbone)
        super().__init__(
            backbone,
            tokenizer=tokenizer,
            sequence_length=sequence_length,
            inputs=backbone.input,
            outputs=next_sentence_head(backbone(backbone.input)["pooled_output"]),
            name=name,
            **kwargs,
        )

        # === Config ===
        self.next_sentence_head = next_sentence_head

    def default_loss(self) -> Any:
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def default_metrics(self) -> list[Any]:
        return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]

    def encode_targets(self, y: Any, num_rows: int) -> np.ndarray:
        return encode_classes(y, num_rows, 2, None)

    def tokenize_texts(
        self, first: Sequence[str], second: Sequence[str] | None = None
    ) -> tuple[list[list[int]], list[list[int]] | None]:
        if second is None:
            raise ValueError("Texts must come in pairs. Received: single texts.")
        return super().tokenize_texts(first, second)

    def is_next(self, first: Any, second: Any, batch_size: int = 32) -> Any:
        """Tell whether a text follows another, for one pair or many.

        Args:
            first: str, or a list of str.
            second: str, or a list of str, as many.
            batch_size: int. Default 32.

        Returns:
            A `NextSentence` with `is_next` and `score`, the probability that it follows; for
            lists, a list.

        Raises:
            ValueError: if they are not two str, or two lists of str of the same length.
        """
        return judge_pairs(self, first, second, batch_size)

    def head_config(self) -> dict[str, Any]:
        return {"sequence_length": self.sequence_length}

    @property
    def head_layers(self) -> dict[str, keras.layers.Layer]:
        return {"cls.seq_relationship": self.next_sentence_head.dense}


def make_next_sentence_head(backbone: BertBackbone) -> NextSentenceHead:
    """Return the head that fits a backbone.

    Raises:
        ValueError: if the backbone has no pooler.
    """
    if backbone.pooler is None:
        raise ValueError("The backbone must have a pooler. Received: use_pooler=False.")
    return NextSentenceHead(
        initializer_range=backbone.initializer_range, dtype="float32", name="next_sentence_head"
    )
