import json
import shutil

import keras
import ml_dtypes
import numpy as np
import pytest
import safetensors.numpy

from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.models.backbone import BertBackbone
from kerabert.models.text_classifier import BertTextClassifier
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


@pytest.fixture(scope="module")
def backbone():
    return randomize(make_backbone())


@pytest.fixture
def plain(backbone, tmp_path):
    save_preset(backbone, tmp_path / "preset")
    return make_plain(tmp_path / "preset", tmp_path / "plain")


def rename(directory, change):
    tensors = read_tensors(directory)
    write_tensors(directory, {change(name): array for name, array in tensors.items()})


def test_names_with_and_without_prefix(plain, backbone):
    assert are_equal(load_preset(BertBackbone, plain), backbone)
    rename(plain, lambda name: f"bert.{name}")
    assert are_equal(load_preset(BertBackbone, plain), backbone)


def test_old_names_of_layer_norm(plain, backbone):
    def change(name):
        name = name.replace("LayerNorm.weight", "LayerNorm.gamma")
        return name.replace("LayerNorm.bias", "LayerNorm.beta")

    rename(plain, change)
    assert are_equal(load_preset(BertBackbone, plain), backbone)


@pytest.mark.parametrize("prefix", ["", "bert."])
def test_constants_and_other_heads_are_left_out(plain, backbone, prefix):
    rename(plain, lambda name: f"{prefix}{name}")
    others = {
        f"{prefix}embeddings.position_ids": np.arange(32)[None],
        f"{prefix}embeddings.token_type_ids": np.zeros((1, 32), "int64"),
        "cls.predictions.bias": np.zeros(17, "float32"),
        "cls.seq_relationship.weight": np.zeros((2, 8), "float32"),
        "qa_outputs.weight": np.zeros((2, 8), "float32"),
        "classifier.weight": np.zeros((5, 8), "float32"),
    }
    write_tensors(plain, read_tensors(plain) | others)
    assert are_equal(load_preset(BertBackbone, plain), backbone)


def test_without_a_pooler(plain, backbone):
    tensors = read_tensors(plain)
    write_tensors(plain, {k: v for k, v in tensors.items() if "pooler" not in k})
    loaded = load_preset(BertBackbone, plain)
    assert loaded.pooler is None
    kept = {key: value for key, value in arrays(backbone).items() if "pooler" not in key}
    assert arrays(loaded).keys() == kept.keys()
    assert all(np.array_equal(arrays(loaded)[key], kept[key]) for key in kept)
    with pytest.warns(UserWarning, match="no pooler: it starts fresh"):
        fresh = load_preset(BertBackbone, plain, use_pooler=True)
    kernel = arrays(fresh)["pooler/dense/kernel"]
    assert 0 < np.abs(kernel).max() < 1


def test_a_pooler_can_be_left_out(plain):
    assert load_preset(BertBackbone, plain, use_pooler=False).pooler is None


@pytest.mark.parametrize("dtype", ["float16", ml_dtypes.bfloat16, "float64"])
def test_other_float_types(plain, backbone, dtype):
    tensors = read_tensors(plain)
    write_tensors(plain, {name: array.astype(dtype) for name, array in tensors.items()})
    loaded = arrays(load_preset(BertBackbone, plain))
    for name, array in arrays(backbone).items():
        assert loaded[name].dtype == np.float32
        assert np.array_equal(loaded[name], array.astype(dtype).astype("float32")), name


def test_a_model_is_independent_of_the_files_it_came_from(plain, backbone, tmp_path):
    """On PyTorch its weights lie in the file's pages."""
    path, ids = plain / "model.safetensors", np.array([[1, 5, 3]])
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


def test_training_after_loading(plain, tmp_path):
    """However the weights lie in memory, they train alike."""
    dropouts = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    edit_json(plain / "config.json", **dropouts)
    model = load_preset(BertTextClassifier, plain, num_classes=2, dropout_rate=0.0)
    weights = model.get_weights()
    config = model.backbone.get_config()
    plainly = BertTextClassifier(BertBackbone.from_config(config), num_classes=2, dropout_rate=0.0)
    plainly.set_weights(weights)
    ids = np.array([[1, 5, 3], [1, 7, 9]], "int32")
    x = {"token_ids": ids, "segment_ids": ids * 0, "padding_mask": ids > 0}
    before = (plain / "model.safetensors").read_bytes()
    for one in (model, plainly):
        one.compile(learning_rate=0.01)
        one.fit(x, np.array([0, 1]), epochs=3, verbose=0, shuffle=False)
    for one, other in zip(model.get_weights(), plainly.get_weights(), strict=True):
        assert np.abs(one - other).max() < 1e-4
    assert (plain / "model.safetensors").read_bytes() == before
    save_preset(model, tmp_path / "trained")
    assert are_equal(load_preset(BertTextClassifier, tmp_path / "trained"), model)


def test_a_requested_dtype(plain, backbone):
    loaded = load_preset(BertBackbone, plain, dtype="mixed_bfloat16")
    assert are_equal(loaded, backbone)
    assert loaded.blocks[0].compute_dtype == "bfloat16"
    half = load_preset(BertBackbone, plain, dtype="bfloat16")
    assert {str(weight.dtype) for weight in half.weights if "seed" not in weight.path} == {
        "bfloat16"
    }


