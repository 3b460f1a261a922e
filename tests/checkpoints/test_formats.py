"""What every format must give, whoever wrote the files."""

import json

import numpy as np
import pytest

from kerabert.checkpoints.formats import FORMATS, find_format, get_format
from kerabert.checkpoints.model_parts import take_apart
from kerabert.checkpoints.preset import save_preset
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.models.text_classifier import BertTextClassifier
from kerabert.text.tokenizer import BertTokenizer
from tests.checkpoints.presets import make_backbone, make_tokenizer, randomize

# In config.json's words; of the activation's names, one that every format can hold.
SAID = {
    "vocab_size": 17,
    "hidden_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "max_position_embeddings": 32,
    "type_vocab_size": 2,
    "hidden_act": "gelu_new",
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
    "layer_norm_eps": 1e-12,
    "initializer_range": 0.3,
}


@pytest.fixture(scope="module")
def classifier():
    backbone = make_backbone(activation="gelu_new")
    classes = ["no", "yes", "Zürich"]
    return randomize(BertTextClassifier(backbone, classes=classes, tokenizer=make_tokenizer()))


@pytest.fixture(params=FORMATS)
def format(request):
    return FORMATS[request.param]


def saved(format, model, directory):
    save_preset(model, directory, format=format.name)
    return PresetFiles(directory)


def test_names():
    assert set(FORMATS) == {"hugging_face", "google", "keras_hub"}
    for name, format in FORMATS.items():
        assert format.name == name and get_format(name) is format


@pytest.mark.parametrize("name", ["Google", "safetensors", "", None])
def test_another_name_is_refused(name):
    message = rf"`format` must be one of \['google', 'hugging_face', 'keras_hub'\].*={name!r}"
    with pytest.raises(ValueError, match=message):
        get_format(name)


def test_a_format_knows_its_own_files(format, classifier, tmp_path):
    for model in (classifier, classifier.backbone):
        files = saved(format, model, tmp_path / type(model).__name__)
        assert find_format(files) is format


def test_files_of_nobody_are_read_as_hugging_faces(tmp_path):
    """Whose reader says what is missing."""
    assert find_format(PresetFiles(tmp_path)).name == "hugging_face"
    (tmp_path / "config.json").write_text("damaged")
    assert find_format(PresetFiles(tmp_path)).name == "hugging_face"


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("google", "keras_hub"), "keras_hub"),
        (("google", "hugging_face"), "hugging_face"),  # which says more of the head
    ],
)
def test_files_of_two_formats(names, found, classifier, tmp_path):
    for name in names:
        FORMATS[name].write(take_apart(classifier), tmp_path)
    assert find_format(PresetFiles(tmp_path)).name == found


def test_each_says_the_same_of_a_model(format, classifier, tmp_path):
    files = saved(format, classifier, tmp_path)
    config, path = format.read_config(files)
    assert {key: config[key] for key in SAID} == SAID
    assert config["id2label"] == {"0": "no", "1": "yes", "2": "Zürich"}
    assert json.loads((tmp_path / path).read_text())  # an error names a file that is there


def test_each_gives_the_same_tensors(format, classifier, tmp_path):
    """By the names and in the shapes of Hugging Face, with its prefix or without, bit for bit."""
    files = saved(format, classifier, tmp_path)
    config, _ = format.read_config(files)
    weights = format.open_weights(files, config)
    expected = {
        name.replace("bert.", weights.prefix): (shape, get)
        for name, shape, get in take_apart(classifier).tensors()
    }
    assert set(weights.tensors) == set(expected)
    for name, (shape, get) in expected.items():
        assert weights.shape(name) == shape, name
        assert np.array_equal(weights.read(name), get()), name
    weights.close()


def test_each_gives_the_tokenizer(format, classifier, tmp_path):
    files = saved(format, classifier, tmp_path)
    assert format.has_tokenizer(files)
    tokenizer = format.read_tokenizer(files, {"split_cjk": False}, BertTokenizer)
    expected = classifier.tokenizer.get_config() | {"split_cjk": False}
    assert tokenizer.get_config() == expected
    assert (tmp_path / format.vocabulary_path(files)).read_text().split() == expected["vocabulary"]
    mine = type("Mine", (BertTokenizer,), {})
    assert type(format.read_tokenizer(files, {}, mine)) is mine


def test_a_backbone_has_no_tokenizer_and_a_tokenizer_no_backbone(format, tmp_path):
    backbone = randomize(make_backbone(activation="gelu_new"))
    files = saved(format, backbone, tmp_path / "backbone")
    assert not format.has_tokenizer(files)
    files = saved(format, make_tokenizer(), tmp_path / "tokenizer")
    assert format.has_tokenizer(files)
    with pytest.raises(ValueError, match=r"tokenizer/\w*config\.json: the file must exist"):
        format.read_config(files)


def test_only_keras_hub_has_files_with_more_settings():
    more = {name for name, format in FORMATS.items() if format.complete_settings is not None}
    assert more == {"keras_hub"}
