"""A class for each token of a text."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from kerabert.layers.arguments import check_positive_integers
from kerabert.models.backbone import BertBackbone
from kerabert.models.dense_head import make_dense_head
from kerabert.models.labels import check_classes, check_target_shape, encode_ids
from kerabert.models.task import BertTask
from kerabert.models.token_crossentropy import TokenCrossentropy
from kerabert.text.tokenizer import BertTokenizer


@keras.saving.register_keras_serializable(package="kerabert")
class BertTokenClassifier(BertTask):
    """Classifies each token, for example as part of a name.

    `logits = W dropout(sequence_output) + b`. It is trained with the mean cross-entropy of the
    tokens, each weighed by its `sample_weight`: give 0 to padding and to tokens without a label.

    Args:
        backbone: `BertBackbone`. Its pooler, if it has one, is not trained.
        num_classes: int, at least 2. Default: the number of `classes`.
        classes: list of str, the classes' names in the order of the logits. Default: none, then
            labels are the numbers 0..num_classes-1.
        tokenizer: `BertTokenizer`, kept with the model.
        dropout_rate: float in [0, 1), before the last layer. Default: the backbone's.
        sequence_length: int, the longest sequence in tokens. Default: the backbone's
            `max_sequence_length`.

    Inputs:
        The backbone's inputs.

    Outputs:
        Logits: float32 (batch, sequence, num_classes).

    Raises:
        ValueError: if neither `num_classes` nor `classes` is given, both disagree, or names occur
            twice.

    Example:

    >>> import numpy as np
    >>> backbone = BertBackbone(
    ...     8, hidden_dim=8, num_layers=1, num_heads=2, intermediate_dim=16, use_pooler=False
    ... )
    >>> model = BertTokenClassifier(backbone, classes=["O", "B-person", "I-person"])
    >>> x = {
    ...     "token_ids": np.array([[2, 5, 6, 3]]),
    ...     "segment_ids": np.zeros((1, 4), "int32"),
    ...     "padding_mask": np.ones((1, 4), bool),
    ... }
    >>> y, weights = np.array([[0, 1, 2, 0]]), np.array([[0.0, 1.0, 1.0, 0.0]])
    >>> history = model.fit(x, y, sample_weight=weights, verbose=0)
    >>> model.predict(x, verbose=0).shape
    (1, 4, 3)

    Source: Devlin et al., 2019, section 5.3.
    """

    takes_strings = False

    def __init__(
        self,
        backbone: BertBackbone,
        num_classes: int | None = None,
        classes: Sequence[str] | None = None,
        tokenizer: BertTokenizer | None = None,
        dropout_rate: float | None = None,
        sequence_length: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        classes = check_classes(classes, num_classes)
        if num_classes is None:
            num_classes = len(classes or ())
        check_positive_integers(num_classes=num_classes)
        if num_classes == 1:
            raise ValueError("`num_classes` must be at least 2. Received: num_classes=1")

        # === Functional model ===
        classifier, dropout = make_dense_head(backbone, num_classes, dropout_rate, "classifier")
        super().__init__(
            backbone,
            tokenizer=tokenizer,
            sequence_length=sequence_length,
            inputs=backbone.input,
            outputs=classifier(dropout(backbone(backbone.input)["sequence_output"])),
            name=name,
            **kwargs,
        )

        # === Config ===
        self.classifier = classifier
        self.num_classes = num_classes
        self.classes = classes
        self.dropout_rate = dropout_rate

    def default_loss(self) -> Any:
        return TokenCrossentropy()

    def default_metrics(self) -> list[Any]:
        return []

    def default_weighted_metrics(self) -> Any:
        return [
            keras.metrics.SparseCategoricalAccuracy(name="accuracy")
        ]  # only labelled tokens count

    def encode_targets(self, y: Any, num_rows: int) -> np.ndarray:
        return encode_ids(y, num_rows, self.num_classes)

    def encode_array_targets(self, y: Any, x: dict[str, Any]) -> np.ndarray:
        return check_target_shape(super().encode_array_targets(y, x), x["token_ids"])

    def head_config(self) -> dict[str, Any]:
        return {
            "num_classes": self.num_classes,
            "classes": self.classes,
            "dropout_rate": self.dropout_rate,
            "sequence_length": self.sequence_length,
        }

    @property
    def head_layers(self) -> dict[str, keras.layers.Layer]:
        return {"classifier": self.classifier}