@pytest.fixture
def shards(plain):
    tensors = read_tensors(plain)
    (plain / "model.safetensors").unlink()
    places = {}
    for i, name in enumerate(tensors):
        places[name] = f"model-0000{i % 3 + 1}-of-00003.safetensors"
    for shard in set(places.values()):
        part = {name: tensors[name] for name in tensors if places[name] == shard}
        safetensors.numpy.save_file(part, plain / shard)
    index = {"metadata": {"total_size": 0}, "weight_map": places}
    (plain / "model.safetensors.index.json").write_text(json.dumps(index))
    return plain


def test_several_files(shards, backbone):
    assert are_equal(load_preset(BertBackbone, shards), backbone)


@pytest.mark.parametrize(
    "shard", ["../model.safetensors", "/x.safetensors", "x.bin", 3, None, "sub/x.safetensors"]
)
def test_an_index_must_name_files_here(shards, shard):
    path = shards / "model.safetensors.index.json"
    places = json.loads(path.read_text())["weight_map"]
    edit_json(path, weight_map=places | {"pooler.dense.bias": shard})
    with pytest.raises(ValueError, match=r"index\.json: `weight_map` must name safetensors files"):
        load_preset(BertBackbone, shards)


def test_an_index_must_agree_with_its_files(shards):
    path = shards / "model.safetensors.index.json"
    places = json.loads(path.read_text())["weight_map"]
    places["pooler.dense.bias"] = next(
        shard for shard in places.values() if shard != places["pooler.dense.bias"]
    )
    edit_json(path, weight_map=places)
    with pytest.raises(ValueError, match=r"'pooler\.dense\.bias', in only one of the two"):
        load_preset(BertBackbone, shards)


def test_a_missing_shard(shards):
    (shards / "model-00002-of-00003.safetensors").unlink()
    with pytest.raises(ValueError, match=r"model-00002-of-00003\.safetensors: the file must exist"):
        load_preset(BertBackbone, shards)


def test_only_safetensors(plain):
    (plain / "model.safetensors").rename(plain / "pytorch_model.bin")
    with pytest.raises(ValueError, match=r"safetensors files\. Received: only pytorch_model\.bin"):
        load_preset(BertBackbone, plain)
    (plain / "pytorch_model.bin").unlink()
    with pytest.raises(ValueError, match=r"Received: none\."):
        load_preset(BertBackbone, plain)


def test_a_missing_tensor(plain):
    tensors = read_tensors(plain)
    del tensors["encoder.layer.1.output.dense.bias"]
    write_tensors(plain, tensors)
    with pytest.raises(
        ValueError, match=r"must hold the tensor 'encoder\.layer\.1\.output\.dense\.bias'"
    ):
        load_preset(BertBackbone, plain)


def test_an_unexpected_tensor(plain):
    write_tensors(plain, read_tensors(plain) | {"encoder.layer.2.x": np.zeros(1, "float32")})
    with pytest.raises(ValueError, match=r"unexpected tensor 'encoder\.layer\.2\.x'"):
        load_preset(BertBackbone, plain)


def test_a_wrong_shape(plain):
    tensors = read_tensors(plain)
    tensors["pooler.dense.bias"] = np.zeros(9, "float32")
    write_tensors(plain, tensors)
    with pytest.raises(
        ValueError, match=r"'pooler\.dense\.bias' must have the shape \(8,\).*\(9,\)"
    ):
        load_preset(BertBackbone, plain)


def test_integer_weights_are_refused(plain):
    tensors = read_tensors(plain)
    tensors["pooler.dense.bias"] = np.zeros(8, "int8")
    write_tensors(plain, tensors)
    with pytest.raises(ValueError, match=r"model\.safetensors: tensor 'pooler\.dense\.bias' must"):
        load_preset(BertBackbone, plain)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hidden_size", 10**12),
        ("num_hidden_layers", 10**9),
        ("num_hidden_layers", 2**40),
        ("vocab_size", 2**31 - 1),
        ("intermediate_size", 2**31 - 1),
        ("max_position_embeddings", 2**31 - 1),
        ("type_vocab_size", 2**31 - 1),
        ("num_hidden_layers", 1),
        ("num_hidden_layers", 3),
    ],
)
def test_absurd_sizes_raise_before_anything_is_made(plain, key, value, monkeypatch):
    monkeypatch.setattr(BertBackbone, "__init__", None)  # making one would be a TypeError
    edit_json(plain / "config.json", **{key: value})
    with pytest.raises(ValueError, match=r"config\.json"):
        load_preset(BertBackbone, plain)


def test_a_preset_without_its_manifest_is_refused(tmp_path):
    save_preset(make_classifier(), tmp_path / "preset")
    (tmp_path / "preset" / "kerabert.json").unlink()
    with pytest.raises(ValueError, match=r"kerabert\.json: the file must exist"):
        load_preset(BertBackbone, tmp_path / "preset")


def test_the_download_cache_of_hugging_face(plain, backbone, tmp_path):
    """Files are links from snapshots/<revision>/ into blobs/ there, and nowhere else."""
    snapshot = tmp_path / "models--a--b" / "snapshots" / "0123abc"
    blobs = tmp_path / "models--a--b" / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for i, path in enumerate(plain.iterdir()):
        shutil.copy(path, blobs / f"abc{i}")
        (snapshot / path.name).symlink_to(f"../../blobs/abc{i}")
    assert are_equal(load_preset(BertBackbone, snapshot), backbone)
    (snapshot / "config.json").unlink()
    (snapshot / "config.json").symlink_to(plain / "config.json")
    with pytest.raises(ValueError, match=r"config\.json: must be a regular file. Received: a link"):
        load_preset(BertBackbone, snapshot)
