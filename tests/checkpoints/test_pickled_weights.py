import json
import os
import pickle
import random
import sys
import zipfile

import numpy as np
import pytest

from kerabert.checkpoints import pickled_weights
from kerabert.checkpoints.pickled_weights import open_pickled
from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.models.backbone import BertBackbone
from kerabert.models.text_classifier import BertTextClassifier
from tests.checkpoints.presets import (
    are_equal,
    difference_of_backbones,
    make_backbone,
    make_classifier,
    make_plain,
    randomize,
    read_tensors,
)

torch = pytest.importorskip("torch")


class Evil:
    """Unpickled by Python, it makes a directory."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.fixture
def plain(tmp_path):
    """A directory as transformers wrote it before safetensors, and its model."""
    model = make_classifier()
    save_preset(model, tmp_path / "preset")
    plain = make_plain(tmp_path / "preset", tmp_path / "plain")
    tensors = {name: torch.tensor(array) for name, array in read_tensors(plain).items()}
    torch.save(tensors, plain / "pytorch_model.bin")
    (plain / "model.safetensors").unlink()
    return plain, model, tensors


def load(directory):
    return load_preset(BertTextClassifier, directory, load_pickled=True)


def test_only_when_it_is_asked_for(plain):
    directory, model, _ = plain
    with pytest.raises(ValueError, match=r"only pytorch_model\.bin, a pickle.*load_pickled=True"):
        load_preset(BertTextClassifier, directory)
    assert are_equal(load(directory), model)
    assert are_equal(BertTextClassifier.from_preset(directory, load_pickled=True), model)


def test_safetensors_go_before(plain, tmp_path):
    directory, model, _ = plain
    (directory / "pytorch_model.bin").write_bytes(b"damaged")
    make_plain(tmp_path / "preset", tmp_path / "both")
    (tmp_path / "both" / "model.safetensors").rename(directory / "model.safetensors")
    assert are_equal(load(directory), model)


def test_a_file_from_before_pytorch_1_6(plain):
    """Not a zip archive, and LayerNorm's names of then: as in the clinical models of 2019."""
    directory, model, tensors = plain
    old = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        ): tensor
        for name, tensor in tensors.items()
    }
    path = directory / "pytorch_model.bin"
    torch.save(old, path, _use_new_zipfile_serialization=False)
    assert not zipfile.is_zipfile(path)
    assert are_equal(load(directory), model)


def test_shards(plain):
    directory, model, tensors = plain
    (directory / "pytorch_model.bin").unlink()
    names = list(tensors)
    places = {}
    for i, part in enumerate((names[::2], names[1::2]), 1):
        shard = f"pytorch_model-0000{i}-of-00002.bin"
        torch.save({name: tensors[name] for name in part}, directory / shard)
        places |= dict.fromkeys(part, shard)
    index = directory / "pytorch_model.bin.index.json"
    index.write_text(json.dumps({"weight_map": places}))
    assert are_equal(load(directory), model)
    for wrong in ("../x.bin", "a/b.bin", "x.safetensors", 3, None):
        index.write_text(json.dumps({"weight_map": places | {names[0]: wrong}}))
        with pytest.raises(ValueError, match=r"index\.json: `weight_map` must name \.bin files"):
            load(directory)
    index.write_text(json.dumps({"weight_map": places | {names[0]: places[names[1]]}}))
    with pytest.raises(ValueError, match="must hold the tensors that pytorch_model"):
        load(directory)
    index.write_text('{"weight_map": {}}')
    with pytest.raises(ValueError, match="`weight_map` must be an object, not empty"):
        load(directory)


def test_what_transformers_wrote(tmp_path):
    """The same outputs, from a file that transformers saves; the pooler's, too."""
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(
        vocab_size=30, hidden_size=8, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=16,
    )  # fmt: skip
    theirs = transformers.BertModel(config).eval()
    config.save_pretrained(tmp_path)
    torch.save(theirs.state_dict(), tmp_path / "pytorch_model.bin")
    ours = load_preset(BertBackbone, tmp_path, load_pickled=True)
    assert difference_of_backbones(ours, theirs, np.array([[2, 7, 9, 3]])) < 1e-5


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_other_precisions(plain, dtype):
    directory, _, tensors = plain
    converted = {name: tensor.to(getattr(torch, dtype)) for name, tensor in tensors.items()}
    torch.save(converted, directory / "pytorch_model.bin")
    weights = open_pickled(PresetFiles(directory, load_pickled=True))
    for name, tensor in converted.items():
        array = weights.read(name)
        assert array.dtype == ("float64" if dtype == "float64" else "float32")
        np.testing.assert_array_equal(array, tensor.to(torch.float64).numpy())


def test_tensors_that_are_not_contiguous(plain):
    directory, model, tensors = plain
    turned = {
        name: tensor.t().contiguous().t() if tensor.ndim == 2 else tensor
        for name, tensor in tensors.items()
    }
    torch.save(turned, directory / "pytorch_model.bin")
    assert are_equal(load(directory), model)


# Hostile and damaged files.


@pytest.mark.parametrize("kind", ["zip", "legacy", "bare", "in a tensor's place"])
def test_a_pickle_that_would_run_code_runs_none(plain, tmp_path, kind):
    directory, _, tensors = plain
    path, trace = directory / "pytorch_model.bin", tmp_path / "trace"
    if kind == "zip":
        torch.save(Evil(trace), path)
    elif kind == "legacy":
        torch.save(Evil(trace), path, _use_new_zipfile_serialization=False)
    elif kind == "bare":
        path.write_bytes(pickle.dumps(Evil(trace), protocol=2))
    else:
        torch.save(tensors | {"pooler.dense.bias": Evil(trace)}, path)
    with pytest.raises(ValueError, match=r"pytorch_model\.bin: must be a file .*Unpickling") as e:
        load(directory)
    assert not trace.exists()
    assert "weights_only" not in str(e.value)  # how to run the file's code after all
    if kind == "bare":  # the test can fail: Python's own unpickling runs it
        pickle.loads(path.read_bytes())
        assert trace.is_dir()


