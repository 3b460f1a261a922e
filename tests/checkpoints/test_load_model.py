"""From files to models: what may be given anew, and what starts fresh."""

import json
import warnings

import numpy as np
import pytest

import kerabert
from kerabert import BertBackbone, BertTextClassifier, BertTextRegressor
from kerabert.checkpoints.formats import find_format
from kerabert.checkpoints.heads import HEADS
from kerabert.checkpoints.load_model import ModelLoader
from kerabert.checkpoints.manifest import _checksum
from kerabert.checkpoints.model_parts import take_apart
from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.checkpoints.preset_files import PresetFiles
from tests.checkpoints.presets import (
    are_equal,
    arrays,
    edit_json,
    make_backbone,
    make_classifier,
    make_plain,
    make_tokenizer,
    randomize,
    read_tensors,
    write_tensors,
)


@pytest.fixture(scope="module")
def classifier():
    return make_classifier(multi_label=True, dropout_rate=0.3, sequence_length=20)


@pytest.fixture
def directory(classifier, tmp_path):
    save_preset(classifier, tmp_path / "preset")
    return tmp_path / "preset"


@pytest.fixture
def plain(directory, tmp_path):
    return make_plain(directory, tmp_path / "plain")


def tensors_of(model):
    return {name: get() for name, _, get in take_apart(model).tensors()}


# === The loader ===


def test_a_loader(plain):
    files = PresetFiles(plain)
    loader = ModelLoader(files, find_format(files))
    shapes = loader.check_backbone(loader.arguments | {"use_pooler": True})
    stored = {name: array.shape for name, array in read_tensors(plain).items()}
    assert shapes == {k: v for k, v in stored.items() if not k.startswith("classifier")}
    without = loader.check_backbone(loader.arguments | {"use_pooler": False})
    assert shapes.keys() - without == {f"bert.pooler.dense.{k}" for k in ("weight", "bias")}
    one, other = (loader.load_task(BertTextClassifier, {}) for _ in range(2))
    assert are_equal(one, other) and one.backbone is not other.backbone
    loader.close()
    with pytest.raises(ValueError, match="closed file"):
        loader.weights.read("classifier.bias")


# === What may be given anew ===


def test_settings_can_be_given_anew(directory):
    of_backbone = {"gradient_checkpointing": True, "attention_dropout_rate": 0.0}
    settings = {"dropout_rate": 0.0, "sequence_length": 10, "num_classes": None}
    tokenizer = make_tokenizer(lowercase=False)
    general = {"name": "mine", "dtype": "mixed_bfloat16", "tokenizer": tokenizer}
    model = load_preset(BertTextClassifier, directory, **of_backbone, **settings, **general)
    assert (model.dropout_rate, model.sequence_length, model.name) == (0.0, 10, "mine")
    assert model.classes == ["no", "yes", "Zürich"]
    assert model.tokenizer is tokenizer
    assert model.backbone.dropout_rate == 0.1
    assert model.backbone.attention_dropout_rate == 0.0
    assert model.backbone.gradient_checkpointing is True
    assert model.backbone.blocks[0].compute_dtype == "bfloat16"
    backbone = load_preset(BertBackbone, directory, dropout_rate=0.0, name="b")
    assert (backbone.dropout_rate, backbone.name) == (0.0, "b")


@pytest.mark.parametrize(
    ("cls", "given"),
    [
        (BertBackbone, {"hidden_dim": 16}),
        (BertBackbone, {"tokenizer": None, "sequence_length": 10}),
        (BertTextClassifier, {"hidden_dim": 16}),
        (BertTextClassifier, {"use_pooler": False}),
        (BertTextClassifier, {"packed": True}),
        (BertTextClassifier, {"num_outputs": 1}),
    ],
)
def test_what_the_weights_depend_on_cannot_be_given(directory, cls, given):
    [wrong] = (key for key, value in given.items() if value is not None)
    with pytest.raises(ValueError, match=rf"among .*'dtype'.*Received: \['{wrong}'\]"):
        load_preset(cls, directory, **given)


def test_what_no_preset_holds_can_be_given(tmp_path):
    save_preset(kerabert.BertMaskedLM(make_backbone()), tmp_path / "preset")
    assert not load_preset(kerabert.BertMaskedLM, tmp_path / "preset").packed
    assert load_preset(kerabert.BertMaskedLM, tmp_path / "preset", packed=True).packed


