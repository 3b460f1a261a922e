"""A graph of ONNX, built operation by operation."""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

# LayerNormalization came with 17; nothing here needs a later one, so older runtimes read it too.
OPSET = 17
LARGEST_FILE = 2**31 - 2**20  # of protobuf; a larger model's tensors go to a file beside it


class OnnxGraph:
    """Collects the operations of a model and writes them as an ONNX file.

    Values are known by their names: what makes a value returns its name, and what takes one takes
    the name, or a numpy array, which becomes a constant of the graph.

    Args:
        name: str, of the graph.

    Example:

    >>> graph = OnnxGraph("double")
    >>> x = graph.input("x", "float32", ["batch"])
    >>> graph.output("y", graph.op("Mul", x, np.float32(2)), "float32", ["batch"])
    >>> graph.save("double.onnx")
    """

    def __init__(self, name: str) -> None:
        try:
            import onnx
        except ImportError as error:
            raise ImportError(
                'ONNX files need the package onnx. Install it with: pip install "kerabert[export]"'
            ) from error

        self._onnx = onnx
        self.name = name
        self._nodes: list[Any] = []
        self._tensors: dict[str, Any] = {}
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []

    def input(self, name: str, dtype: str, axes: Sequence[str | int]) -> str:
        """Add an input; an axis is a size, or a name where any size will do."""
        self._inputs.append(self._value_info(name, dtype, axes))
        return name

    def output(self, name: str, value: str, dtype: str, axes: Sequence[str | int]) -> None:
        """Make a value an output."""
        self._nodes.append(self._onnx.helper.make_node("Identity", [value], [name], name=name))
        self._outputs.append(self._value_info(name, dtype, axes))

    def tensor(self, name: str, array: Any) -> str:
        """Add a named constant, for example a weight; the same name is kept once."""
        if name not in self._tensors:
            array = np.asarray(array, order="C")
            self._tensors[name] = self._onnx.numpy_helper.from_array(array, name)
        return name

    def op(
        self, kind: str, *inputs: str | np.ndarray[Any, Any] | np.generic, **attributes: Any
    ) -> str:
        """Add an operation with one output."""
        name = f"{kind}_{len(self._nodes)}"
        names = [
            value if isinstance(value, str) else self.tensor(f"{name}_constant_{i}", value)
            for i, value in enumerate(inputs)
        ]
        self._nodes.append(
            self._onnx.helper.make_node(kind, names, [name], name=name, **attributes)
        )
        return name

    def save(self, path: str | os.PathLike[str], metadata: dict[str, str] | None = None) -> None:
        """Check the graph and write it; the file is the old one or the new one, whole.

        Args:
            path: path of the file.
            metadata: dict of str, kept in the file.
        """
        onnx = self._onnx
        graph = onnx.helper.make_graph(
            self._nodes, self.name, self._inputs, self._outputs, list(self._tensors.values())
        )
        opsets = [onnx.helper.make_opsetid("", OPSET)]
        model = onnx.helper.make_model(
            graph,
            opset_imports=opsets,
            ir_version=onnx.helper.find_min_ir_version_for(opsets),
            producer_name="kerabert",
        )
        onnx.helper.set_model_props(model, metadata or {})
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        if model.ByteSize() > LARGEST_FILE:
            onnx.save_model(model, path, save_as_external_data=True, location=f"{path.name}.data")
            return
        onnx.checker.check_model(model, full_check=True)
        aside = path.with_name(f".{path.name}.new-{secrets.token_hex(8)}")
        try:
            aside.write_bytes(model.SerializeToString())
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)

    def dtype(self, name: str) -> int:
        """ONNX's number for a dtype of numpy."""
        return int(self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(name)))

    def _value_info(self, name: str, dtype: str, axes: Sequence[str | int]) -> Any:
        return self._onnx.helper.make_tensor_value_info(name, self.dtype(dtype), list(axes))
