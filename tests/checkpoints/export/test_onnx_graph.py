import numpy as np
import onnx
import pytest

from kerabert.checkpoints.export.onnx_graph import OnnxGraph
from tests.checkpoints.exported import open_onnx


def make_graph():
    graph = OnnxGraph("scale")
    x = graph.input("x", "float32", ["batch", 3])
    weight = graph.tensor("weight", np.array([1, 2, 3], "float32"))
    y = graph.op("Add", graph.op("Mul", x, weight), np.float32(0.5))
    graph.output("y", y, "float32", ["batch", 3])
    return graph


def test_what_is_written_computes(tmp_path):
    make_graph().save(tmp_path / "folder" / "scale.onnx", {"unit": "m"})
    session = open_onnx(tmp_path / "folder" / "scale.onnx")
    x = np.array([[1, 1, 1], [2, 0, -1]], "float32")
    assert session.run(["y"], {"x": x})[0].tolist() == [[1.5, 2.5, 3.5], [2.5, 0.5, -2.5]]
    assert session.get_inputs()[0].shape == ["batch", 3]
    assert session.get_modelmeta().custom_metadata_map == {"unit": "m"}
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["scale.onnx"]


def test_a_name_is_kept_once():
    graph = OnnxGraph("graph")
    for value in (1, 2):
        graph.tensor("weight", np.float32(value))
    assert [float(onnx.numpy_helper.to_array(t)) for t in graph._tensors.values()] == [1.0]


def test_a_wrong_graph_is_not_written(tmp_path):
    (tmp_path / "graph.onnx").write_bytes(b"old")
    graph = OnnxGraph("graph")
    x = graph.input("x", "float32", ["batch", 3])
    graph.output("y", graph.op("MatMul", x, np.ones((2, 2), "float32")), "float32", ["batch", 2])
    with pytest.raises(onnx.shape_inference.InferenceError):
        graph.save(tmp_path / "graph.onnx")
    assert (tmp_path / "graph.onnx").read_bytes() == b"old"


def test_what_is_too_large_for_a_file_has_two(tmp_path, monkeypatch):
    monkeypatch.setattr("kerabert.checkpoints.export.onnx_graph.LARGEST_FILE", 100)
    graph = OnnxGraph("graph")
    x = graph.input("x", "float32", [1000])
    graph.output("y", graph.op("Add", x, np.ones(1000, "float32")), "float32", [1000])
    graph.save(tmp_path / "graph.onnx")
    assert (tmp_path / "graph.onnx.data").stat().st_size == 4000
    session = open_onnx(tmp_path / "graph.onnx")
    assert session.run(None, {"x": np.zeros(1000, "float32")})[0].tolist() == [1.0] * 1000


def test_without_onnx(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(ImportError, match=r"kerabert\[export\]"):
        OnnxGraph("graph")
