"""Checkpoints of Google's kind that kerabert writes: every head comes back, others read them."""

import json
import shutil
import sys
import warnings

import keras
import numpy as np
import pytest

import kerabert
from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.layers.activations import ACTIVATIONS
from kerabert.models.backbone import BertBackbone
from kerabert.models.masked_lm import BertMaskedLM
from kerabert.models.text_classifier import BertTextClassifier
from kerabert.text.tokenizer import BertTokenizer
from tests.checkpoints.google_presets import make_plain_google
from tests.checkpoints.presets import (
    VOCABULARY,
    are_equal,
    file_names,
    make_backbone,
    make_classifier,
    make_tokenizer,
    randomize,
    read_tensors,
)
from tests.checkpoints.test_every_head import (
    LENGTH,
    TASKS,
    difference,
    make_theirs,
    our_outputs,
    random_inputs,
    their_outputs,
)
from tests.checks import largest_difference

FILES = [
    "bert_config.json",
    "bert_model.ckpt.data-00000-of-00001",
    "bert_model.ckpt.index",
    "kerabert.json",
    "tokenizer_config.json",
    "vocab.txt",
]


def go_round(model, directory):
    """Save a model as Google does and load it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Google's own code")
        warnings.filterwarnings("error", message=".*fresh")
        save_preset(model, directory, format="google")
        return load_preset(type(model), directory)


# What goes in comes out.


def random_backbone(seed):
    generator = np.random.default_rng(seed)
    heads = int(generator.choice([1, 2, 4]))
    return make_backbone(
        vocabulary_size=len(VOCABULARY) + int(generator.integers(0, 3)),
        hidden_dim=heads * int(generator.integers(2, 5)),
        num_heads=heads,
        num_layers=int(generator.integers(1, 4)),
        intermediate_dim=int(generator.integers(5, 20)),
        max_sequence_length=int(generator.integers(LENGTH, 20)),
        num_segments=int(generator.integers(1, 4)),
        activation=str(generator.choice(list(ACTIVATIONS))),
        layer_norm_epsilon=float(generator.choice([1e-12, 1e-5, 1e-3])),
        dropout_rate=float(generator.choice([0.0, 0.1, 0.3])),
        attention_dropout_rate=float(generator.choice([0.0, 0.2])),
    )


SETTINGS = {
    "BertTextClassifier": [
        {"classes": ["no", "Zürich", "日本"], "dropout_rate": 0.25},
        {"num_classes": 2, "multi_label": True},
    ],
    "BertTextRegressor": [{"num_outputs": 1}, {"num_outputs": 3, "dropout_rate": 0.0}],
    "BertTokenClassifier": [{"classes": ["O", "B-PER"]}, {"num_classes": 5, "dropout_rate": 0.3}],
    "BertQuestionAnswerer": [{}],
    "BertMultipleChoice": [{"dropout_rate": 0.2}],
    "BertMaskedLM": [{}, {"tie_embeddings": False}],
    "BertPretrainer": [{}, {"tie_embeddings": False}],
    "BertNextSentencePredictor": [{}],
    "BertTextEmbedder": [{"pooling": "cls", "normalize": False}, {"prompts": {"query": "it "}}],
}
CASES = [(name, i) for name, all_settings in SETTINGS.items() for i in range(len(all_settings))]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(("name", "number"), CASES)
def test_a_task_comes_back(tmp_path, name, number, seed):
    task, settings = getattr(kerabert, name), SETTINGS[name][number]
    tokenizer = make_tokenizer(lowercase=bool(seed), strip_accents=None if seed else True)
    model = task(random_backbone(seed), tokenizer=tokenizer, sequence_length=6, **settings)
    randomize(model, seed)
    again = go_round(model, tmp_path / "preset")
    assert file_names(tmp_path / "preset") == FILES
    assert type(again) is task and are_equal(again, model)
    assert again.head_config() == model.head_config()
    assert again.tokenizer.get_config() == tokenizer.get_config()
    ours, theirs = again.backbone.get_config(), model.backbone.get_config()
    assert ours | {"name": "", "frozen_layers": ()} == theirs | {"name": "", "frozen_layers": ()}
    config = {"vocab_size": len(VOCABULARY), "type_vocab_size": model.backbone.num_segments}
    x = random_inputs(config, seed, name == "BertMultipleChoice")
    assert largest_difference(our_outputs(again, x), our_outputs(model, x)) == 0


@pytest.mark.parametrize("use_pooler", [True, False])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_backbone_comes_back(tmp_path, use_pooler, activation):
    model = randomize(make_backbone(use_pooler=use_pooler, activation=activation))
    again = go_round(model, tmp_path / "preset")
    assert are_equal(again, model)
    assert again.get_config() | {"name": ""} == model.get_config() | {"name": ""}
    assert file_names(tmp_path / "preset") == FILES[:4]


def test_a_tokenizer_comes_back(tmp_path):
    tokenizer = make_tokenizer(lowercase=False, memory_size=9, special_tokens_in_strings=True)
    assert go_round(tokenizer, tmp_path).get_config() == tokenizer.get_config()
    assert file_names(tmp_path) == FILES[3:]


def test_a_tokenizer_alone_of_a_model(tmp_path):
    model = make_classifier()
    save_preset(model, tmp_path, format="google")
    assert load_preset(BertTokenizer, tmp_path).get_config() == model.tokenizer.get_config()
    assert load_preset(BertTextClassifier, tmp_path, classes=["a", "b"]).classes == ["a", "b"]


def test_no_tensorflow_is_needed(tmp_path, monkeypatch):
    if keras.backend.backend() == "tensorflow":
        pytest.skip("here it is the backend")
    monkeypatch.setitem(sys.modules, "tensorflow", None)  # importing it raises
    model = make_classifier()
    assert are_equal(go_round(model, tmp_path), model)


def test_lora_is_merged(tmp_path):
    model = make_backbone()
    model.enable_lora(2)
    randomize(model)
    again = go_round(model, tmp_path)
    x = random_inputs({"vocab_size": len(VOCABULARY), "type_vocab_size": 2}, 0, False)
    assert largest_difference(again(x), model(x)) < 1e-5


# From Hugging Face's format through Google's and back.


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", TASKS)
def test_from_hugging_face_through_google(tmp_path, name, seed):
    theirs = make_theirs(name, seed, tmp_path / "theirs")
    ours = load_preset(getattr(kerabert, TASKS[name]), tmp_path / "theirs")
    again = go_round(ours, tmp_path / "google")
    config = theirs.config.to_dict()
    x = random_inputs(config, seed, name == "BertForMultipleChoice")
    gap = difference(our_outputs(again, x), their_outputs(theirs, x), x["padding_mask"])
    print(f"largest difference from transformers: {gap:.1e}")
    assert gap < 1e-5
    save_preset(again, tmp_path / "back")
    save_preset(ours, tmp_path / "direct")
    before, after = read_tensors(tmp_path / "direct"), read_tensors(tmp_path / "back")
    assert before.keys() == after.keys()
    for tensor in before:
        assert before[tensor].tobytes() == after[tensor].tobytes(), tensor
    configs = [
        json.loads((tmp_path / folder / "config.json").read_text()) for folder in ("direct", "back")
    ]
    assert configs[0] == configs[1]


# What is written, as TensorFlow sees it.


@pytest.mark.parametrize("name", ["BertPretrainer", "BertTextClassifier", "BertQuestionAnswerer"])
def test_tensorflow_finds_googles_variables(tmp_path, name):
    tf = pytest.importorskip("tensorflow")
    from tests.checkpoints.google import test_weights as theirs

    settings = {"num_classes": 3} if name == "BertTextClassifier" else {}
    backbone = make_backbone(intermediate_dim=theirs.INNER, activation="gelu_new")
    model = randomize(getattr(kerabert, name)(backbone, **settings))
    model.save_to_preset(tmp_path, format="google")
    reader = tf.train.load_checkpoint(str(tmp_path / "bert_model.ckpt"))
    found = {key: reader.get_tensor(key) for key in reader.get_variable_to_shape_map()}
    expected = theirs.tensorflow_1() | theirs.HEADS_OF_GOOGLE[type(model)]
    assert {key: array.shape for key, array in found.items()} == {
        key: array.shape for key, array in expected.items()
    }
    theirs.assert_holds(
        model.backbone, {key: array for key, array in found.items() if key.startswith("bert/")}
    )
    for layer, variable in (
        ("cls.seq_relationship", "cls/seq_relationship/output_weights"),
        ("classifier", "output_weights"),
        ("qa_outputs", "cls/squad/output_weights"),
    ):
        if layer in model.head_layers:
            kernel = keras.ops.convert_to_numpy(model.head_layers[layer].kernel)
            assert found[variable].tobytes() == np.ascontiguousarray(kernel.T).tobytes()
    config = json.loads((tmp_path / "bert_config.json").read_text())
    assert {key: config[key] for key in theirs.CONFIG} == theirs.CONFIG


# Strangers' directories.


def test_a_model_without_what_kerabert_adds(tmp_path):
    model = randomize(BertMaskedLM(make_backbone(activation="gelu_new"), make_tokenizer()))
    save_preset(model, tmp_path / "preset", format="google")
    plain = make_plain_google(tmp_path / "preset", tmp_path / "plain")
    again = load_preset(BertMaskedLM, plain)
    assert are_equal(again, model) and again.backbone.activation == "gelu_new"
    assert again.tokenizer.get_config() == model.tokenizer.get_config()


def test_weights_of_hugging_face_beside_a_checkpoint_come_first(tmp_path):
    model, other = make_classifier(0), make_classifier(1)
    save_preset(other, tmp_path / "google", format="google")
    make_plain_google(tmp_path / "google", tmp_path / "both")
    save_preset(model, tmp_path / "theirs")
    for name in ("config.json", "model.safetensors"):
        shutil.copy(tmp_path / "theirs" / name, tmp_path / "both")
    with pytest.raises(ValueError, match=r"kerabert\.json: .* model\.safetensors says"):
        load_preset(BertBackbone, tmp_path / "both")
    (tmp_path / "both" / "model.safetensors").unlink()
    (tmp_path / "both" / "pytorch_model.bin").write_bytes(b"")
    assert are_equal(load_preset(BertBackbone, tmp_path / "both"), other.backbone)
    with pytest.raises(ValueError, match=r"pytorch_model\.bin"):  # as the user asks for it
        load_preset(BertBackbone, tmp_path / "both", load_pickled=True)
    (tmp_path / "both" / "bert_config.json").unlink()
    with pytest.raises(ValueError, match="the weights must be in safetensors"):
        load_preset(BertBackbone, tmp_path / "both")


def test_an_old_preset_of_another_format_is_replaced(tmp_path):
    model = make_classifier()
    for format in ("hugging_face", "google", "hugging_face"):
        save_preset(model, tmp_path / "preset", format=format)
        assert are_equal(load_preset(BertTextClassifier, tmp_path / "preset"), model)
    assert not [name for name in file_names(tmp_path / "preset") if "ckpt" in name]
