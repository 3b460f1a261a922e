"""BERT's layers as operations of an ONNX graph."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from kerabert.checkpoints.export.onnx_graph import OnnxGraph
from kerabert.checkpoints.model_parts import ModelParts

Op = Callable[..., str]


class OnnxBert:
    """Adds a BERT's layers to a graph, with weights by the names that Hugging Face gives them.

    Args:
        graph: `OnnxGraph`.
        parts: `ModelParts`, the model taken apart.
    """

    def __init__(self, graph: OnnxGraph, parts: ModelParts) -> None:
        self.op = graph.op
        self.graph = graph
        self.config = parts.config
        # A head's backbone has its names under "bert."; a bare one has them as they are.
        self.tensors = {name.removeprefix("bert."): get for name, _, get in parts.tensors()}

    def weight(self, name: str) -> str:
        """Add a tensor as a constant."""
        return self.graph.tensor(name, self.tensors[name]())

    def size(self, name: str) -> int:
        """The number of outputs of a dense layer."""
        return int(self.tensors[f"{name}.bias"]().shape[0])

    def dense(self, x: str, name: str) -> str:
        kernel = self.graph.tensor(f"{name}.kernel", self.tensors[f"{name}.weight"]().T)
        return self.op("Add", self.op("MatMul", x, kernel), self.weight(f"{name}.bias"))

    def layer_norm(self, x: str, name: str) -> str:
        gamma, beta = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        epsilon = self.config["layer_norm_eps"]
        return self.op("LayerNormalization", x, gamma, beta, axis=-1, epsilon=epsilon)

    def activation(self, x: str) -> str:
        return _ACTIVATIONS[self.config["hidden_act"]](self.op, x)

    def sequence_output(self, inputs: dict[str, str]) -> str:
        """From the backbone's inputs to a vector for each token."""
        x = self._embeddings(inputs["token_ids"], inputs["segment_ids"])
        mask = self.op("Unsqueeze", inputs["padding_mask"], integers(1, 2))
        mask = self.cast(mask, "float32")  # (batch, 1, 1, sequence)
        bias = self.op("Mul", self.op("Sub", np.float32(1), mask), np.float32(-1e30))
        for i in range(self.config["num_hidden_layers"]):
            name = f"encoder.layer.{i}"
            attended = self._attention(x, bias, f"{name}.attention")
            x = self.layer_norm(self.op("Add", x, attended), f"{name}.attention.output.LayerNorm")
            y = self.activation(self.dense(x, f"{name}.intermediate.dense"))
            y = self.dense(y, f"{name}.output.dense")
            x = self.layer_norm(self.op("Add", x, y), f"{name}.output.LayerNorm")
        return x

    def pooled_output(self, x: str) -> str:
        """From the vectors of the tokens to one for the sequence."""
        first = self.op("Gather", x, np.int64(0), axis=1)
        return self.op("Tanh", self.dense(first, "pooler.dense"))

    def cast(self, x: str, dtype: str) -> str:
        return self.op("Cast", x, to=self.graph.dtype(dtype))

    def _embeddings(self, token_ids: str, segment_ids: str) -> str:
        length = self.op("Shape", token_ids, start=1, end=2)
        positions = self.weight("embeddings.position_embeddings.weight")
        # Where the sequence is longer than the table, the sum below fails.
        positions = self.op("Slice", positions, integers(0), length, integers(0))
        x = self.op("Gather", self.weight("embeddings.word_embeddings.weight"), token_ids)
        segments = self.weight("embeddings.token_type_embeddings.weight")
        x = self.op("Add", x, self.op("Gather", segments, segment_ids))
        return self.layer_norm(self.op("Add", x, positions), "embeddings.LayerNorm")

    def _attention(self, x: str, bias: str, name: str) -> str:
        heads = self.config["num_attention_heads"]
        size = self.config["hidden_size"] // heads

        def project(part: str, axes: list[int]) -> str:
            rows = self.dense(x, f"{name}.self.{part}")
            rows = self.op("Reshape", rows, integers(0, 0, heads, size))
            return self.op("Transpose", rows, perm=axes)

        query, key = project("query", [0, 2, 1, 3]), project("key", [0, 2, 3, 1])
        value = project("value", [0, 2, 1, 3])
        scores = self.op("Div", self.op("MatMul", query, key), np.float32(math.sqrt(size)))
        weights = self.op("Softmax", self.op("Add", scores, bias), axis=-1)
        x = self.op("Transpose", self.op("MatMul", weights, value), perm=[0, 2, 1, 3])
        x = self.op("Reshape", x, integers(0, 0, heads * size))
        return self.dense(x, f"{name}.output.dense")


def integers(*values: int) -> Any:
    """A constant vector, as ONNX takes shapes and axes."""
    return np.array(values, "int64")


def _exact_gelu(op: Op, x: str) -> str:
    # In this order runtimes know it again and fuse it.
    y = op("Add", op("Erf", op("Div", x, np.float32(math.sqrt(2)))), np.float32(1))
    return op("Mul", op("Mul", x, y), np.float32(0.5))


def _tanh_gelu(op: Op, x: str) -> str:
    cube = op("Mul", op("Pow", x, np.float32(3)), np.float32(0.044715))
    inner = op("Mul", op("Add", x, cube), np.float32(math.sqrt(2 / math.pi)))
    y = op("Add", op("Tanh", inner), np.float32(1))
    return op("Mul", op("Mul", x, np.float32(0.5)), y)


def _silu(op: Op, x: str) -> str:
    return op("Mul", x, op("Sigmoid", x))


# As `kerabert.layers.activations.ACTIVATIONS`.
_ACTIVATIONS: dict[str, Callable[[Op, str], str]] = {
    "gelu": _exact_gelu,
    "gelu_python": _exact_gelu,
    "gelu_new": _tanh_gelu,
    "gelu_fast": _tanh_gelu,
    "gelu_pytorch_tanh": _tanh_gelu,
    "relu": lambda op, x: op("Relu", x),
    "silu": _silu,
    "swish": _silu,
    "tanh": lambda op, x: op("Tanh", x),
    "sigmoid": lambda op, x: op("Sigmoid", x),
    "linear": lambda op, x: x,
}
