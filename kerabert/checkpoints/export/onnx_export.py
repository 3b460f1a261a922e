"""Models written as ONNX.

Keras has a converter for each backend. With any batch and any length (Keras 3.15), tf2onnx lacks
the exact GELU, torch.onnx fails at the layer normalisation, and jax2onnx would bring a dozen
packages. A BERT is small enough to be written as a graph from its weights alone: that needs the
package onnx, nothing else, and gives the same file from every backend.
"""

import json
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from kerabert.checkpoints.export.onnx_bert import OnnxBert, integers
from kerabert.checkpoints.export.onnx_graph import OnnxGraph
from kerabert.checkpoints.model_parts import ModelParts, take_apart

_ROWS = ["batch", "sequence"]


def write_onnx(model: Any, path: str | os.PathLike[str]) -> None:
    """Write a `BertBackbone` or a task as an ONNX file.

    The inputs have the model's names and dtypes, and any batch and sequence size. Weights are
    float32, LoRA merged in. The file's metadata hold `task`, the class, and `settings`, JSON: the
    names of the classes, for example.

    Args:
        model: a `BertBackbone` or a task of kerabert.
        path: path of the file.

    Raises:
        ValueError: if the model is none of these, or is quantised.
        ImportError: if the package onnx is missing.
    """
    cls = type(model)
    if cls.__name__ not in _HEADS or cls.__module__.split(".")[0] != "kerabert":
        raise ValueError(
            f'A model must be one of {sorted(_HEADS)} for `format="onnx"`: the head of another '
            "class is unknown. With `input_signature`, Keras' own export is used instead. "
            f"Received: {cls.__module__}.{cls.__name__}."
        )
    parts = take_apart(model)
    graph = OnnxGraph(parts.class_name)
    axes = ["batch", "choices", "sequence"] if parts.class_name == "BertMultipleChoice" else _ROWS
    inputs = {
        "token_ids": graph.input("token_ids", "int32", axes),
        "segment_ids": graph.input("segment_ids", "int32", axes),
        "padding_mask": graph.input("padding_mask", "bool", axes),
    }
    _HEADS[parts.class_name](OnnxBert(graph, parts), inputs, parts)
    graph.save(path, {"task": parts.class_name, "settings": json.dumps(parts.settings)})


def _backbone(bert: OnnxBert, inputs: dict[str, str], parts: ModelParts) -> None:
    hidden_dim = bert.config["hidden_size"]
    x = bert.sequence_output(inputs)
    bert.graph.output("sequence_output", x, "float32", [*_ROWS, hidden_dim])
    if "pooler.dense" in parts.layers:
        pooled = bert.pooled_output(x)
        bert.graph.output("pooled_output", pooled, "float32", ["batch", hidden_dim])


def _on_pooled(layer: str, output: str) -> Any:
    def head(bert: OnnxBert, inputs: dict[str, str], parts: ModelParts) -> None:
        x = bert.dense(bert.pooled_output(bert.sequence_output(inputs)), layer)
        bert.graph.output(output, x, "float32", ["batch", bert.size(layer)])

    return head


def _on_tokens(bert: OnnxBert, inputs: dict[str, str], parts: ModelParts) -> None:
    x = bert.dense(bert.sequence_output(inputs), "classifier")
    bert.graph.output("logits", x, "float32", [*_ROWS, bert.size("classifier")])


def _span(bert: OnnxBert, inputs: dict[str, str], parts: ModelParts) -> None:
    x = bert.dense(bert.sequence_output(inputs), "qa_outputs")
    for i, name in enumerate(("start", "end")):
        bert.graph.output(name, bert.op("Gather", x, np.int64(i), axis=2), "float32", _ROWS)


