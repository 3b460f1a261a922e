import shutil

import ml_dtypes
import numpy as np
import pytest

from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.models.backbone import BertBackbone
from kerabert.models.text_classifier import BertTextClassifier
from tests.checkpoints.presets import (
    are_equal,
    arrays,
    edit_json,
    make_backbone,
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


@pytest.mark.parametrize("dtype", ["float16", ml_dtypes.bfloat16, "float64"])
def test_other_float_types(plain, backbone, dtype):
    tensors = read_tensors(plain)
    write_tensors(plain, {name: array.astype(dtype) for name, array in tensors.items()})
    loaded = arrays(load_preset(BertBackbone, plain))
    for name, array in arrays(backbone).items():
        assert loaded[name].dtype == np.float32
        assert np.array_equal(loaded[name], array.astype(dtype).astype("float32")), name


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
