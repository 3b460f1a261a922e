"""Which of several texts goes best with a first one."""

from typing import Any

import keras
import numpy as np
from keras import ops

from kerabert.models.backbone import BertBackbone
from kerabert.models.dense_head import make_dense_head
from kerabert.models.inputs import check_arrays
from kerabert.models.labels import encode_classes
from kerabert.models.task import BertTask
from kerabert.text.tokenizer import BertTokenizer


@keras.saving.register_keras_serializable(package="kerabert")
class BertMultipleChoice(BertTask):
    """Chooses among several texts, for example the ending of a story.

    Each choice is packed with the question and scored for itself,
    `score = w dropout(pooled_output) + b`; the softmax is over the choices of a row. A row with
    fewer choices than the array is wide has all padding in the rest, whose scores are -1e9.

    Args:
        backbone: `BertBackbone` with a pooler.
        tokenizer: `BertTokenizer`, kept with the model.
        dropout_rate: float in [0, 1), before the last layer. Default: the backbone's.
        sequence_length: int, the longest sequence in tokens. Default: the backbone's
            `max_sequence_length`.

    Inputs:
        The backbone's inputs with an axis for the choices:
        token_ids: int32 (batch, choices, sequence).
        segment_ids: int32 (batch, choices, sequence).
        padding_mask: bool (batch, choices, sequence).

    Outputs:
        Logits: float32 (batch, choices).

    Raises:
        ValueError: if an argument is out of range, or the backbone has no pooler.

    Example:

    >>> import numpy as np
    >>> backbone = BertBackbone(
    ...     8, hidden_dim=8, num_layers=1, num_heads=2, intermediate_dim=16
    ... )
    >>> model = BertMultipleChoice(backbone)
    >>> x = {
    ...     "token_ids": np.array([[[2, 5, 3, 6, 3], [2, 5, 3, 7, 3], [0, 0, 0, 0, 0]]]),
    ...     "segment_ids": np.array([[[0, 0, 0, 1, 1], [0, 0, 0, 1, 1], [0, 0, 0, 0, 0]]]),
    ... }
    >>> x["padding_mask"] = x["token_ids"] != 0
    >>> history = model.fit(x, [1], verbose=0)
    >>> scores = model.predict(x, verbose=0)
    >>> scores.shape, int(scores.argmin())
    ((1, 3), 2)

    Source: Devlin et al., 2019, section 4.4.
    """

    takes_strings = False

    def __init__(
        self,
        backbone: BertBackbone,
        tokenizer: BertTokenizer | None = None,
        dropout_rate: float | None = None,
        sequence_length: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if backbone.pooler is None:
            raise ValueError("The backbone must have a pooler. Received: use_pooler=False.")
        # === Functional model ===
        classifier, dropout = make_dense_head(backbone, 1, dropout_rate, "classifier")
        inputs = {
            key: keras.Input((None, None), dtype=tensor.dtype, name=key)
            for key, tensor in backbone.input.items()
        }
        rows = {key: _ChoicesToRows(name=f"{key}_rows")(x) for key, x in inputs.items()}
        scores = classifier(dropout(backbone(rows)["pooled_output"]))
        super().__init__(
            backbone,
            tokenizer=tokenizer,
            sequence_length=sequence_length,
            inputs=inputs,
            outputs=_RowsToChoices(dtype="float32", name="choices")(scores, inputs["padding_mask"]),
            name=name,
            **kwargs,
        )

        # === Config ===
        self.classifier = classifier
        self.dropout_rate = dropout_rate

    def default_loss(self) -> Any:
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def default_metrics(self) -> list[Any]:
        return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]

    def check_inputs(self, x: dict[str, Any]) -> None:
        shapes = {name: tuple(getattr(values, "shape", ())) for name, values in x.items()}
        shape = next(iter(shapes.values()), ())
        if len(shape) != 3 or 0 in shape or set(shapes.values()) != {shape}:
            raise ValueError(
                "Inputs must have one shape (batch, choices, sequence), none of them 0. "
                f"Received: {shapes}"
            )
        rows = {
            name: ops.convert_to_numpy(values).reshape(-1, shape[2]) for name, values in x.items()
        }
        check_arrays(rows, self.backbone)

    def encode_targets(self, y: Any, num_rows: int) -> np.ndarray:
        return encode_classes(y, num_rows, 2**31 - 1, None)

    def encode_array_targets(self, y: Any, x: dict[str, Any]) -> np.ndarray:
        exists = ops.convert_to_numpy(x["padding_mask"]).any(axis=-1)  # (batch, choices)
        num_rows, num_choices = exists.shape
        choices = encode_classes(y, num_rows, num_choices, None)
        bad = np.flatnonzero(~exists[np.arange(num_rows), choices])
        if len(bad):
            raise ValueError(
                "A label must be a choice that is not all padding. "
                f"Received: row {bad[0]} is {choices[bad[0]]}."
            )
        return choices

    def head_config(self) -> dict[str, Any]:
        return {"dropout_rate": self.dropout_rate, "sequence_length": self.sequence_length}

    @property
    def head_layers(self) -> dict[str, keras.layers.Layer]:
        return {"classifier": self.classifier}


class _ChoicesToRows(keras.layers.Layer):
    """(batch, choices, sequence) -> (batch * choices, sequence)."""

    def call(self, inputs: Any) -> Any:
        return ops.reshape(inputs, (-1, ops.shape(inputs)[-1]))

    def compute_output_spec(self, inputs: Any) -> Any:
        return keras.KerasTensor((None, inputs.shape[-1]), dtype=inputs.dtype)


class _RowsToChoices(keras.layers.Layer):
    """(batch * choices, 1) -> (batch, choices); a choice that is all padding cannot be chosen."""

    def call(self, scores: Any, padding_mask: Any) -> Any:
        exists = ops.any(padding_mask, axis=-1)  # (batch, choices)
        return ops.where(exists, ops.reshape(scores, ops.shape(exists)), -1e9)

    def compute_output_spec(self, scores: Any, padding_mask: Any) -> Any:
        return keras.KerasTensor(padding_mask.shape[:2], dtype="float32")