def _choices(bert: OnnxBert, inputs: dict[str, str], parts: ModelParts) -> None:
    choices = bert.op("Shape", inputs["token_ids"], start=0, end=2)  # (batch, choices)
    length = bert.op("Shape", inputs["token_ids"], start=2, end=3)
    shape = bert.op("Concat", integers(-1), length, axis=0)
    rows = {name: bert.op("Reshape", x, shape) for name, x in inputs.items()}
    scores = bert.dense(bert.pooled_output(bert.sequence_output(rows)), "classifier")
    scores = bert.op("Reshape", scores, choices)
    tokens = bert.cast(inputs["padding_mask"], "int32")
    exists = bert.cast(bert.op("ReduceMax", tokens, axes=[-1], keepdims=0), "bool")
    scores = bert.op("Where", exists, scores, np.float32(-1e9))
    bert.graph.output("logits", scores, "float32", ["batch", "choices"])


def _masked_lm(bert: OnnxBert, inputs: dict[str, str], parts: ModelParts) -> None:
    _add_masked_lm(bert, bert.sequence_output(inputs), "logits")


def _pretrainer(bert: OnnxBert, inputs: dict[str, str], parts: ModelParts) -> None:
    x = bert.sequence_output(inputs)
    _add_masked_lm(bert, x, "masked_lm")
    logits = bert.dense(bert.pooled_output(x), "cls.seq_relationship")
    bert.graph.output("next_sentence", logits, "float32", ["batch", 2])


def _add_masked_lm(bert: OnnxBert, x: str, output: str) -> None:
    positions = bert.graph.input("mask_positions", "int32", ["batch", "masks"])
    positions = bert.cast(bert.op("Unsqueeze", positions, integers(2)), "int64")
    x = bert.op("GatherND", x, positions, batch_dims=1)  # (batch, masks, hidden)
    x = bert.activation(bert.dense(x, "cls.predictions.transform.dense"))
    x = bert.layer_norm(x, "cls.predictions.transform.LayerNorm")
    own = "cls.predictions.decoder.weight"
    table = bert.weight(own if own in bert.tensors else "embeddings.word_embeddings.weight")
    x = bert.op("MatMul", x, bert.op("Transpose", table, perm=[1, 0]))
    x = bert.op("Add", x, bert.weight("cls.predictions.bias"))
    bert.graph.output(output, x, "float32", ["batch", "masks", bert.config["vocab_size"]])


def _embedder(bert: OnnxBert, inputs: dict[str, str], parts: ModelParts) -> None:
    x = bert.sequence_output(inputs)
    mask = bert.op("Unsqueeze", inputs["padding_mask"], integers(2))
    pooling = parts.settings["pooling"]
    if pooling == "cls":
        x = bert.op("Gather", x, np.int64(0), axis=1)
    elif pooling == "max":
        x = bert.op("Where", mask, x, np.float32(-1e9))
        x = bert.op("ReduceMax", x, axes=[1], keepdims=0)
    else:
        x = bert.op("Where", mask, x, np.float32(0))
        count = bert.op("ReduceSum", bert.cast(mask, "float32"), integers(1), keepdims=0)
        total = bert.op("ReduceSum", x, integers(1), keepdims=0)
        x = bert.op("Div", total, bert.op("Max", count, np.float32(1e-9)))
    if parts.settings["normalize"]:
        length = bert.op("ReduceL2", x, axes=[-1], keepdims=1)
        x = bert.op("Div", x, bert.op("Max", length, np.float32(1e-12)))
    bert.graph.output("embeddings", x, "float32", ["batch", bert.config["hidden_size"]])


_HEADS: dict[str, Callable[[OnnxBert, dict[str, str], ModelParts], None]] = {
    "BertBackbone": _backbone,
    "BertMaskedLM": _masked_lm,
    "BertMultipleChoice": _choices,
    "BertNextSentencePredictor": _on_pooled("cls.seq_relationship", "logits"),
    "BertPretrainer": _pretrainer,
    "BertQuestionAnswerer": _span,
    "BertTextClassifier": _on_pooled("classifier", "logits"),
    "BertTextEmbedder": _embedder,
    "BertTextRegressor": _on_pooled("classifier", "values"),
    "BertTokenClassifier": _on_tokens,
}
