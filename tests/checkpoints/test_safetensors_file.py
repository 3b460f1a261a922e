import json
import struct

import ml_dtypes
import numpy as np
import pytest
import safetensors.numpy

from kerabert.checkpoints.safetensors_file import SafetensorsFile, write_safetensors

ARRAYS = {
    "b": np.arange(6, dtype="float32").reshape(2, 3),
    "a": np.array(2.5, "float32"),
    "empty": np.zeros((0, 4), "float32"),
}


def write(path, header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
    return path


def opened(path, is_mapped=False):
    return SafetensorsFile(path.open("rb"), str(path), is_mapped)


@pytest.fixture(params=[False, True], ids=["read", "mapped"])
def is_mapped(request):
    return request.param


def test_what_is_written_is_what_the_library_reads(tmp_path, is_mapped):
    path = tmp_path / "model.safetensors"
    entries = [(name, array.shape, lambda array=array: array) for name, array in ARRAYS.items()]
    write_safetensors(path, entries, {"format": "pt"})
    read = safetensors.numpy.load_file(path)
    assert set(read) == set(ARRAYS)
    assert all(np.array_equal(read[name], array) for name, array in ARRAYS.items())
    with safetensors.safe_open(path, "numpy") as file:
        assert file.metadata() == {"format": "pt"}
    own = opened(path, is_mapped)
    assert own.metadata == {"format": "pt"}
    assert all(np.array_equal(own.read(name), array) for name, array in ARRAYS.items())
    assert all(own.read(name).shape == array.shape for name, array in ARRAYS.items())


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ml_dtypes.bfloat16])
def test_what_the_library_writes_is_read(tmp_path, dtype, is_mapped):
    array = np.random.default_rng(0).normal(size=(5, 3)).astype(dtype)
    array[0] = [np.inf, -0.0, 1e-7]
    path = tmp_path / "model.safetensors"
    safetensors.numpy.save_file({"x": array, "ids": np.arange(3)}, path)
    file = opened(path, is_mapped)
    assert file.read("x").dtype == (np.float64 if dtype == "float64" else np.float32)
    assert file.read("x").astype(dtype).tobytes() == array.tobytes()
    with pytest.raises(ValueError, match="'ids' must be of dtype F16, BF16, F32, F64"):
        file.read("ids")


def entry(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


@pytest.mark.parametrize(
    ("header", "data", "length"),
    [
        (b"", b"", None),
        (b"", b"", 2**63),
        (b"{}", b"", 2**40),
        (b"{}", b"", 3),
        (b"[]", b"", None),
        (b"{}", b"more", None),
        ({"__metadata__": [1]}, b"", None),
        ({"x": entry()}, b"1234567", None),
        ({"x": entry()}, b"123456789", None),
        ({"x": entry("F31")}, b"12345678", None),
        ({"x": entry(["F32"])}, b"12345678", None),
        ({"x": entry(shape=(-2,))}, b"12345678", None),
        ({"x": entry(shape=(2.0,))}, b"12345678", None),
        ({"x": entry(shape=(True, 2))}, b"12345678", None),
        ({"x": entry(shape=(3,))}, b"12345678", None),
        ({"x": entry(shape=(2**40, 2**40))}, b"12345678", None),
        ({"x": entry(shape=(1,) * 9 + (2,))}, b"12345678", None),
        ({"x": entry(offsets=(0, 2**62))}, b"12345678", None),
        ({"x": entry(offsets=(8, 0))}, b"12345678", None),
        ({"x": entry(offsets=(-8, 0))}, b"12345678", None),
        ({"x": entry(offsets=(8, 16))}, b"1234567812345678", None),
        ({"x": entry(), "y": entry()}, b"12345678", None),
        ({"x": entry(), "y": entry(offsets=(4, 12))}, b"123456781234", None),
        ({"x": {**entry(), "more": 1}}, b"12345678", None),
        ({"x": {"dtype": "F32", "shape": [2]}}, b"12345678", None),
        ({"x": 1}, b"", None),
    ],
)
def test_a_header_that_does_not_fit_is_refused(tmp_path, header, data, length):
    path = write(tmp_path / "model.safetensors", header, data, length)
    with pytest.raises(ValueError, match=r"model\.safetensors: "):
        opened(path)


def test_a_file_cut_off_while_read_is_refused(tmp_path, is_mapped):
    path = tmp_path / "model.safetensors"
    safetensors.numpy.save_file({"x": np.zeros(100_000, "float32")}, path)
    file = opened(path, is_mapped)
    with path.open("r+b") as other:
        other.truncate(1000)
    with pytest.raises(ValueError, match="cut off"):
        file.read("x")


def test_tensors_outlive_the_file_and_are_this_process_own(tmp_path, is_mapped):
    path = tmp_path / "model.safetensors"
    safetensors.numpy.save_file({"x": np.arange(5000, dtype="float32")}, path)
    before = path.read_bytes()
    file = opened(path, is_mapped)
    one, other = file.read("x"), opened(path, is_mapped).read("x")
    file.file.close()
    one += 1
    assert path.read_bytes() == before
    path.unlink()
    assert np.array_equal(one, np.arange(5000) + 1)
    assert np.array_equal(other, np.arange(5000))


@pytest.mark.parametrize("padding", range(8))
def test_tensors_at_any_place(tmp_path, padding, is_mapped):
    """Some writers do not align them."""
    array = np.arange(6, dtype="float32").reshape(2, 3)
    header = json.dumps({"x": entry(shape=(2, 3), offsets=(0, 24))}).encode() + b" " * padding
    path = write(tmp_path / "model.safetensors", header, array.tobytes())
    assert np.array_equal(opened(path, is_mapped).read("x"), array)


def test_a_file_that_cannot_be_mapped_is_read(tmp_path, monkeypatch):
    def refuse(*arguments, **keywords):
        raise OSError("not on this file system")

    monkeypatch.setattr("mmap.mmap", refuse)
    path = tmp_path / "model.safetensors"
    safetensors.numpy.save_file({"x": np.arange(3, dtype="float32")}, path)
    assert np.array_equal(opened(path, is_mapped=True).read("x"), np.arange(3))


def test_a_wrong_shape_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="'x' must have shape"):
        write_safetensors(tmp_path / "x", [("x", (3,), lambda: np.zeros(2))], {})
