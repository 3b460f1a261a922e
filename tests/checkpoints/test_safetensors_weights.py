import json
import shutil

import keras
import numpy as np
import pytest
import safetensors.numpy

from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.checkpoints.safetensors_weights import INDEX, MARK, WEIGHTS, open_safetensors
from kerabert.models.backbone import BertBackbone
from tests.checkpoints.presets import (
    are_equal,
    arrays,
    compute,
    edit_json,
    make_backbone,
    make_classifier,
    make_plain,
    randomize,
    read_tensors,
    write_tensors,
)

NORM = "embeddings.LayerNorm"


@pytest.fixture(scope="module")
def backbone():
    return randomize(make_backbone())


@pytest.fixture(scope="module")
def preset(backbone, tmp_path_factory):
    directory = tmp_path_factory.mktemp("saved") / "preset"
    save_preset(backbone, directory)
    return directory


@pytest.fixture
def plain(preset, tmp_path):
    return make_plain(preset, tmp_path / "plain")


@pytest.fixture
def shards(plain):
    tensors = read_tensors(plain)
    (plain / WEIGHTS).unlink()
    places = {}
    for i, name in enumerate(tensors):
        places[name] = f"model-0000{i % 3 + 1}-of-00003.safetensors"
    for shard in set(places.values()):
        part = {name: tensors[name] for name in tensors if places[name] == shard}
        safetensors.numpy.save_file(part, plain / shard)
    (plain / INDEX).write_text(json.dumps({"metadata": {"total_size": 0}, "weight_map": places}))
    return plain


@pytest.fixture
def opened(monkeypatch):
    """The files that are opened meanwhile."""
    files, real = [], PresetFiles.open

    def open(self, name, verified=True):
        files.append(real(self, name, verified))
        return files[-1]

    monkeypatch.setattr(PresetFiles, "open", open)
    return files


# === One file ===


def test_old_names_of_layer_norm(plain, backbone):
    def change(name):
        name = name.replace("LayerNorm.weight", "LayerNorm.gamma")
        return name.replace("LayerNorm.bias", "LayerNorm.beta")

    write_tensors(plain, {change(name): array for name, array in read_tensors(plain).items()})
    weights = open_safetensors(PresetFiles(plain))
    assert f"{NORM}.gamma" not in weights.tensors
    assert weights.tensors[f"{NORM}.weight"].stored_name == f"{NORM}.gamma"  # as errors call it
    weights.close()
    assert are_equal(load_preset(BertBackbone, plain), backbone)


def test_two_names_for_one_tensor(plain, opened):
    tensors = read_tensors(plain)
    write_tensors(plain, tensors | {f"{NORM}.gamma": tensors[f"{NORM}.weight"]})
    message = rf"model\.safetensors: must hold each tensor once.*'{NORM}\.weight'"
    with pytest.raises(ValueError, match=message):
        open_safetensors(PresetFiles(plain))
    assert opened and all(file.closed for file in opened)


def test_a_model_is_independent_of_the_files_it_came_from(plain, backbone):
    """On PyTorch its weights lie in the file's pages."""
    path, ids = plain / WEIGHTS, np.array([[1, 5, 3]])
    before = path.read_bytes()
    other = load_preset(BertBackbone, plain)
    loaded = load_preset(BertBackbone, plain)
    outputs = compute(loaded, ids, ids * 0, ids > 0)
    for weight in loaded.trainable_weights:
        weight.assign_add(keras.ops.ones(weight.shape))
    assert path.read_bytes() == before
    assert are_equal(other, backbone)
    shutil.rmtree(plain)
    assert are_equal(other, backbone)
    again = compute(other, ids, ids * 0, ids > 0)
    assert np.array_equal(outputs["sequence_output"], again["sequence_output"])
    assert np.array_equal(
        arrays(loaded)["block_0/intermediate/kernel"],
        arrays(backbone)["block_0/intermediate/kernel"] + 1,
    )
    save_preset(loaded, plain)
    assert are_equal(load_preset(BertBackbone, plain), loaded)


def test_what_was_verified_is_what_is_computed_with(preset, backbone, tmp_path):
    """Even where someone overwrites the file in place: no weight lies in a verified file."""
    shutil.copytree(preset, tmp_path / "preset")
    loaded = load_preset(BertBackbone, tmp_path / "preset")
    path = tmp_path / "preset" / WEIGHTS
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
    assert are_equal(loaded, backbone)


def test_a_preset_without_its_manifest_is_refused(tmp_path, opened):
    save_preset(make_classifier(), tmp_path / "preset")
    (tmp_path / "preset" / "kerabert.json").unlink()
    with pytest.raises(ValueError, match=r"kerabert\.json: the file must exist.*model\.safetens"):
        load_preset(BertBackbone, tmp_path / "preset")
    assert all(file.closed for file in opened)


