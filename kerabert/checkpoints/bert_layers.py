"""The layers of a BERT by the names that Hugging Face gives them."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from kerabert.layers.masked_lm_head import MaskedLMHead


def backbone_layers(backbone: Any) -> dict[str, keras.layers.Layer]:
    """Return the layers of a `BertBackbone` by their name in Hugging Face's BertModel."""
    layers = {
        "embeddings.word_embeddings": backbone.embedding.token_embedding,
        "embeddings.position_embeddings": backbone.embedding.position_embedding,
        "embeddings.token_type_embeddings": backbone.embedding.segment_embedding,
        "embeddings.LayerNorm": backbone.embedding.layer_norm,
    }
    for i, block in enumerate(backbone.blocks):
        layers |= {
            f"encoder.layer.{i}.attention.self.query": block.attention.query,
            f"encoder.layer.{i}.attention.self.key": block.attention.key,
            f"encoder.layer.{i}.attention.self.value": block.attention.value,
            f"encoder.layer.{i}.attention.output.dense": block.attention.output_projection,
            f"encoder.layer.{i}.attention.output.LayerNorm": block.attention_layer_norm,
            f"encoder.layer.{i}.intermediate.dense": block.intermediate,
            f"encoder.layer.{i}.output.dense": block.output_projection,
            f"encoder.layer.{i}.output.LayerNorm": block.output_layer_norm,
        }
    if backbone.pooler is not None:
        layers["pooler.dense"] = backbone.pooler.dense
    return layers


def backbone_shapes(arguments: dict[str, Any]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the name and shape of every tensor of a `BertBackbone` that has these arguments.

    It needs no backbone: shapes are compared before anything is allocated.
    """
    hidden, inner = arguments["hidden_dim"], arguments["intermediate_dim"]
    yield "embeddings.word_embeddings.weight", (arguments["vocabulary_size"], hidden)
    yield "embeddings.position_embeddings.weight", (arguments["max_sequence_length"], hidden)
    yield "embeddings.token_type_embeddings.weight", (arguments["num_segments"], hidden)
    yield from _with_bias("embeddings.LayerNorm", (hidden,))
    for i in range(arguments["num_layers"]):
        layer = f"encoder.layer.{i}."
        for name in ("query", "key", "value"):
            yield from _with_bias(f"{layer}attention.self.{name}", (hidden, hidden))
        yield from _with_bias(f"{layer}attention.output.dense", (hidden, hidden))
        yield from _with_bias(f"{layer}attention.output.LayerNorm", (hidden,))
        yield from _with_bias(f"{layer}intermediate.dense", (inner, hidden))
        yield from _with_bias(f"{layer}output.dense", (hidden, inner))
        yield from _with_bias(f"{layer}output.LayerNorm", (hidden,))
    if arguments["use_pooler"]:
        yield from _with_bias("pooler.dense", (hidden, hidden))


def _with_bias(name: str, shape: tuple[int, ...]) -> list[tuple[str, tuple[int, ...]]]:
    return [(f"{name}.weight", shape), (f"{name}.bias", shape[:1])]


def layer_variables(layer: keras.layers.Layer) -> dict[str, Any]:
    """Return what a layer holds, by Hugging Face's name; a kernel is the transpose of a weight.

    With LoRA, a kernel is the merged one.
    """
    if getattr(layer, "quantization_mode", None):
        raise ValueError(
            "A model must not be quantised when its weights are written. "
            f"Received: {layer.path} with quantization_mode={layer.quantization_mode!r}"
        )
    if isinstance(layer, keras.layers.Embedding):
        return {"weight": layer.embeddings}
    if isinstance(layer, keras.layers.LayerNormalization):
        return {"weight": layer.gamma, "bias": layer.beta}
    if isinstance(layer, MaskedLMHead):
        if layer.table is None:
            return {"bias": layer.bias}
        return {"bias": layer.bias, "decoder.weight": layer.table, "decoder.bias": layer.bias}
    if layer.bias is None:
        return {"weight": layer.kernel}
    return {"weight": layer.kernel, "bias": layer.bias}


def is_transposed(layer: keras.layers.Layer) -> bool:
    """Whether the layer's weight is the transpose of Hugging Face's."""
    return isinstance(layer, keras.layers.Dense)


def layer_tensors(name: str, layer: keras.layers.Layer) -> Iterator[tuple[str, Any, Any]]:
    """Yield name, shape and getter of a layer's tensors as Hugging Face stores them."""
    for part, variable in layer_variables(layer).items():
        turn = part == "weight" and is_transposed(layer)
        shape = tuple(variable.shape)

        def get(variable: Any = variable, turn: bool = turn) -> np.ndarray[Any, Any]:
            array = keras.ops.convert_to_numpy(keras.ops.cast(variable, "float32"))
            return array.T if turn else array

        yield f"{name}.{part}", shape[::-1] if turn else shape, get
