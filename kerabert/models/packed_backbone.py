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

    Inputs:
        A dict, as `ExamplePacker` makes it, of
        token_ids and segment_ids: int32 (batch, sequence), as the backbone takes them.
        example_ids: int32 (batch, sequence), 1 at the tokens of a row's first example, 2 at those
            of its second and so on, 0 at padding.
        example_starts: int32 (batch, examples), where each example's [CLS] is, then 0.

    Outputs:
        A dict of
        sequence_output: float (batch, sequence, hidden_dim).
        pooled_output: float (batch, examples, hidden_dim), if the backbone has a pooler; where a
            row has fewer examples, the first one's again.

    Example:

    >>> import numpy as np
    >>> backbone = kerabert.BertBackbone(100, 8, num_layers=1, num_heads=2, intermediate_dim=16)
    >>> outputs = backbone.for_packed_rows()({
    ...     "token_ids": np.array([[2, 17, 3, 2, 5, 5, 3, 0]]),
    ...     "segment_ids": np.zeros((1, 8), "int32"),
    ...     "example_ids": np.array([[1, 1, 1, 2, 2, 2, 2, 0]]),
    ...     "example_starts": np.array([[0, 3]]),
    ... })
    >>> tuple(outputs["sequence_output"].shape), tuple(outputs["pooled_output"].shape)
    ((1, 8, 8), (1, 2, 8))

    Source: Krell et al., 2021, "Efficient Sequence Packing without Cross-contamination".
    """

    def __init__(self, backbone: Any) -> None:
        super().__init__(dtype=backbone.dtype_policy, name="packed_backbone")
        self.backbone = backbone
        self.built = True

    def call(self, inputs: dict[str, Any], training: bool = False) -> dict[str, Any]:
        ids = ops.cast(inputs["example_ids"], "int32")
        starts = ops.cast(inputs["example_starts"], "int32")
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
