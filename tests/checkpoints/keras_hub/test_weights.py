"""The HDF5 files of KerasHub's presets: whole or in parts, of today and of former times."""

import json
import shutil

import numpy as np
import pytest

import kerabert
from kerabert.checkpoints.preset import load_preset, save_preset
from tests.checkpoints.keras_hub_presets import (
    OURS,
    edit_config,
    make_ours,
    make_plain,
    make_theirs,
)
from tests.checkpoints.presets import are_equal

h5py = pytest.importorskip("h5py")
KINDS = ["classifier", "masked_lm"]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A preset of each kind as KerasHub writes it, and the model in it."""
    made = {}
    for kind in KINDS:
        directory, model = tmp_path_factory.mktemp(kind), make_ours(kind)
        save_preset(model, directory / "preset", format="keras_hub")
        made[kind] = make_plain(directory / "preset", directory / "plain"), model
    return made


@pytest.fixture(params=KINDS)
def plain(written, tmp_path, request):
    directory, model = written[request.param]
    return shutil.copytree(directory, tmp_path / "plain"), model, OURS[request.param]


def rename(path, change):
    """Rename the arrays of a file; a name that becomes None goes."""
    arrays = {}
    with h5py.File(path) as file:

        def visit(name, item):
            if isinstance(item, h5py.Dataset) and change(name) is not None:
                arrays[change(name)] = item[()]

        file.visititems(visit)
    path.unlink()
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array


def test_shards(tmp_path):
    theirs = make_theirs("backbone", num_layers=3)
    theirs.save_to_preset(str(tmp_path / "whole"))
    whole = load_preset(kerabert.BertBackbone, tmp_path / "whole")
    num_torn = 0  # layers of which one array is in one file and one in the next
    for size in (1e-6, 1.3e-6, 2.1e-6, 3e-6, 5e-6):
        directory = tmp_path / f"{size}"
        theirs.save_to_preset(str(directory), max_shard_size=size)
        assert len(list(directory.glob("*.h5"))) > 1
        places = json.loads((directory / "model.weights.json").read_text())["weight_map"]
        num_torn += sum(isinstance(names, list) and len(names) > 1 for names in places.values())
        assert are_equal(load_preset(kerabert.BertBackbone, directory), whole)
    assert num_torn


def test_damaged_shards(tmp_path):
    make_theirs("backbone").save_to_preset(str(tmp_path / "ok"), max_shard_size=2e-6)
    index = json.loads((tmp_path / "ok/model.weights.json").read_text())
    group = next(iter(index["weight_map"]))
    last = sorted(path.name for path in (tmp_path / "ok").glob("*.h5"))[-1]

    def check(match, weight_map):
        directory = shutil.copytree(tmp_path / "ok", tmp_path / "broken")
        (directory / "model.weights.json").write_text(json.dumps({"weight_map": weight_map}))
        with pytest.raises(ValueError, match=match):
            load_preset(kerabert.BertBackbone, directory)
        shutil.rmtree(directory)

    check(r"model\.weights\.json: `weight_map` must be an object", [])
    for wrong in ("../x.h5", "/etc/passwd", 3, None, ["x"], [["x.h5"]]):
        check(r"model\.weights\.json: `weight_map` must name", index["weight_map"] | {group: wrong})
    check(r"a\.h5: the file must exist", index["weight_map"] | {group: "a.h5"})
    without = {key: value for key, value in index["weight_map"].items() if key != group}
    check(r"weights\.h5: must hold what model\.weights\.json says", without)
    fewer = {key: value for key, value in index["weight_map"].items() if last not in str(value)}
    check(r"model\.weights\.json: must hold 'layers/", fewer)
    check(r"must hold 'layers/", {})


def test_files_of_keras_2(plain):
    """It kept layers under another name, and called attributes by their private names."""
    directory, model, cls = plain

    def change(name):
        name = name.replace("layers/", "_layer_checkpoint_dependencies/", 1)
        for part in ("query", "key", "value", "output"):
            name = name.replace(f"/{part}_dense", f"/_{part}_dense")
        return name

    for name in ("model.weights.h5", "task.weights.h5"):
        rename(directory / name, change)
    assert are_equal(load_preset(cls, directory), model)


def test_what_is_no_part_of_the_model_is_passed_over(plain):
    directory, model, cls = plain
    with h5py.File(directory / "task.weights.h5", "a") as file:
        file["optimizer/vars/0"] = np.int64(3)
        file["optimizer/vars/1"] = np.zeros((4, 5), "f4")
        file["layers/dropout/seed_generator/vars/0"] = np.uint32([1, 2])
        file["layers/bert_backbone/layers/dense/vars/0"] = np.zeros((8, 8), "f4")  # keras_nlp 0.12
        file["vars/0"] = np.zeros(3, "f4")
    with h5py.File(directory / "model.weights.h5", "a") as file:
        file["layers/dropout/seed_generator/vars/0"] = np.uint32([1, 2])
    assert are_equal(load_preset(cls, directory), model)


@pytest.mark.parametrize("name", ["model.weights.h5", "task.weights.h5"])
def test_a_tensor_too_many(plain, name):
    directory, _, cls = plain
    with h5py.File(directory / name, "a") as file:
        file["layers/transformer_encoder_2/_feedforward_layer_norm/vars/0"] = np.zeros(8, "f4")
    with pytest.raises(ValueError, match=rf"{name}: .*unexpected 'layers/transformer_encoder_2"):
        load_preset(cls, directory)


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        ("model.weights.h5", "layers/embedding/vars/0"),
        ("model.weights.h5", "layers/dense/vars/1"),
        ("model.weights.h5", "layers/transformer_encoder/_self_attention_layer_norm/vars/1"),
        ("task.weights.h5", "layers/masked_lm_head/vars/0"),
        ("task.weights.h5", "layers/masked_lm_head/_intermediate_dense/vars/0"),
    ],
)
def test_every_tensor_must_be_there(written, tmp_path, name, left_out):
    directory = shutil.copytree(written["masked_lm"][0], tmp_path / "broken")
    rename(directory / name, lambda path: None if path == left_out else path)
    with pytest.raises(ValueError, match=rf"{name}: must hold '{left_out}', that .*json asks for"):
        load_preset(kerabert.BertMaskedLM, directory)


@pytest.mark.parametrize(
    ("path", "array"),
    [
        ("layers/embedding/vars/0", np.zeros((2, 8), "f4")),
        ("layers/reversible_embedding/vars/0", np.zeros((18, 8), "f4")),
        ("layers/position_embedding/vars/0", np.zeros((8, 32), "f4")),
        ("layers/dense/vars/1", np.zeros(8, "i4")),
        ("layers/dense/vars/0", np.zeros((8, 8), ">f4")),
        ("layers/dense/vars/0", np.zeros(64, "f4")),
        ("layers/transformer_encoder/_self_attention_layer/key_dense/vars/0", np.zeros((8, 4, 2))),
        ("layers/transformer_encoder/_self_attention_layer/key_dense/vars/0", np.zeros((8, 8))),
    ],
)
def test_wrong_shapes_and_types(plain, path, array):
    directory, _, cls = plain
    rename(directory / "model.weights.h5", lambda name: None if name == path else name)
    with h5py.File(directory / "model.weights.h5", "a") as file:
        file[path] = array
    with pytest.raises(ValueError, match=rf"model\.weights\.h5: '{path}' must .*floats.*shape"):
        load_preset(cls, directory)


def test_more_layers_than_there_are(plain):
    """The configuration may claim any number: the first that is missing ends the search."""
    directory, _, cls = plain
    for keys in (("config.json",), ("task.json", "backbone")):
        edit_config(directory / keys[0], *keys[1:], num_layers=2**31 - 1)
    with pytest.raises(ValueError, match=r"must hold 'layers/transformer_encoder_2/"):
        load_preset(cls, directory)


def test_fewer_layers_than_there_are(plain):
    directory, _, cls = plain
    for keys in (("config.json",), ("task.json", "backbone")):
        edit_config(directory / keys[0], *keys[1:], num_layers=1)
    with pytest.raises(ValueError, match=r"unexpected 'layers/transformer_encoder_1/"):
        load_preset(cls, directory)


def test_a_head_without_its_file(plain):
    directory, _, cls = plain
    (directory / "task.weights.h5").unlink()
    if cls is kerabert.BertTextClassifier:
        with pytest.raises(ValueError, match="holds no head of a BertTextClassifier"):
            load_preset(cls, directory)
        assert load_preset(cls, directory, num_classes=2).num_classes == 2
    else:
        with pytest.warns(UserWarning, match="no head of a BertMaskedLM: it starts fresh"):
            load_preset(cls, directory)


def test_weights_that_are_missing(plain):
    directory, _, cls = plain
    (directory / "model.weights.h5").unlink()
    with pytest.raises(ValueError, match=r"model\.weights\.h5: the file must exist"):
        load_preset(cls, directory)


def test_files_are_closed(plain, monkeypatch):
    from kerabert.checkpoints.preset_files import PresetFiles

    directory, _, cls = plain
    opened, real = [], PresetFiles.open
    monkeypatch.setattr(
        PresetFiles, "open", lambda *a, **k: opened.append(real(*a, **k)) or opened[-1]
    )
    load_preset(cls, directory)
    (directory / "task.weights.h5").write_bytes(b"x")
    with pytest.raises(ValueError, match="task"):
        load_preset(cls, directory)
    assert len(opened) > 6 and all(file.closed for file in opened)
