"""Low-rank changes of a backbone's kernels, by Keras' own `enable_lora`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kerabert.layers.arguments import check_positive_integers

if TYPE_CHECKING:
    from kerabert.models.backbone import BertBackbone


def enable_lora(
    backbone: "BertBackbone", rank: int, alpha: float | None, layers: Sequence[str]
) -> None:
    """Freeze a backbone and train low-rank changes; see `BertBackbone.enable_lora`."""
    check_positive_integers(rank=rank)
    known = ("query", "key", "value", "attention_output", "intermediate", "output")
    if not layers or not set(layers) <= set(known):
        raise ValueError(f"`layers` must be among {known}. Received: layers={tuple(layers)}")
    backbone.embedding.trainable = False
    if backbone.pooler is not None:
        backbone.pooler.trainable = False
    for block in backbone.blocks:
        block.attention_layer_norm.trainable = False
        block.output_layer_norm.trainable = False
        denses = (
            block.attention.query,
            block.attention.key,
            block.attention.value,
            block.attention.output_projection,
            block.intermediate,
            block.output_projection,
        )
        for name, dense in zip(known, denses, strict=True):
            if name in layers:
                dense.enable_lora(rank, lora_alpha=rank if alpha is None else alpha)
                dense.bias.trainable = False
            else:
                dense.trainable = False
