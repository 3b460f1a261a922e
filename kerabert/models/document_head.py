"""A head for texts of several windows."""

from typing import Any, NamedTuple

import keras
from keras import ops

from kerabert.layers.document_pooling import DocumentPooling
from kerabert.models.backbone import BertBackbone
from kerabert.models.dense_head import make_dense_head
from kerabert.models.groups_to_rows import group_inputs


class DocumentHead(NamedTuple):
    """A graph from windows to outputs.

    Attributes:
        inputs: dict of symbolic tensors (batch, windows, sequence), as the backbone's.
        outputs: symbolic float32 tensor (batch, num_outputs).
        dense: the last layer.
        pooling: `DocumentPooling`.
    """

    inputs: dict[str, Any]
    outputs: Any
    dense: keras.layers.Dense
    pooling: DocumentPooling


def add_document_head(
    backbone: BertBackbone, num_outputs: int, dropout_rate: float | None, name: str, pooling: str
) -> DocumentHead:
    """Put a pooling of windows, dropout and a dense layer on a backbone's pooled output.

    The vectors of the windows are pooled, not their logits: so attention has a vector to judge a
    window by, dropout hides the same of all windows, and for the mean both are the same.

    Raises:
        ValueError: if the backbone has no pooler, or the rate is out of range.
    """
    if backbone.pooler is None:
        raise ValueError("The backbone must have a pooler. Received: use_pooler=False.")
    dense, dropout = make_dense_head(backbone, num_outputs, dropout_rate, name)
    pool = DocumentPooling(pooling, name="document_pooling")
    inputs, rows = group_inputs(backbone)
    by_window = _RowsToWindows(dtype="float32", name="windows")
    vectors, mask = by_window(backbone(rows)["pooled_output"], inputs["padding_mask"])
    return DocumentHead(inputs, dense(dropout(pool(vectors, mask))), dense, pool)


class _RowsToWindows(keras.layers.Layer):
    """(batch * windows, hidden) -> (batch, windows, hidden), and which windows there are."""

    def call(self, vectors: Any, padding_mask: Any) -> Any:
        exists = ops.any(padding_mask, axis=-1)  # (batch, windows)
        return ops.reshape(vectors, (*ops.shape(exists), vectors.shape[-1])), exists

    def compute_output_spec(self, vectors: Any, padding_mask: Any) -> Any:
        shape = padding_mask.shape[:2]
        return (
            keras.KerasTensor((*shape, vectors.shape[-1]), dtype=self.compute_dtype),
            keras.KerasTensor(shape, dtype="bool"),
        )
