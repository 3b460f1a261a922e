import struct

import numpy as np
import pytest

from kerabert.checkpoints.google.sorted_table import write_table
from kerabert.checkpoints.google.tensor_bundle import TensorBundle, write_bundle
from kerabert.checkpoints.google.wire_format import write_bytes, write_four_bytes, write_number
from kerabert.checkpoints.preset_files import PresetFiles

ARRAYS = {
    name: np.random.default_rng(i).normal(size=shape).astype("float32")
    for i, (name, shape) in enumerate(
        {"bert/b": (3, 4), "bert/a": (5,), "scalar": (), "Z": (2, 1, 3), "empty": (0, 4)}.items()
    )
}


def write(directory, arrays=ARRAYS, prefix="m.ckpt"):
    write_bundle(directory, prefix, [(n, a.shape, lambda a=a: a) for n, a in arrays.items()])


def open_bundle(directory, prefix="m.ckpt"):
    return TensorBundle(PresetFiles(directory), prefix)


def test_what_is_written_is_read(tmp_path):
    write(tmp_path)
    bundle = open_bundle(tmp_path)
    assert set(bundle.tensors) == set(ARRAYS)
    for name, array in ARRAYS.items():
        bundle.check_weight(name)
        assert bundle.read(name).tobytes() == array.tobytes()
        assert bundle.read(name).shape == array.shape
    bundle.close()


def test_tensorflow_reads_what_is_written(tmp_path):
    tf = pytest.importorskip("tensorflow")
    write(tmp_path)
    reader = tf.train.load_checkpoint(str(tmp_path / "m.ckpt"))
    shapes = reader.get_variable_to_shape_map()
    assert {name: tuple(shape) for name, shape in shapes.items()} == {
        name: array.shape for name, array in ARRAYS.items()
    }
    for name, array in ARRAYS.items():
        assert reader.get_tensor(name).tobytes() == array.tobytes()


def save_with_tensorflow(directory, arrays, prefix="m.ckpt"):
    tf = pytest.importorskip("tensorflow")
    tf.raw_ops.SaveV2(
        prefix=str(directory / prefix),
        tensor_names=list(arrays),
        shape_and_slices=[""] * len(arrays),
        tensors=[tf.constant(array) for array in arrays.values()],
    )


def test_what_tensorflow_writes_is_read(tmp_path):
    tf = pytest.importorskip("tensorflow")
    generator = np.random.default_rng(0)
    arrays = {f"layer_{i}/kernel": generator.normal(size=(i, 70)) for i in range(1, 90)}
    arrays["half"] = generator.normal(size=(4, 5)).astype("float16")
    arrays["step"] = np.int64(7)
    arrays["rough"] = tf.cast(generator.normal(size=(4, 5)), tf.bfloat16)
    arrays["text"] = np.array(b"a string" * 40)
    save_with_tensorflow(tmp_path, arrays)
    bundle = open_bundle(tmp_path)
    assert set(bundle.tensors) == set(arrays)
    for name, array in arrays.items():
        if name.startswith("layer"):
            assert bundle.read(name).tobytes() == array.tobytes()
    assert bundle.read("half").dtype == np.float32
    assert np.array_equal(bundle.read("half"), arrays["half"].astype("float32"))
    rough = bundle.read("rough")
    assert rough.dtype == np.float32
    assert np.array_equal(rough, tf.cast(arrays["rough"], tf.float32).numpy())
    assert bundle.read_bytes("text", 1000) == b"a string" * 40
    with pytest.raises(ValueError, match=r"m\.ckpt\.index: 'text' must be a string of at most 9"):
        bundle.read_bytes("text", 9)
    for name in ("step", "text"):
        with pytest.raises(ValueError, match=rf"m\.ckpt\.index: '{name}' must be one tensor of"):
            bundle.check_weight(name)
    bundle.close()


def test_several_data_files(tmp_path):
    """As TensorFlow merges what several machines wrote."""
    tf = pytest.importorskip("tensorflow")
    for i, name in enumerate(["a", "b", "c"]):
        save_with_tensorflow(tmp_path, {name: np.full((2, 3), i, "float32")}, f"part{i}")
    tf.raw_ops.MergeV2Checkpoints(
        checkpoint_prefixes=[str(tmp_path / f"part{i}") for i in range(3)],
        destination_prefix=str(tmp_path / "m.ckpt"),
    )
    assert (tmp_path / "m.ckpt.data-00002-of-00003").is_file()
    bundle = open_bundle(tmp_path)
    for i, name in enumerate(["a", "b", "c"]):
        assert np.array_equal(bundle.read(name), np.full((2, 3), i, "float32"))
    assert bundle.data_path("b").endswith("-of-00003")
    bundle.close()
    (tmp_path / "m.ckpt.data-00001-of-00003").unlink()
    with pytest.raises(ValueError, match=r"data-00001-of-00003: the file must exist"):
        open_bundle(tmp_path)


def test_slices_are_refused(tmp_path):
    tf = pytest.importorskip("tensorflow")
    tf.raw_ops.SaveV2(
        prefix=str(tmp_path / "m.ckpt"),
        tensor_names=["a"],
        shape_and_slices=["4 2 0,2:0,2"],
        tensors=[tf.zeros((2, 2))],
    )
    bundle = open_bundle(tmp_path)
    with pytest.raises(ValueError, match=r"'a' must be one tensor.* Received: slices"):
        bundle.check_weight("a")
    bundle.close()


