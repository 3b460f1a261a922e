"""A backbone for rows that hold several examples each."""

from typing import Any

import keras
from keras import ops


class PackedBackbone(keras.Model):
    """A backbone's layers run on rows of several examples, each as if it were alone.

    Made by `BertBackbone.for_packed_rows`; the weights are the backbone's own. Tokens look at those
    of their own example only, positions begin anew with each example, and the pooler makes a vector
    of each example's [CLS].

    Args:
        backbone: `BertBackbone`.
    """

    def __init__(self, backbone: Any) -> None:
        super().__init__(dtype=backbone.dtype_policy, name="packed_backbone")
        self.backbone = backbone
        self.built = True

    def call(self, inputs: dict[str, Any], training: bool = False) -> dict[str, Any]:
        ids, starts = inputs["example_ids"], inputs["example_starts"]
        begins = ops.take_along_axis(starts, ops.maximum(ids - 1, 0), axis=1)  # (batch, sequence)
        places = ops.expand_dims(ops.arange(ops.shape(ids)[1], dtype="int32"), 0)
        positions = ops.where(ids > 0, places - begins, 0)
        # Padding looks at padding: a token that saw nothing would get NaN in some kernels.
        mask = ops.equal(ops.expand_dims(ids, 2), ops.expand_dims(ids, 1))
        x = self.backbone.embedding(
            inputs["token_ids"], inputs["segment_ids"], positions, training=training
        )
        for block in self.backbone.blocks:
            x = block(x, padding_mask=mask, training=training)
        outputs = {"sequence_output": x}
        if self.backbone.pooler is not None:
            outputs["pooled_output"] = self.backbone.pooler(x, starts)
        return outputs


def packed_inputs() -> dict[str, Any]:
    """Return the symbolic inputs of a functional model for packed rows."""
    return {
        name: keras.Input((None,), dtype="int32", name=name)
        for name in ("token_ids", "segment_ids", "example_ids", "example_starts")
    }
