"""HDF5 files: those that h5py writes are read as h5py reads them, all others are refused."""

import random
import struct

import numpy as np
import pytest

from kerabert.checkpoints.keras_hub.hdf5_file import Hdf5File

h5py = pytest.importorskip("h5py")
GENERATOR = np.random.default_rng(0)


def write(path, **arrays):
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name.replace("__", "/")] = array
    return path


def open_file(path):
    with path.open("rb") as file:
        found = Hdf5File(file, str(path))
        return {name: found.read(name) for name in found.datasets}


def their_arrays(path):
    arrays = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            arrays[name] = item[()]

    with h5py.File(path) as file:
        file.visititems(visit)
    return arrays


@pytest.mark.parametrize("num_members", [0, 1, 8, 9, 300, 3000])
def test_groups_of_any_size(tmp_path, num_members):
    arrays = {f"layers__{i}__vars__0": np.float32([i, -i]) for i in range(num_members)}
    path = write(tmp_path / "x.h5", one=np.float32(1), **arrays)
    found = open_file(path)
    assert set(found) == {"one", *(name.replace("__", "/") for name in arrays)}
    for name, array in arrays.items():
        assert (found[name.replace("__", "/")] == array).all()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(), (5,), (3, 4), (2, 3, 4), (0, 3)])
def test_floats_of_any_shape(tmp_path, dtype, shape):
    array = GENERATOR.normal(size=shape).astype(dtype)
    found = open_file(write(tmp_path / "x.h5", a=array))["a"]
    assert found.dtype == ("float64" if dtype == "float64" else "float32")
    assert found.shape == shape
    assert (found == array.astype(found.dtype)).all()


def test_bfloat16_as_keras_stores_it(tmp_path):
    values = np.float32([1, -2.5, 3.140625, 0, np.inf])
    halves = (values.view("<u4") >> 16).astype("<u2").view("V2")
    assert (open_file(write(tmp_path / "x.h5", a=halves))["a"] == values).all()


def test_other_types_are_listed_and_not_read(tmp_path):
    path = write(tmp_path / "x.h5", i=np.int32([1]), s="text", b=np.array([True]), e=[1 + 2j])
    with path.open("rb") as file:
        found = Hdf5File(file, str(path))
        assert set(found.datasets) == {"i", "s", "b", "e"}
        for name in found.datasets:
            with pytest.raises(ValueError, match=rf"x\.h5: '{name}' must be an array of floats"):
                found.read(name)