def test_a_requested_dtype(plain, classifier):
    loaded = load_preset(BertBackbone, plain, dtype="mixed_bfloat16")
    assert are_equal(loaded, classifier.backbone)
    assert loaded.blocks[0].compute_dtype == "bfloat16"
    half = load_preset(BertBackbone, plain, dtype="bfloat16")
    assert {str(weight.dtype) for weight in half.trainable_weights} == {"bfloat16"}


def test_an_argument_that_cannot_be_is_not_the_files_fault(directory):
    with pytest.raises(ValueError, match="`dropout_rate`") as caught:
        load_preset(BertTextClassifier, directory, dropout_rate=7)
    assert "json" not in str(caught.value)


# === The pooler ===


def test_without_a_pooler(plain, classifier):
    tensors = read_tensors(plain)
    write_tensors(plain, {k: v for k, v in tensors.items() if "pooler" not in k})
    loaded = load_preset(BertBackbone, plain)
    assert loaded.pooler is None
    kept = {k: v for k, v in arrays(classifier.backbone).items() if "pooler" not in k}
    assert arrays(loaded).keys() == kept.keys()
    assert all(np.array_equal(arrays(loaded)[key], kept[key]) for key in kept)
    with pytest.warns(UserWarning, match="no pooler: it starts fresh") as caught:
        fresh = BertBackbone.from_preset(plain, use_pooler=True)
    assert [w.filename for w in caught] == [__file__]
    kernel = arrays(fresh)["pooler/dense/kernel"]
    assert 0 < np.abs(kernel).max() < 1
    with pytest.warns(UserWarning, match="no pooler: it starts fresh"):
        model = load_preset(BertTextClassifier, plain)
    assert model.backbone.pooler is not None


def test_a_pooler_can_be_left_out(plain):
    assert load_preset(BertBackbone, plain, use_pooler=False).pooler is None


# === Heads ===


@pytest.mark.parametrize("sizes", [{"num_classes": 2}, {"classes": ["a", "b"]}])
def test_a_fresh_head(classifier, directory, sizes):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = load_preset(BertTextClassifier, directory, **sizes)
    assert are_equal(model.backbone, classifier.backbone)
    assert model.output_shape == (None, 2)
    assert model.multi_label is False
    kernel = arrays(model)["classifier/kernel"]
    assert 0 < np.abs(kernel).max() < 1


def test_the_head_of_another_task(classifier, directory, tmp_path):
    with pytest.warns(UserWarning, match="no head of a BertTextRegressor: it starts fresh"):
        model = load_preset(BertTextRegressor, directory)
    assert are_equal(model.backbone, classifier.backbone)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_preset(BertTextRegressor, directory, num_outputs=1)
    save_preset(model, tmp_path / "regressor")
    assert are_equal(load_preset(BertTextRegressor, tmp_path / "regressor"), model)
    with pytest.raises(ValueError, match="`num_classes` or `classes` must be given") as caught:
        load_preset(BertTextClassifier, tmp_path / "regressor")
    assert "regressor holds no head of a BertTextClassifier" in str(caught.value)


LACKING = [
    ("BertBackbone", "BertMaskedLM", "no head of a BertMaskedLM: it starts fresh"),
    ("BertMaskedLM", "BertPretrainer", "cls.seq_relationship starts fresh"),
    ("BertNextSentencePredictor", "BertPretrainer", "cls.predictions starts fresh"),
    ("BertMaskedLM", "BertNextSentencePredictor", "no head of a BertNextSentencePredictor"),
    ("BertQuestionAnswerer", "BertMultipleChoice", "no head of a BertMultipleChoice"),
    ("BertTokenClassifier", "BertMultipleChoice", "no head of a BertMultipleChoice"),
    ("BertMultipleChoice", "BertQuestionAnswerer", "no head of a BertQuestionAnswerer"),
]


