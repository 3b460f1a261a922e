"""The head that reads a text's pooled vector, which several tasks have."""

from typing import Any

import keras

from kerabert.layers.arguments import check_rates
from kerabert.layers.initializers import weight_initializer
from kerabert.models.backbone import BertBackbone


def add_pooled_head(
    backbone: BertBackbone, num_outputs: int, dropout_rate: float | None, name: str
) -> tuple[keras.layers.Dense, Any]:
    """Put dropout and a dense layer on a backbone's pooled output.

    The head computes in float32 whatever the backbone does: it is small, and the softmax of
    half-precision logits is coarse.

    Args:
        backbone: `BertBackbone` with a pooler.
        num_outputs: int.
        dropout_rate: float in [0, 1); None means the backbone's.
        name: str, the dense layer's.

    Returns:
        The dense layer, and its output: a symbolic float32 tensor (batch, num_outputs).

    Raises:
        ValueError: if the backbone has no pooler, or the rate is out of range.
    """
    if backbone.pooler is None:
        raise ValueError("The backbone must have a pooler. Received: use_pooler=False.")
    rate = backbone.dropout_rate if dropout_rate is None else dropout_rate
    check_rates(dropout_rate=rate)
    dense = keras.layers.Dense(
        num_outputs,
        kernel_initializer=weight_initializer(backbone.initializer_range),
        dtype="float32",
        name=name,
    )
    dropout = keras.layers.Dropout(rate, dtype="float32", name="dropout")
    return dense, dense(dropout(backbone(backbone.input)["pooled_output"]))