def test_attributes_change_nothing(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["a"] = np.float32([1, 2])
        for i in range(40):  # the header goes on elsewhere
            file["a"].attrs[f"name {i}"] = "x" * 500
            file.attrs[f"name {i}"] = [i] * 100
    assert (open_file(tmp_path / "x.h5")["a"] == [1, 2]).all()


def soft_link(file):
    file["other"] = h5py.SoftLink("/a")


def external_link(file):
    file["other"] = h5py.ExternalLink("/etc/passwd", "/a")


def hard_link(file):
    file["other"] = file["a"]


def loop(file):
    file["other"] = file["/"]


def chunks(file):
    file.create_dataset("other", data=np.zeros((8, 8), "f4"), chunks=(2, 2))


def gzip(file):
    file.create_dataset("other", data=np.zeros((8, 8), "f4"), compression="gzip")


def virtual(file):
    layout = h5py.VirtualLayout((2, 3), "f4")
    layout[0] = h5py.VirtualSource("elsewhere.h5", "a", (3,))
    file.create_virtual_dataset("other", layout)


def external_storage(file):
    file.create_dataset("other", (3,), "f4", external=[("/etc/passwd", 0, 12)])


def never_written(file):
    file.create_dataset("other", (3,), "f4")


def big_endian(file):
    file["other"] = np.zeros(3, ">f4")


def empty(file):
    file["other"] = h5py.Empty("f4")


def named_type(file):
    file["type"] = np.dtype("f4")
    file.create_dataset("other", (3,), file["type"], data=np.zeros(3))


def nine_axes(file):
    file["other"] = np.zeros((1,) * 9, "f4")


@pytest.mark.parametrize(
    "change",
    [
        soft_link,
        external_link,
        hard_link,
        loop,
        chunks,
        gzip,
        virtual,
        external_storage,
        never_written,
        big_endian,
        empty,
        named_type,
        nine_axes,
    ],
)
def test_what_keras_never_writes_is_refused(tmp_path, change):
    path = write(tmp_path / "x.h5", a=np.zeros(3, "f4"))
    with h5py.File(path, "a") as file:
        change(file)
    with pytest.raises(ValueError, match=r"x\.h5: .*must"):
        open_file(path)


@pytest.mark.parametrize("kwargs", [{"libver": "latest"}, {"userblock_size": 512}])
def test_other_forms_are_refused(tmp_path, kwargs):
    with h5py.File(tmp_path / "x.h5", "w", **kwargs) as file:
        file["a"] = np.zeros(3, "f4")
    with pytest.raises(ValueError, match=r"x\.h5: must be (an HDF5 file|in the form of HDF5)"):
        open_file(tmp_path / "x.h5")


@pytest.mark.parametrize("data", [b"", b"x", b"\x89HDF\r\n\x1a\n", bytes(5000)])
def test_other_files_are_refused(tmp_path, data):
    (tmp_path / "x.h5").write_bytes(data)
    with pytest.raises(ValueError, match=r"x\.h5: .*must"):
        open_file(tmp_path / "x.h5")


def test_a_file_cut_off_or_added_to(tmp_path):
    data = write(tmp_path / "x.h5", a=np.zeros(300, "f4")).read_bytes()
    for changed in (data + b"\0", *(data[:n] for n in range(0, len(data), 17))):
        (tmp_path / "x.h5").write_bytes(changed)
        with pytest.raises(ValueError, match=r"x\.h5: "):
            open_file(tmp_path / "x.h5")


def test_arrays_in_the_same_place(tmp_path):
    """A small file must not become large arrays by having many names for the same bytes."""
    sizes = {"a": 5000, "b": 11, "c": 13}
    path = write(tmp_path / "x.h5", **{name: np.zeros(n, "f4") for name, n in sizes.items()})
    with h5py.File(path) as file:
        places = {name: file[name].id.get_offset() for name in sizes}
    data = path.read_bytes()
    wanted = struct.pack("<Q", sizes["a"]), struct.pack("<QQ", places["a"], 4 * sizes["a"])
    for name in "bc":
        stated = struct.pack("<Q", sizes[name]), struct.pack("<QQ", places[name], 4 * sizes[name])
        for old, new in zip(stated, wanted, strict=True):
            assert old in data
            data = data.replace(old, new)
    path.write_bytes(data)
    assert {a.shape for a in their_arrays(path).values()} == {(5000,)}  # a whole file to h5py
    with pytest.raises(ValueError, match=r"x\.h5: must hold each array once"):
        open_file(path)


def test_a_shape_without_bytes(tmp_path):
    """A header may claim any shape: nothing is allocated for it."""
    path = write(tmp_path / "x.h5", a=np.zeros((6, 7), "f4"))
    claim = struct.pack("<QQ", 6, 7)
    for shape in ((2**62, 7), (6, 8), (2**32, 2**32)):
        data = path.read_bytes()
        assert claim in data
        (tmp_path / "y.h5").write_bytes(data.replace(claim, struct.pack("<QQ", *shape)))
        with pytest.raises(ValueError, match=r"y\.h5: 'a' must have as many bytes as its shape"):
            open_file(tmp_path / "y.h5")


def mutate(data, generator, addresses):
    """Damage bytes: any, or those that hold an address of something in the file."""
    data = bytearray(data)
    kind = generator.choice(["bit", "byte", "zero", "many", "address", "address"])
    if kind == "bit":
        data[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
    elif kind == "byte":
        data[generator.randrange(len(data))] = generator.randrange(256)
    elif kind == "zero":
        place = generator.randrange(len(data))
        stop = min(place + generator.randrange(1, 40), len(data))
        data[place:stop] = bytes(stop - place)
    elif kind == "many":
        for _ in range(generator.randrange(2, 20)):
            data[generator.randrange(len(data))] = generator.randrange(256)
    else:
        place = generator.choice(addresses)
        other = generator.choice([*addresses, place])
        data[place : place + 8] = data[other : other + 8]
        if generator.random() < 0.3:
            data[place : place + 8] = struct.pack("<Q", generator.choice([0, 1, 2**63, 2**64 - 1]))
    return bytes(data)


def compare_mutations(tmp_path, seeds):
    """What is still read of damaged files is what HDF5's own library reads."""
    arrays = {
        f"layers__{i}__vars__{j}": GENERATOR.normal(size=(2, 3)) for i in range(9) for j in "01"
    }
    path = write(tmp_path / "x.h5", **arrays)
    data = path.read_bytes()
    targets = {struct.pack("<Q", n) for n in range(96, len(data), 8) if data[n : n + 4] in _STARTS}
    addresses = [n for n in range(0, len(data) - 8, 8) if data[n : n + 8] in targets]
    assert len(addresses) > 30
    read = refused = theirs_refuse = 0
    for seed in seeds:
        path.write_bytes(mutate(data, random.Random(seed), addresses))
        try:
            found = open_file(path)
        except ValueError as error:
            assert str(path) in str(error), seed
            refused += 1
            continue
        read += 1
        try:
            theirs = their_arrays(path)
        except Exception:  # it checks what is no matter here
            theirs_refuse += 1
            continue
        assert set(found) == set(theirs), seed
        for name, array in found.items():
            assert np.array_equal(array, theirs[name], equal_nan=True), (seed, name)
    print(f"{refused} refused, {read} read, of which h5py refuses {theirs_refuse}")
    assert refused > 0.2 * len(seeds) and read > 0.1 * len(seeds)


_STARTS = (b"TREE", b"HEAP", b"SNOD", b"\x01\0\x01\0", b"\x01\0\x05\0", b"\x01\0\x06\0")


def test_mutations(tmp_path):
    compare_mutations(tmp_path, range(400))


@pytest.mark.slow
def test_20000_mutations(tmp_path):
    compare_mutations(tmp_path, range(1000, 21_000))