def test_every_flipped_bit_of_a_tensor_is_found(tmp_path):
    write(tmp_path)
    path = tmp_path / "m.ckpt.data-00000-of-00001"
    data = path.read_bytes()
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << (place % 8)
        path.write_bytes(changed)
        bundle = open_bundle(tmp_path)
        wrong = []
        for name in ARRAYS:
            try:
                bundle.read(name)
            except ValueError as error:
                assert f"data-00000-of-00001: tensor {name!r} must have the checksum" in str(error)
                wrong.append(name)
        bundle.close()
        assert len(wrong) == 1


def test_a_file_of_another_length(tmp_path):
    write(tmp_path)
    path = tmp_path / "m.ckpt.data-00000-of-00001"
    data = path.read_bytes()
    for changed in (data[:-1], data + b"x", b""):
        path.write_bytes(changed)
        with pytest.raises(ValueError, match=r"00001: the file must end with its last tensor"):
            open_bundle(tmp_path)


# What no writer makes: numbers that cannot be, with checksums that fit.


def entry(dtype=1, shape=(3, 4), shard=0, offset=0, size=48, more=b""):
    dimensions = b"".join(write_bytes(2, write_number(1, n % 2**64)) for n in shape)
    message = write_number(1, dtype) + write_bytes(2, dimensions) + write_number(3, shard)
    message += write_number(4, offset % 2**64) + write_number(5, size % 2**64)
    return message + write_four_bytes(6, 0) + more


HEADER = write_number(1, 1)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([], "it has no header"),
        ([(b"a", entry())], "it has no header"),
        ([(b"", b"\xff\xff")], "a number is cut off"),
        ([(b"", b"")], "states 0 data files"),
        ([(b"", write_number(1, 2**30))], "states 1073741824 data files"),
        ([(b"", HEADER + write_number(2, 1))], "big-endian"),
        ([(b"", HEADER), (b"a", entry(shape=(-3, 4)))], "a dimension of 18446744073709551613"),
        ([(b"", HEADER), (b"a", entry(shape=(2**40,), size=2**42))], "a dimension of"),
        ([(b"", HEADER), (b"a", entry(shape=(1,) * 300, size=4))], "300 dimensions"),
        ([(b"", HEADER), (b"a", entry(shape=(2**30, 2**30)))], "dtype number 1 in 48 bytes"),
        ([(b"", HEADER), (b"a", entry(size=44))], "in 44 bytes"),
        ([(b"", HEADER), (b"a", entry(dtype=2))], "dtype number 2 in 48 bytes"),
        ([(b"", HEADER), (b"a", entry(offset=-4))], "must end with its last tensor"),
        ([(b"", HEADER), (b"a", entry(offset=4))], "must end with its last tensor"),
        ([(b"", HEADER), (b"a", entry(dtype=7, size=-1))], "must end with its last tensor"),
        ([(b"", HEADER), (b"a", entry()), (b"b", entry())], "tensors must lie one after another"),
        (
            [(b"", HEADER), (b"a", entry()), (b"b", entry(shard=2, shape=(), size=4))],
            r"the data files must be 1\. Received: 'b' in number 3",
        ),
        ([(b"", HEADER), (b"a", b"\x0b")], "unknown kind"),
    ],
)
def test_an_index_that_is_made_up(tmp_path, entries, message):
    (tmp_path / "m.ckpt.index").write_bytes(write_table(entries))
    (tmp_path / "m.ckpt.data-00000-of-00001").write_bytes(bytes(48))
    with pytest.raises(ValueError, match=rf"m\.ckpt\..*{message}"):
        open_bundle(tmp_path)


def test_dtypes_that_are_unknown_or_not_floats(tmp_path):
    entries = [(b"", HEADER), (b"a", entry(dtype=99)), (b"b", entry(dtype=3, offset=48))]
    (tmp_path / "m.ckpt.index").write_bytes(write_table(entries))
    (tmp_path / "m.ckpt.data-00000-of-00001").write_bytes(bytes(96))
    bundle = open_bundle(tmp_path)
    for name, number in (("a", 99), ("b", 3)):
        with pytest.raises(
            ValueError, match=rf"'{name}' must be one tensor.*dtype number {number}"
        ):
            bundle.check_weight(name)
    bundle.close()


@pytest.mark.parametrize("length", [3, 7, 2**40])
def test_a_string_of_another_length(tmp_path, length):
    data = write_number(0, length)[1:] + struct.pack("<I", 0) + b"hello"
    entries = [(b"", HEADER), (b"a", entry(dtype=7, shape=(), size=len(data)))]
    (tmp_path / "m.ckpt.index").write_bytes(write_table(entries))
    (tmp_path / "m.ckpt.data-00000-of-00001").write_bytes(data)
    bundle = open_bundle(tmp_path)
    with pytest.raises(
        ValueError, match=r"data-00000-of-00001: 'a' must have the length it states"
    ):
        bundle.read_bytes("a", 100)
    bundle.close()


def test_a_tensor_of_another_shape_is_not_written(tmp_path):
    with pytest.raises(ValueError, match=r"'a' must have shape \(2,\). Received: \(3,\)"):
        write_bundle(tmp_path, "m.ckpt", [("a", (2,), lambda: np.zeros(3))])
