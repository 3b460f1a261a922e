"""The dense heads that several tasks have."""

from typing import Any

import keras

from kerabert.layers.arguments import check_rates
from kerabert.layers.dense import Dense
from kerabert.layers.initializers import weight_initializer
from kerabert.models.backbone import BertBackbone


def make_dense_head(
    backbone: BertBackbone, num_outputs: int, dropout_rate: float | None, name: str
) -> tuple[keras.layers.Dense, keras.layers.Dropout]:
    """Return the dense layer of a head and the dropout before it.

    The head computes in float32 whatever the backbone does: it is small, and the softmax of
    half-precision logits is coarse.

    Args:
        backbone: `BertBackbone`.
        num_outputs: int.
        dropout_rate: float in [0, 1); None means the backbone's.
        name: str, the dense layer's.

    Raises:
        ValueError: if the rate is out of range.
    """
    rate = backbone.dropout_rate if dropout_rate is None else dropout_rate
    check_rates(dropout_rate=rate)
    dense = Dense(
        num_outputs,
        kernel_initializer=weight_initializer(backbone.initializer_range),
        dtype="float32",
        name=name,
    )
    return dense, keras.layers.Dropout(rate, dtype="float32", name="dropout")


def add_pooled_head(
    backbone: BertBackbone, num_outputs: int, dropout_rate: float | None, name: str
) -> tuple[keras.layers.Dense, Any]:
    """Put dropout and a dense layer on a backbone's pooled output; see `make_dense_head`.

    Returns:
        The dense layer, and its output: a symbolic float32 tensor (batch, num_outputs).

    Raises:
        ValueError: if the backbone has no pooler, or the rate is out of range.
    """
    if backbone.pooler is None:
        raise ValueError("The backbone must have a pooler. Received: use_pooler=False.")
    dense, dropout = make_dense_head(backbone, num_outputs, dropout_rate, name)
    return dense, dense(dropout(backbone(backbone.input)["pooled_output"]))
