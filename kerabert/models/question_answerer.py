"""Where in a text the answer to a question stands."""

from typing import Any

import keras
import numpy as np

from kerabert.models.backbone import BertBackbone
from kerabert.models.dense_head import make_dense_head
from kerabert.models.labels import encode_classes
from kerabert.models.task import BertTask
from kerabert.text.tokenizer import BertTokenizer


@keras.saving.register_keras_serializable(package="kerabert")
class BertQuestionAnswerer(BertTask):
    """Finds the span of a text that answers a question.

    `start, end = W sequence_output + b`: two logits a token, for the first and for the last token
    of the answer. A row is `[CLS] question [SEP] context [SEP]`; where the context holds no
    answer, both point at [CLS]. The loss is the mean cross-entropy of both.

    Args:
        backbone: `BertBackbone`. Its pooler, if it has one, is not trained.
        tokenizer: `BertTokenizer`, kept with the model.
        sequence_length: int, the longest sequence in tokens. Default: the backbone's
            `max_sequence_length`.

    Inputs:
        The backbone's inputs.

    Outputs:
        A dict of logits:
        start: float32 (batch, sequence).
        end: float32 (batch, sequence).

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> import numpy as np
    >>> backbone = BertBackbone(
    ...     8, hidden_dim=8, num_layers=1, num_heads=2, intermediate_dim=16, use_pooler=False
    ... )
    >>> model = BertQuestionAnswerer(backbone)
    >>> x = {
    ...     "token_ids": np.array([[2, 5, 3, 6, 7, 3]]),
    ...     "segment_ids": np.array([[0, 0, 0, 1, 1, 1]]),
    ...     "padding_mask": np.ones((1, 6), bool),
    ... }
    >>> history = model.fit(x, {"start": np.array([3]), "end": np.array([4])}, verbose=0)
    >>> model.predict(x, verbose=0)["start"].shape
    (1, 6)

    Source: Devlin et al., 2019, sections 4.2 and 4.3.
    """

    takes_strings = False

    def __init__(
        self,
        backbone: BertBackbone,
        tokenizer: BertTokenizer | None = None,
        sequence_length: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        # === Functional model ===
        span, _ = make_dense_head(backbone, 2, None, "span")
        logits = span(backbone(backbone.input)["sequence_output"])  # (batch, sequence, 2)
        super().__init__(
            backbone,
            tokenizer=tokenizer,
            sequence_length=sequence_length,
            inputs=backbone.input,
            outputs={"start": logits[..., 0], "end": logits[..., 1]},
            name=name,
            **kwargs,
        )

        # === Config ===
        self.span = span

    def default_loss(self) -> Any:
        return {
            name: keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            for name in ("start", "end")
        }

    def default_metrics(self) -> Any:
        return {
            name: [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]
            for name in ("start", "end")
        }

    def compile(self, optimizer: Any = "auto", loss: Any = "auto", **kwargs: Any) -> None:
        kwargs = {"loss_weights": {"start": 0.5, "end": 0.5}} | kwargs
        super().compile(optimizer, loss, **kwargs)

    def encode_targets(self, y: Any, num_rows: int) -> dict[str, np.ndarray]:
        return self._encode_places(y, num_rows, self.sequence_length)

    def encode_array_targets(self, y: Any, x: dict[str, Any]) -> dict[str, np.ndarray]:
        num_rows, length = x["token_ids"].shape
        return self._encode_places(y, int(num_rows), int(length))

    @staticmethod
    def _encode_places(y: Any, num_rows: int, length: int) -> dict[str, np.ndarray]:
        if not isinstance(y, dict) or set(y) != {"start", "end"}:
            received = sorted(y) if isinstance(y, dict) else type(y).__name__
            raise ValueError(
                f"`y` must be a dict with the keys `start` and `end`. Received: {received}"
            )
        return {name: encode_classes(places, num_rows, length, None) for name, places in y.items()}

    def head_config(self) -> dict[str, Any]:
        return {"sequence_length": self.sequence_length}

    @property
    def head_layers(self) -> dict[str, keras.layers.Layer]:
        return {"qa_outputs": self.span}