def test_closing_closes_the_files(shards, opened):
    weights = open_safetensors(PresetFiles(shards))
    of_weights = opened[-3:]
    assert not any(file.closed for file in of_weights)
    weights.close()
    assert all(file.closed for file in opened)


# === Several files ===


def test_several_files(shards, backbone):
    assert are_equal(load_preset(BertBackbone, shards), backbone)
    assert open_safetensors(PresetFiles(shards)).path == str(shards / INDEX)


def test_one_file_goes_before_several(plain, backbone):
    """As in transformers: an index may be left over from before."""
    (plain / INDEX).write_text("damaged")
    assert are_equal(load_preset(BertBackbone, plain), backbone)


@pytest.mark.parametrize(
    "shard", ["../model.safetensors", "/x.safetensors", "x.bin", 3, None, "sub/x.safetensors"]
)
def test_an_index_must_name_files_here(shards, shard):
    path = shards / INDEX
    places = json.loads(path.read_text())["weight_map"]
    edit_json(path, weight_map=places | {"pooler.dense.bias": shard})
    with pytest.raises(ValueError, match=r"index\.json: `weight_map` must name safetensors files"):
        load_preset(BertBackbone, shards)


@pytest.mark.parametrize("places", [..., None, [], {}, "model.safetensors"])
def test_an_index_must_hold_an_object(shards, places):
    edit_json(shards / INDEX, weight_map=places)
    with pytest.raises(ValueError, match=r"index\.json: `weight_map` must be an object"):
        load_preset(BertBackbone, shards)


@pytest.mark.parametrize("change", ["moved", "not in the index", "not in the file"])
def test_an_index_must_agree_with_its_files(shards, change, opened):
    path, name = shards / INDEX, "pooler.dense.bias"
    places = json.loads(path.read_text())["weight_map"]
    if change == "moved":
        places[name] = next(shard for shard in places.values() if shard != places[name])
    elif change == "not in the index":
        del places[name]
    else:
        name = "pooler.dense.more"
        places[name] = places["pooler.dense.bias"]
    edit_json(path, weight_map=places)
    message = rf"must hold the tensors that .*index\.json says.*'{name}', in only one of the two"
    with pytest.raises(ValueError, match=message):
        load_preset(BertBackbone, shards)
    assert all(file.closed for file in opened)


def test_a_missing_shard(shards, opened):
    (shards / "model-00002-of-00003.safetensors").unlink()
    with pytest.raises(ValueError, match=r"model-00002-of-00003\.safetensors: the file must exist"):
        load_preset(BertBackbone, shards)
    assert all(file.closed for file in opened)


def test_two_names_for_one_tensor_in_two_files(shards):
    path, extra = shards / INDEX, "model-00004-of-00003.safetensors"
    places = json.loads(path.read_text())["weight_map"]
    safetensors.numpy.save_file({f"{NORM}.beta": np.zeros(8, "float32")}, shards / extra)
    edit_json(path, weight_map=places | {f"{NORM}.beta": extra})
    with pytest.raises(ValueError, match=rf"{extra}: must hold each tensor once.*{NORM}\.beta"):
        load_preset(BertBackbone, shards)


def test_a_shard_of_a_preset_without_its_manifest(shards):
    """A shard that kerabert wrote: of a preset whose kerabert.json is gone, like any file."""
    path = shards / "model-00001-of-00003.safetensors"
    tensors = safetensors.numpy.load_file(path)
    safetensors.numpy.save_file(tensors, path, metadata={MARK: "1"})
    with pytest.raises(ValueError, match=r"kerabert\.json: the file must exist.*model-00001"):
        load_preset(BertBackbone, shards)


# === No file ===


@pytest.mark.parametrize(
    ("name", "received"),
    [
        ("pytorch_model.bin", r"only pytorch_model\.bin, a pickle: give `load_pickled=True`"),
        ("tf_model.h5", r"only tf_model\.h5\."),
        ("notes.txt", r"none\."),
    ],
)
def test_only_safetensors(plain, name, received):
    (plain / WEIGHTS).rename(plain / name)
    with pytest.raises(ValueError, match=rf"must be in safetensors files\. Received: {received}"):
        load_preset(BertBackbone, plain)


def test_pickles_come_last(shards, backbone):
    """Asked for or not, they are not opened where there is anything else."""
    (shards / "pytorch_model.bin").write_bytes(b"damaged")
    assert are_equal(load_preset(BertBackbone, shards, load_pickled=True), backbone)