@pytest.mark.parametrize(("stored", "wanted", "message"), LACKING)
def test_a_head_that_is_lacking_starts_fresh_and_says_so_once(stored, wanted, message, tmp_path):
    model = make_backbone(use_pooler=getattr(getattr(kerabert, stored), "uses_pooler", True))
    if stored != "BertBackbone":
        sizes = {"num_classes": 5} if HEADS[stored].must_have_size else {}
        model = getattr(kerabert, stored)(model, **sizes)
    save_preset(randomize(model), tmp_path / "preset")
    plain = make_plain(tmp_path / "preset", tmp_path / "plain")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ours = load_preset(getattr(kerabert, wanted), plain)
    about_heads = [w for w in caught if "fresh" in str(w.message)]
    assert sum(message in str(w.message) for w in about_heads) == 1
    assert all("pooler" in str(w.message) or message in str(w.message) for w in about_heads)
    before = {name.removeprefix("bert."): array for name, array in read_tensors(plain).items()}
    after = {name.removeprefix("bert."): array for name, array in tensors_of(ours).items()}
    shared = {k for k in before.keys() & after.keys() if not k.startswith("classifier")}
    assert len(shared) > 30
    assert all(np.array_equal(before[name], after[name]) for name in shared)
    fresh = after.keys() - before.keys()
    assert all(np.abs(after[name]).max() <= 1 for name in fresh)


def test_a_warning_names_the_line_that_loads(directory):
    with pytest.warns(UserWarning, match="it starts fresh") as caught:
        BertTextRegressor.from_preset(directory)
    assert [w.filename for w in caught] == [__file__]


def test_a_pretrainers_heads_are_found_by_its_parts(tmp_path):
    model = randomize(kerabert.BertPretrainer(make_backbone(), make_tokenizer()))
    save_preset(model, tmp_path / "preset")
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*fresh")
        masked = load_preset(kerabert.BertMaskedLM, tmp_path / "preset")
        following = load_preset(kerabert.BertNextSentencePredictor, tmp_path / "preset")
    expected = tensors_of(model)
    for one, part in ((masked, "cls.predictions"), (following, "cls.seq_relationship")):
        found = tensors_of(one)
        assert any(name.startswith(part) for name in found)
        assert all(np.array_equal(expected[name], array) for name, array in found.items())


# === Files that do not fit ===


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("num_hidden_layers", number) for number in (1, 3, 10**9, 2**40)),
        *((key, 2**31 - 1) for key in ("vocab_size", "intermediate_size", "type_vocab_size")),
        ("max_position_embeddings", 2**31 - 1),
        ("hidden_size", 10**12),
    ],
)
def test_absurd_sizes_raise_before_anything_is_made(plain, key, value, monkeypatch):
    monkeypatch.setattr(BertBackbone, "__init__", None)  # making one would be a TypeError
    edit_json(plain / "config.json", **{key: value})
    with pytest.raises(ValueError, match=r"config\.json"):
        load_preset(BertBackbone, plain)


def test_a_head_of_another_shape_is_refused_before_anything_is_made(plain, monkeypatch):
    monkeypatch.setattr(BertBackbone, "__init__", None)
    tensors = read_tensors(plain)
    write_tensors(plain, tensors | {"classifier.weight": np.zeros((3, 9), "float32")})
    message = r"model\.safetensors: tensor 'classifier\.weight' must have the shape \(3, 8\)"
    with pytest.raises(ValueError, match=message):
        load_preset(BertTextClassifier, plain)
    del tensors["classifier.bias"]
    write_tensors(plain, tensors)
    with pytest.raises(ValueError, match=r"must hold the tensor 'classifier\.bias'"):
        load_preset(BertTextClassifier, plain)


def test_a_plain_directory_without_a_tokenizer(plain):
    (plain / "vocab.txt").unlink()
    assert load_preset(BertTextClassifier, plain).tokenizer is None


def test_a_vocabulary_larger_than_the_backbone(plain):
    with (plain / "vocab.txt").open("a") as file:
        file.write("more\n")
    with pytest.raises(ValueError, match=r"vocab\.txt: must hold at most .* 17\. .*18 pieces"):
        load_preset(BertTextClassifier, plain)
    # One that is given takes its place.
    assert load_preset(BertTextClassifier, plain, tokenizer=make_tokenizer()).tokenizer is not None


@pytest.mark.parametrize(
    "settings",
    [
        *({"num_classes": number} for number in (10**12, "3", None)),
        {"hidden_dim": 3},
        {"dropout_rate": 7},
        {"sequence_length": 10**9},
        {"classes": ["a", "a", "b"]},
    ],
)
def test_bad_settings_are_refused_by_file(directory, settings):
    path = directory / "kerabert.json"
    content = json.loads(path.read_text())
    content["settings"] |= settings
    if "classes" not in settings:
        content["settings"]["classes"] = None
    edit_json(path, **(content | {"checksum": _checksum(content)}))
    with pytest.raises(ValueError, match=r"kerabert\.json|model\.safetensors"):
        load_preset(BertTextClassifier, directory)
