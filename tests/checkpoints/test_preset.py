import shutil
import warnings

import numpy as np
import pytest

from kerabert.checkpoints.load_model import ModelLoader
from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.models.backbone import BertBackbone
from kerabert.models.text_classifier import BertTextClassifier
from kerabert.text.tokenizer import BertTokenizer
from tests.checkpoints.presets import (
    SENTENCES,
    are_equal,
    file_names,
    make_backbone,
    make_classifier,
    make_plain,
    make_tokenizer,
    randomize,
)


@pytest.fixture
def classifier():
    return make_classifier(multi_label=True, dropout_rate=0.3, sequence_length=20)


@pytest.fixture
def directory(classifier, tmp_path):
    save_preset(classifier, tmp_path / "preset")
    return tmp_path / "preset"


def test_a_classifier_comes_back_whole(classifier, directory):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded = load_preset(BertTextClassifier, str(directory))
    assert are_equal(loaded, classifier)
    assert loaded.head_config() == classifier.head_config()
    assert loaded.tokenizer.get_config() == classifier.tokenizer.get_config()
    ours, theirs = loaded.backbone.get_config(), classifier.backbone.get_config()
    assert ours | {"name": ""} == theirs | {"name": ""}
    one, other = (model.predict(SENTENCES, verbose=0) for model in (loaded, classifier))
    assert np.array_equal(one, other)


def test_the_files(directory):
    names = {"config.json", "kerabert.json", "model.safetensors", "tokenizer_config.json"}
    assert file_names(directory) == sorted(names | {"vocab.txt"})


def test_the_same_model_gives_the_same_bytes(classifier, directory, tmp_path):
    save_preset(load_preset(BertTextClassifier, directory), tmp_path / "again")
    for path in directory.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


def test_the_parts_of_a_task(classifier, directory):
    assert are_equal(load_preset(BertBackbone, directory), classifier.backbone)
    tokenizer = load_preset(BertTokenizer, directory)
    assert tokenizer.get_config() == classifier.tokenizer.get_config()


def test_a_backbone_has_no_tokenizer(tmp_path):
    save_preset(make_backbone(), tmp_path / "preset")
    with pytest.raises(ValueError, match=r"vocab\.txt: the file must exist"):
        load_preset(BertTokenizer, tmp_path / "preset")
    model = load_preset(BertTextClassifier, tmp_path / "preset", num_classes=2)
    assert model.tokenizer is None


def test_a_tokenizer_has_no_backbone(tmp_path):
    save_preset(make_tokenizer(), tmp_path / "preset")
    with pytest.raises(ValueError, match=r"config\.json: the file must exist"):
        load_preset(BertBackbone, tmp_path / "preset")


def test_lora_is_merged_in(classifier, tmp_path):
    for block in classifier.backbone.blocks:
        block.attention.query.enable_lora(2)
    classifier.backbone.embedding.token_embedding.enable_lora(2)
    for weight in classifier.weights:
        if "lora" in weight.path:
            weight.assign(np.random.default_rng(0).normal(size=weight.shape))
    save_preset(classifier, tmp_path / "preset")
    loaded = load_preset(BertTextClassifier, tmp_path / "preset")
    one, other = (model.predict(SENTENCES, verbose=0) for model in (loaded, classifier))
    assert np.abs(one - other).max() < 1e-5


def test_a_quantised_model_is_refused(classifier, tmp_path):
    classifier.backbone.blocks[1].intermediate.quantize("int8")
    with pytest.raises(ValueError, match=r"must not be quantised.*intermediate"):
        save_preset(classifier, tmp_path / "preset")
    assert not (tmp_path / "preset").exists()


def test_a_half_precision_model_is_saved_as_float32(tmp_path):
    model = randomize(make_backbone(dtype="bfloat16"))
    save_preset(model, tmp_path / "preset")
    assert are_equal(load_preset(BertBackbone, tmp_path / "preset", dtype="bfloat16"), model)


def test_a_preset_is_replaced_and_other_directories_are_not(classifier, directory, tmp_path):
    (directory / "notes.txt").write_text("mine")
    backbone = randomize(make_backbone(), seed=3)
    save_preset(backbone, directory)
    assert are_equal(load_preset(BertBackbone, directory), backbone)
    assert not (directory / "vocab.txt").exists()
    assert (directory / "notes.txt").read_text() == "mine"
    plain = make_plain(directory, tmp_path / "plain")
    for target in (plain, tmp_path):
        before = file_names(target)
        with pytest.raises(ValueError, match="new, empty or holds a preset of kerabert"):
            save_preset(backbone, target)
        assert file_names(target) == before


def test_a_preset_replaced_while_it_is_read(classifier, directory, tmp_path, monkeypatch):
    other = make_classifier(seed=5, tokenizer=make_tokenizer(lowercase=False))
    real, calls = ModelLoader.load_backbone, []

    def slow(*arguments, **keywords):
        if not calls:
            save_preset(other, directory)
        calls.append(1)
        return real(*arguments, **keywords)

    monkeypatch.setattr(ModelLoader, "load_backbone", slow)
    loaded = load_preset(BertTextClassifier, directory)
    assert len(calls) == 2
    assert are_equal(loaded, other)
    assert loaded.tokenizer.lowercase is False


def test_a_moved_directory_is_the_same(directory, classifier, tmp_path):
    shutil.move(directory, tmp_path / "elsewhere")
    assert are_equal(load_preset(BertTextClassifier, tmp_path / "elsewhere"), classifier)