def test_the_environment_cannot_switch_the_protection_off(plain, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    directory, _, _ = plain
    torch.save(Evil(tmp_path / "trace"), directory / "pytorch_model.bin")
    with pytest.raises(ValueError, match="must be a file that PyTorch wrote"):
        load(directory)
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    "content, message",
    [
        ([1], "must hold a dict. Received: a list"),
        ({"a": 1}, "must hold tensors by name. Received: 'a', a int"),
        ({1: None}, "must hold tensors by name. Received: '1', a NoneType"),
        ({"state_dict": {}}, "must hold tensors by name. Received: 'state_dict', a dict"),
    ],
)
def test_other_content(plain, content, message):
    directory, _, _ = plain
    torch.save(content, directory / "pytorch_model.bin")
    with pytest.raises(ValueError, match=f"pytorch_model.bin: {message}"):
        load(directory)


def test_tensors_that_stand_for_more_than_is_stored(plain):
    directory, _, tensors = plain
    name = "bert.embeddings.word_embeddings.weight"
    for tensor in (
        torch.ones(1).expand(17, 8),
        torch.eye(17, 8).to_sparse(),
        torch.empty(17, 8, device="meta"),
    ):
        torch.save(tensors | {name: tensor}, directory / "pytorch_model.bin")
        with pytest.raises(ValueError, match=f"tensor '{name}' must be a plain one"):
            load(directory)


def test_integers_are_refused_only_where_weights_are_wanted(plain):
    directory, model, tensors = plain
    path = directory / "pytorch_model.bin"
    positions = {"bert.embeddings.position_ids": torch.arange(32)[None]}
    torch.save(tensors | positions, path)
    assert are_equal(load(directory), model)
    torch.save(tensors | {"classifier.bias": torch.tensor([1, 2, 3])}, path)
    with pytest.raises(ValueError, match=r"'classifier.bias' must be of floating-point.*int64"):
        load(directory)


def test_two_names_for_one_tensor(plain):
    directory, _, tensors = plain
    name = "bert.embeddings.LayerNorm"
    twice = tensors | {f"{name}.gamma": tensors[f"{name}.weight"]}
    torch.save(twice, directory / "pytorch_model.bin")
    with pytest.raises(ValueError, match=r"must hold each tensor once.*gamma"):
        load(directory)


def test_a_compressed_archive_is_refused_before_it_is_unpacked(plain):
    directory, _, _ = plain
    path = directory / "pytorch_model.bin"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\0" * 10**6)
    with pytest.raises(ValueError, match=r"pytorch_model\.bin: .* not compressed"):
        load(directory)


def test_a_link_is_refused(plain, tmp_path):
    directory, _, _ = plain
    (directory / "pytorch_model.bin").rename(tmp_path / "elsewhere")
    (directory / "pytorch_model.bin").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="must be a regular file"):
        load(directory)


@pytest.mark.parametrize("is_new", [True, False], ids=["zip", "legacy"])
def test_damaged_files(plain, is_new):
    """Cut off anywhere, or with bytes changed: refused by name, or loaded as it was saved.

    A byte of a tensor may change unseen where the file has no checksum of its own.
    """
    directory, _, tensors = plain
    path = directory / "pytorch_model.bin"
    torch.save(tensors, path, _use_new_zipfile_serialization=is_new)
    whole = path.read_bytes()
    generator = random.Random(0)
    refused = 0
    for i in range(60):
        data = bytearray(whole)
        place = generator.randrange(len(data))
        if i % 2:
            data = data[:place]
        else:
            data[place] ^= 1 << generator.randrange(8)
        path.write_bytes(data)
        try:
            load(directory)
        except ValueError as error:
            assert "pytorch_model.bin: " in str(error)
            refused += 1
    assert refused >= 30  # at least every one that was cut off


def test_pytorch_is_missing_or_old(plain, monkeypatch):
    directory, _, _ = plain
    files = PresetFiles(directory, load_pickled=True)
    monkeypatch.setattr(torch, "__version__", "2.5.1+cpu")
    with pytest.raises(ValueError, match=r"must be of version 2\.6 or newer .*Received: 2\.5\.1"):
        open_pickled(files)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ValueError, match=r"pytorch_model\.bin: PyTorch must be installed"):
        open_pickled(files)


def test_tensors_stay_on_the_disk_until_they_are_read(tmp_path, monkeypatch):
    backbone = randomize(make_backbone())
    save_preset(backbone, tmp_path / "preset")
    plain = make_plain(tmp_path / "preset", tmp_path / "plain")
    tensors = {name: torch.tensor(array) for name, array in read_tensors(plain).items()}
    torch.save(tensors, plain / "pytorch_model.bin")
    (plain / "model.safetensors").unlink()
    asked = []
    real = torch.load
    monkeypatch.setattr(torch, "load", lambda *a, **k: asked.append(k) or real(*a, **k))
    open_pickled(PresetFiles(plain, load_pickled=True))
    assert asked == [{"map_location": "cpu", "weights_only": True, "mmap": True}]
    assert pickled_weights.has_pickled(PresetFiles(plain))
