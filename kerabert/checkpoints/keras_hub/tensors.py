"""The tensors of KerasHub's BERTs: their names and shapes there, and in Hugging Face's files."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class HubTensor:
    """One tensor under both of its names.

    Attributes:
        path: str, its path in KerasHub's file.
        shape: tuple of int, its shape there: attention's heads are an axis of their own.
        name: str, what Hugging Face's bare `BertModel` or the head calls it.
        name_shape: tuple of int, its shape in Hugging Face's files.
        is_kernel: bool, whether one is the transpose of the other.
    """

    path: str
    shape: tuple[int, ...]
    name: str
    name_shape: tuple[int, ...]
    is_kernel: bool = False

    def to_hugging_face(self, array: Array) -> Array:
        """Turn KerasHub's array into Hugging Face's."""
        if self.is_kernel:
            return array.reshape(self.name_shape[::-1]).T
        return array.reshape(self.name_shape)

    def from_hugging_face(self, array: Array) -> Array:
        """Turn Hugging Face's array into KerasHub's."""
        return (array.T if self.is_kernel else array).reshape(self.shape)


def backbone_tensors(arguments: dict[str, Any]) -> Iterator[HubTensor]:
    """Yield the tensors of a `BertBackbone` with a pooler that has these arguments."""
    hidden, inner = arguments["hidden_dim"], arguments["intermediate_dim"]
    heads = (arguments["num_heads"], hidden // arguments["num_heads"])
    for path, name, rows in (
        ("reversible_embedding", "word_embeddings", arguments["vocabulary_size"]),
        ("position_embedding", "position_embeddings", arguments["max_sequence_length"]),
        ("embedding", "token_type_embeddings", arguments["num_segments"]),
    ):
        shape = (rows, hidden)
        yield HubTensor(f"layers/{path}/vars/0", shape, f"embeddings.{name}.weight", shape)
    yield from _layer_norm("layers/layer_normalization", "embeddings.LayerNorm", hidden)
    for i in range(arguments["num_layers"]):
        path = "layers/transformer_encoder" + (f"_{i}" if i else "")
        attention, name = f"{path}/_self_attention_layer", f"encoder.layer.{i}"
        for part in ("query", "key", "value"):
            yield from _dense(
                f"{attention}/{part}_dense", f"{name}.attention.self.{part}", (hidden,), heads
            )
        output = f"{name}.attention.output"
        yield from _dense(f"{attention}/output_dense", f"{output}.dense", heads, (hidden,))
        yield from _layer_norm(f"{path}/_self_attention_layer_norm", f"{output}.LayerNorm", hidden)
        inside = f"{path}/_feedforward_intermediate_dense"
        yield from _dense(inside, f"{name}.intermediate.dense", (hidden,), (inner,))
        outside = f"{path}/_feedforward_output_dense"
        yield from _dense(outside, f"{name}.output.dense", (inner,), (hidden,))
        yield from _layer_norm(
            f"{path}/_feedforward_layer_norm", f"{name}.output.LayerNorm", hidden
        )
    yield from _dense("layers/dense", "pooler.dense", (hidden,), (hidden,))


def classifier_tensors(num_classes: int, arguments: dict[str, Any]) -> Iterator[HubTensor]:
    """Yield the tensors of the head of a `BertTextClassifier`."""
    yield from _dense("layers/dense", "classifier", (arguments["hidden_dim"],), (num_classes,))


def masked_lm_tensors(arguments: dict[str, Any]) -> Iterator[HubTensor]:
    """Yield the tensors of the head of a `BertMaskedLM`; its table is the token embedding."""
    hidden, path, name = arguments["hidden_dim"], "layers/masked_lm_head", "cls.predictions"
    transform = f"{name}.transform"
    yield from _dense(f"{path}/_intermediate_dense", f"{transform}.dense", (hidden,), (hidden,))
    yield from _layer_norm(f"{path}/_intermediate_layer_norm", f"{transform}.LayerNorm", hidden)
    size = (arguments["vocabulary_size"],)
    yield HubTensor(f"{path}/vars/0", size, f"{name}.bias", size)


def _dense(
    path: str, name: str, inputs: tuple[int, ...], outputs: tuple[int, ...]
) -> Iterator[HubTensor]:
    rows, columns = math.prod(outputs), math.prod(inputs)
    kernel = inputs + outputs
    yield HubTensor(f"{path}/vars/0", kernel, f"{name}.weight", (rows, columns), is_kernel=True)
    yield HubTensor(f"{path}/vars/1", outputs, f"{name}.bias", (rows,))


def _layer_norm(path: str, name: str, size: int) -> Iterator[HubTensor]:
    for i, part in enumerate(("weight", "bias")):
        yield HubTensor(f"{path}/vars/{i}", (size,), f"{name}.{part}", (size,))
